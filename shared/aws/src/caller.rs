//! Reads the identity that credentials belong to, with `sts:GetCallerIdentity`.

use std::time::Duration;

use gangway_http::deadline;
use gangway_model::{AccountId, Arn, Partition, RoleArn, UpstreamError};

use crate::{
    AwsSession,
    error::{ApiCall, AwsErrorKind, STS},
};

/// Result of `sts:GetCallerIdentity`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallerIdentity {
    pub account: AccountId,
    pub arn: String,
    /// Partition in the ARN. It may differ from the partition of the STS endpoint.
    pub partition: Partition,
    pub kind: IdentityKind,
}

/// Kind of the identity that credentials belong to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum IdentityKind {
    User {
        /// Name of the user, without the path.
        name: String,
    },
    /// A session of a role. STS does not return the path of the role.
    AssumedRole {
        role_name: String,
    },
    Root,
    Federated,
    Other,
}

/// A user or a role: an identity that IAM policies can be attached to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Principal {
    User {
        /// ARN of the user, with the path.
        arn: String,
        /// Name of the user, without the path.
        name: String,
        account: AccountId,
    },
    Role(RoleArn),
}

impl Principal {
    pub fn arn(&self) -> &str {
        match self {
            Self::User { arn, .. } => arn,
            Self::Role(role) => role.as_str(),
        }
    }

    /// Returns the name of the user or role, without the path.
    pub fn name(&self) -> &str {
        match self {
            Self::User { name, .. } => name,
            Self::Role(role) => role.name(),
        }
    }

    pub const fn account(&self) -> AccountId {
        match self {
            Self::User { account, .. } => *account,
            Self::Role(role) => role.account(),
        }
    }

    /// Returns the kind and the name, such as `user gangway` or `role SpectroCloudRole`.
    pub fn label(&self) -> String {
        match self {
            Self::User { name, .. } => format!("user {name}"),
            Self::Role(role) => format!("role {}", role.name()),
        }
    }
}

impl CallerIdentity {
    /// Parses an ARN that STS has returned. Returns `None` if the ARN is invalid, or if Palette
    /// does not support its partition.
    fn from_arn(arn: &str) -> Option<Self> {
        let fields = Arn::parse(arn)?;
        let kind = IdentityKind::from_resource(fields.service(), fields.resource());
        let (partition, account) =
            (fields.partition().parse().ok()?, fields.account().parse().ok()?);
        Some(Self { account, arn: arn.to_owned(), partition, kind })
    }

    /// Returns the IAM user. Returns `None` for every other kind of identity.
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
    fn from_resource(service: &str, resource: &str) -> Self {
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

/// Timeout of `sts:GetCallerIdentity`, retries included.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);

impl AwsSession {
    /// Returns the identity of this session's credentials.
    ///
    /// # Errors
    ///
    /// - [`UpstreamError::Rejected`] if STS does not accept the credentials. The reason is for the
    ///   person who entered the credentials.
    /// - [`UpstreamError::AccessDenied`] if STS accepts the credentials, but does not return the
    ///   identity.
    pub async fn caller(&self) -> Result<CallerIdentity, UpstreamError> {
        let call =
            ApiCall { service: STS, action: "sts:GetCallerIdentity", resource: "such identity" };
        let response =
            deadline::timeout(CALL_TIMEOUT, self.sts().get_caller_identity().send()).await;
        let response = match response {
            Ok(response) => response,
            Err(_elapsed) => return Err(UpstreamError::TimedOut { service: STS }),
        };
        let identity = response.map_err(|error| {
            let kind = AwsErrorKind::from_sdk(&error);
            if let Some(reason) = kind.and_then(credential_error_reason) {
                return UpstreamError::Rejected { service: STS, reason: reason.to_owned() };
            }
            match call.to_upstream_error(&error) {
                UpstreamError::AccessDenied { .. } if kind == Some(AwsErrorKind::AccessDenied) => {
                    UpstreamError::AccessDenied {
                        service: STS,
                        reason: ACCESS_DENIED_REASON.to_owned(),
                    }
                }
                UpstreamError::Rejected { service, reason } => {
                    UpstreamError::AccessDenied { service, reason }
                }
                error @ (UpstreamError::AccessDenied { .. }
                | UpstreamError::RejectedOrFailed { .. }
                | UpstreamError::NotPermittedNow { .. }
                | UpstreamError::NotFound { .. }
                | UpstreamError::ProjectNotFound { .. }
                | UpstreamError::AlreadyExists { .. }
                | UpstreamError::Throttled { .. }
                | UpstreamError::Unavailable { .. }
                | UpstreamError::TimedOut { .. }) => error,
            }
        })?;
        let arn = identity.arn().unwrap_or_default();
        CallerIdentity::from_arn(arn)
            .ok_or_else(|| call.invalid_response("the response contains no known identity"))
    }
}

/// Reason for `AccessDenied` from `sts:GetCallerIdentity`. No IAM policy can deny this call.
const ACCESS_DENIED_REASON: &str = "sts:GetCallerIdentity was answered with AccessDenied, which only the policy of a VPC endpoint or a network firewall causes: allow the call there";

/// Returns the reason for the caller if STS does not accept the credentials; otherwise `None`.
const fn credential_error_reason(kind: AwsErrorKind) -> Option<&'static str> {
    match kind {
        AwsErrorKind::UnknownAccessKey => {
            Some("no active access key of this id exists in this partition (InvalidClientTokenId)")
        }
        AwsErrorKind::WrongSignature => Some(
            "the secret access key does not belong to this access key ID (SignatureDoesNotMatch)",
        ),
        AwsErrorKind::Expired => Some("the credentials have expired (ExpiredToken)"),
        AwsErrorKind::ClockSkew => {
            Some("the clocks differ by more than AWS accepts (RequestExpired)")
        }
        AwsErrorKind::AccessDenied
        | AwsErrorKind::NotFound
        | AwsErrorKind::AlreadyExists
        | AwsErrorKind::InvalidState
        | AwsErrorKind::KmsFailure
        | AwsErrorKind::RegionDisabled
        | AwsErrorKind::NotSubscribed
        | AwsErrorKind::PackedPolicyTooLarge
        | AwsErrorKind::LimitExceeded
        | AwsErrorKind::NoOrganization
        | AwsErrorKind::Throttled
        | AwsErrorKind::ServiceFailure
        | AwsErrorKind::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_of_identity_is_read_from_its_arn() {
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
            assert_eq!(CallerIdentity::from_arn(arn).map(|identity| identity.kind), kind, "{arn}");
        }
    }

    #[test]
    fn only_an_iam_user_is_returned_as_principal() {
        let identity =
            CallerIdentity::from_arn("arn:aws-us-gov:iam::123456789012:user/ci/palette").unwrap();
        assert_eq!(identity.partition, Partition::AwsUsGov);
        let principal = identity.principal().unwrap();
        assert_eq!((principal.arn(), principal.name()), (identity.arn.as_str(), "palette"));
        for arn in ["arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:assumed-role/A/s"]
        {
            assert_eq!(CallerIdentity::from_arn(arn).unwrap().principal(), None, "{arn}");
        }
    }
}
