//! The initiator of a request: a caller, an event, or a direct invocation.

use std::{fmt, net::IpAddr};

use crate::{AccountId, Correlation, Uid};

/// The maximum length of a caller's ARN. A longer ARN is cut to this length, which is the maximum
/// length of a tag value in AWS.
const MAX_ARN_LEN: usize = 256;

/// The maximum length of the member `source` of an event. A longer source is ignored.
const MAX_SOURCE_LEN: usize = 64;

/// The maximum length of a role session name that STS accepts.
const MAX_SESSION_NAME_LEN: usize = 64;

/// Who or what started a request. A field is `None` if its value is missing, too long or malformed.
/// A malformed value must not make the request fail, and must not be written to logs, annotations
/// or tags.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Initiator {
    /// The caller of an HTTP request, whom API Gateway has authenticated.
    Caller { arn: Option<PrincipalArn>, account: Option<AccountId>, source_ip: Option<IpAddr> },
    /// An event of EventBridge. The function was invoked with the event, or with an SQS message
    /// that contains it.
    Event { id: Option<Uid>, source: Option<EventSource>, account: Option<AccountId> },
    /// A direct invocation of the function, without a caller of API Gateway and without an event.
    #[default]
    DirectInvocation,
}

impl Initiator {
    /// Returns the caller of an HTTP request, or a direct invocation if no argument is valid.
    pub fn caller(arn: Option<&str>, account: Option<&str>, source_ip: Option<&str>) -> Self {
        let arn = arn.and_then(PrincipalArn::parse);
        let account = account.and_then(|text| text.parse().ok());
        let source_ip = source_ip.and_then(|text| text.parse().ok());
        match (&arn, account, source_ip) {
            (None, None, None) => Self::DirectInvocation,
            _ => Self::Caller { arn, account, source_ip },
        }
    }

    /// Returns the event with these members `id`, `source` and `account`, or a direct invocation if
    /// no argument is valid.
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

/// Writes the initiator as the text that Gangway stores in an annotation of the cloud account.
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

/// Writes `before` and the value. Writes nothing if there is no value.
fn write_if_known<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    before: &str,
    value: Option<&T>,
) -> fmt::Result {
    value.map_or(Ok(()), |value| write!(f, "{before}{value}"))
}

/// The ARN of an IAM user, of a role session, or of the root user of an AWS account. It has only
/// characters that AWS allows in a tag value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrincipalArn {
    text: String,
}

crate::text::define_text_type!(PrincipalArn);

impl PrincipalArn {
    /// Parses an ARN. Replaces each character that a tag value cannot have with `_`, and cuts the
    /// ARN to [`MAX_ARN_LEN`] characters. Returns `None` if the text is not the ARN of a principal.
    fn parse(text: &str) -> Option<Self> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":/_+=,.@-".contains(&byte);
        let mut parts = text.splitn(6, ':');
        let is_principal = parts.next() == Some("arn")
            && parts.next().is_some_and(|partition| partition.starts_with("aws"))
            && matches!(parts.next(), Some("iam" | "sts"))
            && parts.next() == Some("")
            && parts.next().is_some_and(|account| account.parse::<AccountId>().is_ok())
            && parts.next().is_some_and(|name| !name.is_empty());
        // IAM allows every printable ASCII character in a path. A tag value has fewer characters.
        let is_printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        (is_principal && is_printable).then(|| {
            let letters = text.bytes().take(MAX_ARN_LEN);
            let letters = letters.map(|byte| if is_allowed(byte) { char::from(byte) } else { '_' });
            Self { text: letters.collect() }
        })
    }
}

/// The member `source` of an event, such as `com.example.vending`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventSource {
    text: String,
}

crate::text::define_text_type!(EventSource);

impl EventSource {
    fn parse(text: &str) -> Option<Self> {
        // The parts of domain names and service names are short. A secret key that a sender put
        // into this member by mistake has longer parts, and is not accepted.
        let is_part = |part: &str| {
            (1..=32).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        };
        (text.len() <= MAX_SOURCE_LEN && text.split(['.', '/']).all(is_part))
            .then(|| Self { text: text.to_owned() })
    }
}

/// The ids and the initiator of a request, for logs, events, annotations, tags and role sessions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RequestOrigin {
    /// The request id of the Lambda invocation.
    pub request_id: String,
    pub initiator: Initiator,
    /// The ids that the caller sent with the request.
    pub correlation: Correlation,
}

impl RequestOrigin {
    /// Returns the id with which the sender can find the request in logs and events: the id that
    /// the caller sent, or the id of the event, or otherwise the request id of the invocation.
    pub fn correlation_id(&self) -> &str {
        let event_id = match &self.initiator {
            Initiator::Event { id, .. } => id.as_ref().map(Uid::as_str),
            Initiator::Caller { .. } | Initiator::DirectInvocation => None,
        };
        self.correlation.id().or(event_id).unwrap_or(&self.request_id)
    }

    /// Returns the name for all role sessions of this request, which CloudTrail shows:
    /// `gangway-<request id>`. It has only characters that STS accepts, and at most 64 of them.
    pub fn session_name(&self) -> String {
        let is_allowed = |c: &char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(*c);
        let id = self.request_id.chars().filter(is_allowed);
        let name: String = "gangway-".chars().chain(id).take(MAX_SESSION_NAME_LEN).collect();
        if name.len() > "gangway-".len() { name } else { "gangway".to_owned() }
    }

    /// Returns the initiator as a tag value: at most 256 characters. Each character that a tag
    /// value cannot have is replaced with `_`.
    pub fn tag_value(&self) -> String {
        let replace_if_not_allowed = |c: char| {
            if c.is_ascii_alphanumeric() || " +-=._:/@".contains(c) { c } else { '_' }
        };
        self.initiator.to_string().chars().take(256).map(replace_if_not_allowed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "arn:aws:sts::123456789012:assumed-role/payments/alice@example.com";

    #[test]
    fn an_initiator_is_written_with_the_values_that_are_known() {
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
    fn a_malformed_value_of_a_caller_or_event_is_ignored() {
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
    fn unusual_characters_in_an_arn_are_replaced_and_long_arns_are_cut() {
        let to_text = |arn: &str| Initiator::caller(Some(arn), None, None).to_string();
        let unusual = to_text(r#"arn:aws:iam::123456789012:user/a!b/"eve""#);
        assert!(unusual.contains("user/a_b/_eve_"), "{unusual}");
        let long = to_text(&format!("arn:aws:iam::123456789012:user/{}", "a".repeat(600)));
        assert!(long.contains("user/aaaa") && long.len() <= MAX_ARN_LEN, "{long}");
    }

    #[test]
    fn session_names_and_tag_values_have_only_characters_of_aws() {
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
