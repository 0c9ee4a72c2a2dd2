//! Who credentials belong to, as STS tells.

use std::time::Duration;

use gangway_http::budget;
use gangway_model::{AccountId, Partition, PortError, RoleArn};

use crate::{
    Aws,
    fault::{Call, Refusal, STS},
};

/// Whose credentials they are (S01, S03).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// The account that they act in.
    pub account: AccountId,
    /// As STS writes it.
    pub arn: String,
    /// The second field of the ARN: where the identity really is.
    pub partition: Partition,
    /// What it is.
    pub kind: CallerKind,
}

/// What kind of identity credentials belong to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CallerKind {
    /// An IAM user.
    User {
        /// Its name, without the path.
        name: String,
    },
    /// A session of a role. The role's path is not told.
    AssumedRole {
        /// Its name.
        role_name: String,
    },
    /// The account's root user.
    Root,
    /// A federated user.
    Federated,
    /// Nothing that is known.
    Other,
}

/// An identity whose permissions can be looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Principal {
    /// An IAM user.
    User {
        /// Its ARN, path and all.
        arn: String,
        /// Its name, without the path.
        name: String,
        /// The account that it is in.
        account: AccountId,
    },
    /// A role.
    Role(RoleArn),
}

impl Principal {
    /// Its ARN.
    pub fn arn(&self) -> &str {
        match self {
            Self::User { arn, .. } => arn,
            Self::Role(role) => role.as_str(),
        }
    }

    /// Its name, without the path.
    pub fn name(&self) -> &str {
        match self {
            Self::User { name, .. } => name,
            Self::Role(role) => role.name(),
        }
    }

    /// The account that it is in.
    pub const fn account(&self) -> AccountId {
        match self {
            Self::User { account, .. } => *account,
            Self::Role(role) => role.account(),
        }
    }

    /// For people: `user gangway`, `role SpectroCloudRole`.
    pub fn label(&self) -> String {
        match self {
            Self::User { name, .. } => format!("user {name}"),
            Self::Role(role) => format!("role {}", role.name()),
        }
    }
}

impl Caller {
    /// Takes the ARN apart. `None` where it is not one of a partition that Palette serves.
    fn read(arn: &str) -> Option<Self> {
        let mut fields = arn.splitn(6, ':');
        let mut next = || fields.next();
        let (_arn, partition, service, _region) = (next()?, next()?, next()?, next()?);
        let (account, resource) = (next()?, next()?);
        let kind = CallerKind::of(service, resource);
        let (partition, account) = (partition.parse().ok()?, account.parse().ok()?);
        Some(Self { account, arn: arn.to_owned(), partition, kind })
    }

    /// The identity whose permissions count; `None` for those that cannot own long-lived keys.
    pub fn principal(&self) -> Option<Principal> {
        match &self.kind {
            CallerKind::User { name } => {
                let (arn, name, account) = (self.arn.clone(), name.clone(), self.account);
                Some(Principal::User { arn, name, account })
            }
            CallerKind::AssumedRole { .. }
            | CallerKind::Root
            | CallerKind::Federated
            | CallerKind::Other => None,
        }
    }
}

impl CallerKind {
    fn of(service: &str, resource: &str) -> Self {
        let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
        match (service, kind) {
            ("iam", "user") if !rest.is_empty() => {
                let name = rest.rsplit_once('/').map_or(rest, |(_path, name)| name);
                Self::User { name: name.to_owned() }
            }
            ("sts", "assumed-role") if !rest.is_empty() => {
                let role_name = rest.split_once('/').map_or(rest, |(role, _session)| role);
                Self::AssumedRole { role_name: role_name.to_owned() }
            }
            ("iam", "root") => Self::Root,
            ("sts", "federated-user") => Self::Federated,
            (_, _) => Self::Other,
        }
    }
}

/// How long STS may take to tell (C05).
const TOLD_WITHIN: Duration = Duration::from_secs(5);

impl Aws {
    /// Who this view's credentials belong to. Keys that STS does not take are [`PortError::Refused`], in words for the
    /// one who sent them.
    pub async fn caller(&self) -> Result<Caller, PortError> {
        let call = Call { service: STS, action: "sts:GetCallerIdentity", what: "such identity" };
        let answer = budget::bounded(TOLD_WITHIN, self.sts().get_caller_identity().send()).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(_elapsed) => return Err(PortError::TimedOut { service: STS }),
        };
        let identity = answer.map_err(|error| match Refusal::from_sdk(&error).and_then(why) {
            Some(reason) => PortError::Refused { service: STS, reason: reason.to_owned() },
            None => call.failed(&error),
        })?;
        let arn = identity.arn().unwrap_or_default();
        Caller::read(arn).ok_or_else(|| call.unreadable("its answer names no known identity"))
    }
}

/// Refusals that are about the keys, not about us.
const fn why(refusal: Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::UnknownKey => {
            Some("no active access key of this id exists in this partition (InvalidClientTokenId)")
        }
        Refusal::WrongSecret => {
            Some("the secret access key is not that of this access key id (SignatureDoesNotMatch)")
        }
        Refusal::Expired => Some("the credentials have expired (ExpiredToken)"),
        Refusal::Clock => Some("the clocks differ by more than AWS takes (RequestExpired)"),
        Refusal::NotAllowed
        | Refusal::NotFound
        | Refusal::Exists
        | Refusal::WrongState
        | Refusal::Encryption
        | Refusal::Throttled
        | Refusal::Broken
        | Refusal::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_told_by_their_arns() {
        let user = |name: &str| Some(CallerKind::User { name: name.to_owned() });
        let role = |name: &str| Some(CallerKind::AssumedRole { role_name: name.to_owned() });
        for (arn, kind) in [
            ("arn:aws:iam::123456789012:user/palette", user("palette")),
            ("arn:aws-us-gov:iam::123456789012:user/team/ci/palette", user("palette")),
            ("arn:aws-iso:sts::123456789012:assumed-role/Admin/me", role("Admin")),
            ("arn:aws:iam::123456789012:root", Some(CallerKind::Root)),
            ("arn:aws:sts::123456789012:federated-user/me", Some(CallerKind::Federated)),
            ("arn:aws:iam::123456789012:user/", Some(CallerKind::Other)),
            ("arn:aws:iam::123456789012:role/x", Some(CallerKind::Other)),
            ("arn:aws-cn:iam::123456789012:user/x", None),
            ("arn:aws:iam::me:user/x", None),
            ("arn:aws:iam::123456789012", None),
            ("", None),
        ] {
            assert_eq!(Caller::read(arn).map(|caller| caller.kind), kind, "{arn}");
        }
    }

    #[test]
    fn only_users_are_principals_of_their_own_keys() {
        let caller = Caller::read("arn:aws-us-gov:iam::123456789012:user/ci/palette").unwrap();
        assert_eq!(caller.partition, Partition::AwsUsGov);
        let principal = caller.principal().unwrap();
        assert_eq!((principal.arn(), principal.name()), (caller.arn.as_str(), "palette"));
        for arn in ["arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:assumed-role/A/s"]
        {
            assert_eq!(Caller::read(arn).unwrap().principal(), None, "{arn}");
        }
    }
}
