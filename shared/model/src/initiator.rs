//! Who or what asked for a request.

use std::{fmt, net::IpAddr};

use crate::{AccountId, Correlation, Uid};

/// Longest ARN of an IAM principal or session that is kept, as long as a tag of a secret may be.
const MAX_ARN_LEN: usize = 256;

/// Longest `source` of an event that is kept.
const MAX_SOURCE_LEN: usize = 64;

/// Longest name of a session that STS accepts, and longest source identity.
const MAX_SESSION_NAME_LEN: usize = 64;

/// Who or what asked for a request. A part that is missing, too long or not of its type is `None`:
/// it must not stop a request, and it must not reach logs, annotations or tags.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Initiator {
    /// A caller that API Gateway has authenticated.
    Caller { arn: Option<PrincipalArn>, account: Option<AccountId>, source_ip: Option<IpAddr> },
    /// An event of EventBridge, in an invocation or in an SQS message.
    Event { id: Option<Uid>, source: Option<EventSource>, account: Option<AccountId> },
    /// An invocation that names neither a caller nor an event.
    #[default]
    DirectInvocation,
}

impl Initiator {
    /// Returns the caller of an HTTP request.
    pub fn caller(arn: Option<&str>, account: Option<&str>, source_ip: Option<&str>) -> Self {
        let arn = arn.and_then(PrincipalArn::parse);
        let account = account.and_then(|text| text.parse().ok());
        let source_ip = source_ip.and_then(|text| text.parse().ok());
        match (&arn, account, source_ip) {
            (None, None, None) => Self::DirectInvocation,
            _ => Self::Caller { arn, account, source_ip },
        }
    }

    /// Returns the event that asks for a request. `id`, `source` and `account` are its members.
    pub fn event(id: Option<&str>, source: Option<&str>, account: Option<&str>) -> Self {
        let id = id.and_then(|text| text.parse().ok());
        let source = source.and_then(EventSource::parse);
        let account = account.and_then(|text| text.parse().ok());
        match (&id, &source, account) {
            (None, None, None) => Self::DirectInvocation,
            _ => Self::Event { id, source, account },
        }
    }
}

/// Writes the initiator as Palette's annotation shows it.
impl fmt::Display for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caller { arn: Some(arn), .. } => f.write_str(&arn.text),
            Self::Caller { arn: None, account, source_ip } => {
                f.write_str("a caller")?;
                write_if_known(f, " of account ", account.as_ref())?;
                write_if_known(f, " at ", source_ip.as_ref())
            }
            Self::Event { id, source, account } => {
                f.write_str("event")?;
                write_if_known(f, " ", id.as_ref())?;
                write_if_known(f, " from ", source.as_ref())?;
                write_if_known(f, " of account ", account.as_ref())
            }
            Self::DirectInvocation => f.write_str("direct invocation"),
        }
    }
}

fn write_if_known<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    before: &str,
    value: Option<&T>,
) -> fmt::Result {
    value.map_or(Ok(()), |value| write!(f, "{before}{value}"))
}

/// The ARN of an IAM user, of a role session or of an account's root user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrincipalArn {
    text: String,
}

crate::text::text_type!(PrincipalArn);

impl PrincipalArn {
    fn parse(text: &str) -> Option<Self> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":/_+=,.@-".contains(&byte);
        let mut parts = text.splitn(6, ':');
        let is_principal = parts.next() == Some("arn")
            && parts.next().is_some_and(|partition| partition.starts_with("aws"))
            && matches!(parts.next(), Some("iam" | "sts"))
            && parts.next() == Some("")
            && parts.next().is_some_and(|account| account.parse::<AccountId>().is_ok())
            && parts.next().is_some_and(|name| !name.is_empty());
        // IAM allows every printable character in paths; tags of secrets allow fewer.
        let is_printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        (is_principal && is_printable).then(|| {
            let letters = text.bytes().take(MAX_ARN_LEN);
            let letters = letters.map(|byte| if is_allowed(byte) { char::from(byte) } else { '_' });
            Self { text: letters.collect() }
        })
    }
}

/// The `source` of an event, such as `com.example.vending`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventSource {
    text: String,
}

crate::text::text_type!(EventSource);

impl EventSource {
    fn parse(text: &str) -> Option<Self> {
        // Names of domains and services. A key in this place has longer parts.
        let is_part = |part: &str| {
            (1..=32).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        };
        (text.len() <= MAX_SOURCE_LEN && text.split(['.', '/']).all(is_part))
            .then(|| Self { text: text.to_owned() })
    }
}

/// A request as logs and other services show it: its id and its initiator.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RequestOrigin {
    /// The request id of the Lambda invocation.
    pub request_id: String,
    pub initiator: Initiator,
    /// What the caller calls the request.
    pub correlation: Correlation,
}

