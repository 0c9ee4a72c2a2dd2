//! Who credentials belong to, as STS tells.

use std::time::Duration;

use gangway_http::deadline;
use gangway_model::{AccountId, Arn, Partition, RoleArn, UpstreamError};

use crate::{
    AwsSession,
    error::{ApiCall, AwsErrorKind, STS},
};

/// Whose credentials they are (S01, S03).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallerIdentity {
    /// The account that they act in.
    pub account: AccountId,
    /// As STS writes it.
    pub arn: String,
    /// The second field of the ARN: where the identity really is.
    pub partition: Partition,
    /// What it is.
    pub kind: IdentityKind,
}

/// What kind of identity credentials belong to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum IdentityKind {
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

impl CallerIdentity {
    /// Takes the ARN apart. `None` where it is not one of a partition that Palette serves.
    fn read(arn: &str) -> Option<Self> {
        let fields = Arn::parse(arn)?;
        let kind = IdentityKind::of(fields.service(), fields.resource());
        let (partition, account) =
            (fields.partition().parse().ok()?, fields.account().parse().ok()?);
        Some(Self { account, arn: arn.to_owned(), partition, kind })
    }

    /// The identity whose permissions count; `None` for those that cannot own long-lived keys.
    pub fn principal(&self) -> Option<Principal> {
        match &self.kind {
            IdentityKind::User { name } => {
                let (arn, name, account) = (self.arn.clone(), name.clone(), self.account);
                Some(Principal::User { arn, name, account })
            }
            IdentityKind::AssumedRole { .. }
            | IdentityKind::Root
            | IdentityKind::Federated
            | IdentityKind::Other => None,
        }
    }
}

impl IdentityKind {
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
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

impl AwsSession {
    /// Who this view's credentials belong to. Keys that STS does not take are [`PortError::Refused`], in words for the
    /// one who sent them.
    pub async fn caller(&self) -> Result<CallerIdentity, UpstreamError> {
        let call =
            ApiCall { service: STS, action: "sts:GetCallerIdentity", resource: "such identity" };
        let answer = deadline::timeout(CALL_TIMEOUT, self.sts().get_caller_identity().send()).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(_elapsed) => return Err(UpstreamError::TimedOut { service: STS }),
        };
        let identity =
            answer.map_err(|error| match AwsErrorKind::from_sdk(&error).and_then(why) {
                Some(reason) => UpstreamError::Rejected { service: STS, reason: reason.to_owned() },
                None => call.to_upstream_error(&error),
            })?;
        let arn = identity.arn().unwrap_or_default();
        CallerIdentity::read(arn)
            .ok_or_else(|| call.invalid_response("its answer names no known identity"))
    }
}

/// Refusals that are about the keys, not about us.
const fn why(refusal: AwsErrorKind) -> Option<&'static str> {
    match refusal {
        AwsErrorKind::UnknownAccessKey => {
            Some("no active access key of this id exists in this partition (InvalidClientTokenId)")
        }
        AwsErrorKind::WrongSignature => {
            Some("the secret access key is not that of this access key id (SignatureDoesNotMatch)")
        }
        AwsErrorKind::Expired => Some("the credentials have expired (ExpiredToken)"),
        AwsErrorKind::ClockSkew => {
            Some("the clocks differ by more than AWS takes (RequestExpired)")
        }
        AwsErrorKind::AccessDenied
        | AwsErrorKind::NotFound
        | AwsErrorKind::AlreadyExists
        | AwsErrorKind::InvalidState
        | AwsErrorKind::KmsFailure
        | AwsErrorKind::Throttled
        | AwsErrorKind::ServiceFailure
        | AwsErrorKind::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_told_by_their_arns() {
        let user = |name: &str| Some(IdentityKind::User { name: name.to_owned() });
        let role = |name: &str| Some(IdentityKind::AssumedRole { role_name: name.to_owned() });
        for (arn, kind) in [
            ("arn:aws:iam::123456789012:user/palette", user("palette")),
            ("arn:aws-us-gov:iam::123456789012:user/team/ci/palette", user("palette")),
            ("arn:aws-iso:sts::123456789012:assumed-role/Admin/me", role("Admin")),
            ("arn:aws:iam::123456789012:root", Some(IdentityKind::Root)),
            ("arn:aws:sts::123456789012:federated-user/me", Some(IdentityKind::Federated)),
            ("arn:aws:iam::123456789012:user/", Some(IdentityKind::Other)),
            ("arn:aws:iam::123456789012:role/x", Some(IdentityKind::Other)),
            ("arn:aws-cn:iam::123456789012:user/x", None),
            ("arn:aws:iam::me:user/x", None),
            ("arn:aws:iam::123456789012", None),
            ("", None),
        ] {
            assert_eq!(CallerIdentity::read(arn).map(|caller| caller.kind), kind, "{arn}");
        }
    }

    #[test]
    fn only_users_are_principals_of_their_own_keys() {
        let caller =
            CallerIdentity::read("arn:aws-us-gov:iam::123456789012:user/ci/palette").unwrap();
        assert_eq!(caller.partition, Partition::AwsUsGov);
        let principal = caller.principal().unwrap();
        assert_eq!((principal.arn(), principal.name()), (caller.arn.as_str(), "palette"));
        for arn in ["arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:assumed-role/A/s"]
        {
            assert_eq!(CallerIdentity::read(arn).unwrap().principal(), None, "{arn}");
        }
    }
}
