//! Reads the managed policies of an identity, and the quota of managed policies.

use std::error::Error;

use aws_sdk_iam::{
    error::{ProvideErrorMetadata, SdkError},
    types::{AttachedPolicy, SummaryKeyType},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use futures_util::future::join_all;
use gangway_model::UpstreamError;

use gangway_aws::{
    AwsSession, Principal,
    error::{AwsErrorKind, error_code},
};

/// A managed policy that is attached to a user, role or group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ManagedPolicy {
    pub(super) name: String,
    pub(super) arn: String,
}

/// The reason why a lookup in IAM failed. The findings that need the lookup are *unverified*.
#[derive(Clone, Debug)]
pub(super) enum LookupError {
    /// The identity that runs the checks is not allowed this IAM action.
    AccessDenied(&'static str),
    /// The user, role, group or policy does not exist.
    NotFound,
    /// IAM throttled the call. The checks that need the lookup are only warnings, so the validation
    /// continues.
    Throttled,
    /// IAM refused the call for another reason.
    Refused { action: &'static str, code: String },
}

impl LookupError {
    /// Returns the remedy that makes the lookup possible.
    pub(super) fn remedy(&self) -> String {
        match self {
            Self::AccessDenied(action) => {
                format!("allow {action} to the identity that runs the checks")
            }
            Self::NotFound => "create what is missing, or correct its ARN".to_owned(),
            Self::Throttled => "validate again later: IAM throttled the request".to_owned(),
            Self::Refused { action, code } => refusal_remedy(action, code),
        }
    }
}

/// Returns the remedy for a call that IAM refused with error code `code`, but not because of a
/// missing permission.
pub(super) fn refusal_remedy(action: &str, code: &str) -> String {
    let kind = AwsErrorKind::from_code(code, 400);
    let first = if kind == AwsErrorKind::UnknownAccessKey {
        "IAM knows a new access key only after some seconds, and no longer one that was deactivated: validate again in a minute, and with an active key if it stays"
    } else if matches!(kind, AwsErrorKind::WrongSignature | AwsErrorKind::Expired) {
        "send credentials that have not expired, and validate again"
    } else if kind == AwsErrorKind::ClockSkew {
        "set the clock (NTP), and validate again"
    } else {
        "validate again; if it stays, look for the error code in the documentation of AWS"
    };
    format!("{action} was answered with {code}: {first}")
}

/// The result of a lookup in IAM. The outer error ends the validation. The inner error makes a
/// check *unverified*.
pub(super) type LookupResult<T> = Result<Result<T, LookupError>, UpstreamError>;

/// Converts the result of the call `action` into a [`LookupResult`].
pub(super) fn to_lookup_result<T, E>(
    action: &'static str,
    result: Result<T, SdkError<E, HttpResponse>>,
) -> LookupResult<T>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let error = match result {
        Ok(value) => return Ok(Ok(value)),
        Err(error) => error,
    };
    match AwsErrorKind::from_sdk(&error) {
        Some(AwsErrorKind::AccessDenied) => Ok(Err(LookupError::AccessDenied(action))),
        Some(AwsErrorKind::NotFound) => Ok(Err(LookupError::NotFound)),
        Some(AwsErrorKind::Throttled) => Ok(Err(LookupError::Throttled)),
        Some(kind) if !kind.is_transient() => {
            Ok(Err(LookupError::Refused { action, code: error_code(&error).to_owned() }))
        }
        Some(_) | None => {
            Err(AwsSession::iam_api_call(action, "such identity").to_upstream_error(&error))
        }
    }
}

/// Lists the managed policies that are attached to the identity itself, not to its groups.
pub(super) async fn list_direct_policies(
    aws: &AwsSession,
    principal: &Principal,
) -> LookupResult<Vec<ManagedPolicy>> {
    let iam = aws.iam();
    let policies = match principal {
        Principal::User { name, .. } => {
            let pages = iam.list_attached_user_policies().user_name(name).into_paginator();
            let policies = pages.items().send().collect::<Result<Vec<_>, _>>().await;
            to_lookup_result("iam:ListAttachedUserPolicies", policies)?
        }
        Principal::Role(role) => {
            let pages = iam.list_attached_role_policies().role_name(role.name()).into_paginator();
            let policies = pages.items().send().collect::<Result<Vec<_>, _>>().await;
            to_lookup_result("iam:ListAttachedRolePolicies", policies)?
        }
    };
    Ok(policies.map(to_managed_policies))
}

/// Lists the groups of a user. Returns an empty list for a role.
pub(super) async fn list_groups(
    aws: &AwsSession,
    principal: &Principal,
) -> LookupResult<Vec<String>> {
    let Principal::User { name, .. } = principal else { return Ok(Ok(Vec::new())) };
    let pages = aws.iam().list_groups_for_user().user_name(name).into_paginator();
    let groups = pages.items().send().collect::<Result<Vec<_>, _>>().await;
    let groups = to_lookup_result("iam:ListGroupsForUser", groups)?;
    Ok(groups.map(|groups| groups.into_iter().map(|group| group.group_name).collect()))
}

/// Lists the managed policies that are attached to the groups.
pub(super) async fn list_policies_of_groups(
    aws: &AwsSession,
    groups: &[String],
) -> LookupResult<Vec<ManagedPolicy>> {
    let mut all = Vec::new();
    for found in join_all(groups.iter().map(|group| list_policies_of_group(aws, group))).await {
        match found? {
            Ok(found) => all.extend(found),
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(all))
}

async fn list_policies_of_group(aws: &AwsSession, group: &str) -> LookupResult<Vec<ManagedPolicy>> {
    let pages = aws.iam().list_attached_group_policies().group_name(group).into_paginator();
    let policies = pages.items().send().collect::<Result<Vec<_>, _>>().await;
    Ok(to_lookup_result("iam:ListAttachedGroupPolicies", policies)?.map(to_managed_policies))
}

/// Converts policies of the AWS SDK. The result does not contain policies without a name or an ARN.
fn to_managed_policies(policies: Vec<AttachedPolicy>) -> Vec<ManagedPolicy> {
    let to_managed_policy = |policy: AttachedPolicy| {
        let AttachedPolicy { policy_name, policy_arn, .. } = policy;
        Some(ManagedPolicy { name: policy_name?, arn: policy_arn? })
    };
    policies.into_iter().filter_map(to_managed_policy).collect()
}

/// Returns the account's quota of managed policies for one user or role. Returns `None` if IAM does
/// not return the quota.
pub(super) async fn get_policy_quota(
    aws: &AwsSession,
    principal: &Principal,
) -> LookupResult<Option<usize>> {
    let summary = aws.iam().get_account_summary().send().await;
    let summary = match to_lookup_result("iam:GetAccountSummary", summary)? {
        Ok(summary) => summary,
        Err(error) => return Ok(Err(error)),
    };
    let key = match principal {
        Principal::User { .. } => SummaryKeyType::AttachedPoliciesPerUserQuota,
        Principal::Role(_) => SummaryKeyType::AttachedPoliciesPerRoleQuota,
    };
    let quota = summary.summary_map().and_then(|summary| summary.get(&key));
    Ok(Ok(quota.and_then(|quota| usize::try_from(*quota).ok())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remedy_follows_from_the_error_code_of_iam() {
        for (code, remedy) in [
            ("InvalidClientTokenId", "validate again in a minute"),
            ("UnrecognizedClientException", "validate again in a minute"),
            ("ExpiredToken", "have not expired"),
            ("SignatureDoesNotMatch", "have not expired"),
            ("RequestExpired", "NTP"),
            ("ValidationError", "documentation of AWS"),
        ] {
            let refused = LookupError::Refused { action: "iam:GetUser", code: code.to_owned() };
            let text = refused.remedy();
            assert!(text.starts_with(&format!("iam:GetUser was answered with {code}")), "{text}");
            assert!(text.contains(remedy), "{text}");
        }
    }
}