impl RequestOrigin {
    /// Returns the id by which the sender finds the request: the one that it sent, or the id of its event,
    /// or else the request id.
    pub fn correlation_id(&self) -> &str {
        let event_id = match &self.initiator {
            Initiator::Event { id, .. } => id.as_ref().map(Uid::as_str),
            Initiator::Caller { .. } | Initiator::DirectInvocation => None,
        };
        self.correlation.id().or(event_id).unwrap_or(&self.request_id)
    }

    /// Returns the name of the sessions of this request, as CloudTrail shows it: the characters and
    /// the length are those that STS accepts.
    pub fn session_name(&self) -> String {
        let is_allowed = |c: &char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(*c);
        let id = self.request_id.chars().filter(is_allowed);
        let name: String = "gangway-".chars().chain(id).take(MAX_SESSION_NAME_LEN).collect();
        if name.len() > "gangway-".len() { name } else { "gangway".to_owned() }
    }

    /// Returns the initiator as the value of a tag: other characters than AWS allows are replaced.
    pub fn tag_value(&self) -> String {
        let replace = |c: char| {
            if c.is_ascii_alphanumeric() || " +-=._:/@".contains(c) { c } else { '_' }
        };
        self.initiator.to_string().chars().take(256).map(replace).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "arn:aws:sts::123456789012:assumed-role/payments/alice@example.com";

    #[test]
    fn an_initiator_is_described_by_what_is_known_of_it() {
        let id = "6a7e8feb-b491-4cf7-a9f1-bf3703467718";
        for (initiator, expected) in [
            (Initiator::caller(Some(ALICE), Some("123456789012"), Some("10.0.0.7")), ALICE.into()),
            (
                Initiator::caller(None, Some("123456789012"), Some("2001:db8::1")),
                "a caller of account 123456789012 at 2001:db8::1".to_owned(),
            ),
            (Initiator::caller(None, None, None), "direct invocation".to_owned()),
            (
                Initiator::event(Some(id), Some("com.example.vending"), Some("123456789012")),
                format!("event {id} from com.example.vending of account 123456789012"),
            ),
            (Initiator::event(Some(id), None, None), format!("event {id}")),
            (Initiator::event(None, None, None), "direct invocation".to_owned()),
        ] {
            assert_eq!(initiator.to_string(), expected);
        }
    }

    #[test]
    fn a_part_that_is_not_of_its_type_is_left_out() {
        for arn in [
            "",
            "alice",
            "arn:aws:s3:::bucket",
            "arn:aws:iam::1234:user/alice",
            "arn:aws:iam::123456789012:",
            "arn:aws:iam::123456789012:user/alice\n{\"level\":\"INFO\"}",
            "arn:aws:iam::123456789012:user/\u{202e}ecila",
        ] {
            let unknown = Initiator::caller(Some(arn), Some("12345"), Some("10.0.0.7, 10.0.0.8"));
            assert_eq!(unknown, Initiator::DirectInvocation, "{arn}");
        }
        let key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY1234567890";
        for text in ["", "a\0b", "a b", key.replace('/', "").as_str(), &"a.".repeat(40)] {
            let unknown = Initiator::event(Some("a/b"), Some(text), Some("root"));
            assert_eq!(unknown, Initiator::DirectInvocation, "{text}");
        }
    }

    #[test]
    fn arns_with_other_letters_or_of_great_length_are_kept_in_part() {
        let kept = |arn: &str| Initiator::caller(Some(arn), None, None).to_string();
        let odd = kept(r#"arn:aws:iam::123456789012:user/a!b/"eve""#);
        assert!(odd.contains("user/a_b/_eve_"), "{odd}");
        let long = kept(&format!("arn:aws:iam::123456789012:user/{}", "a".repeat(600)));
        assert!(long.contains("user/aaaa") && long.len() <= MAX_ARN_LEN, "{long}");
    }

    #[test]
    fn names_of_sessions_and_tags_are_accepted_by_aws() {
        let long = "1".repeat(100);
        for (request_id, name) in [
            (
                "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                "gangway-8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            ),
            ("", "gangway"),
            ("a b\n/ü", "gangway-ab"),
            (&*long, &*format!("gangway-{}", "1".repeat(56))),
        ] {
            let origin = RequestOrigin { request_id: request_id.to_owned(), ..Default::default() };
            assert_eq!(origin.session_name(), name);
        }
        let bob = "arn:aws:iam::123456789012:user/team,a/bob+x=y";
        let initiator = Initiator::caller(Some(bob), None, None);
        let origin = RequestOrigin { initiator, ..Default::default() };
        assert_eq!(origin.tag_value(), "arn:aws:iam::123456789012:user/team_a/bob+x=y");
    }
}
