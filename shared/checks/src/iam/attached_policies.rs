//! Reads which managed policies an identity has, and how many it may have.

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

/// An attached managed policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Attached {
    pub(super) name: String,
    pub(super) arn: String,
}

/// Why a lookup in IAM returned nothing. Findings of such lookups are unverified.
#[derive(Clone, Debug)]
pub(super) enum LookupError {
    /// The caller is not allowed this action.
    AccessDenied(&'static str),
    /// The user, role, group or policy does not exist.
    NotFound,
    /// IAM throttled the call. These checks are only warnings, so the request goes on.
    Throttled,
    /// IAM refused the action for another reason. The error code.
    Refused { action: &'static str, code: String },
}

impl LookupError {
    /// Returns what makes the lookup possible.
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

/// Returns what to do about a call that IAM refused for a reason other than a missing permission.
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

/// The result of a lookup. The outer error ends the request; the inner one makes a check unverified.
pub(super) type Lookup<T> = Result<Result<T, LookupError>, UpstreamError>;

/// Separates errors that make a check unverified from errors that end the request.
pub(super) fn lookup<T, E>(
    action: &'static str,
    result: Result<T, SdkError<E, HttpResponse>>,
) -> Lookup<T>
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

/// Returns the policies attached to the identity itself.
pub(super) async fn direct(aws: &AwsSession, principal: &Principal) -> Lookup<Vec<Attached>> {
    let iam = aws.iam();
    let policies = match principal {
        Principal::User { name, .. } => {
            let pages = iam.list_attached_user_policies().user_name(name).into_paginator();
            let policies = pages.items().send().collect::<Result<Vec<_>, _>>().await;
            lookup("iam:ListAttachedUserPolicies", policies)?
        }
        Principal::Role(role) => {
            let pages = iam.list_attached_role_policies().role_name(role.name()).into_paginator();
            let policies = pages.items().send().collect::<Result<Vec<_>, _>>().await;
            lookup("iam:ListAttachedRolePolicies", policies)?
        }
    };
    Ok(policies.map(named))
}

/// Returns the groups of a user. A role has none.
pub(super) async fn groups(aws: &AwsSession, principal: &Principal) -> Lookup<Vec<String>> {
    let Principal::User { name, .. } = principal else { return Ok(Ok(Vec::new())) };
    let pages = aws.iam().list_groups_for_user().user_name(name).into_paginator();
    let groups = pages.items().send().collect::<Result<Vec<_>, _>>().await;
    let groups = lookup("iam:ListGroupsForUser", groups)?;
    Ok(groups.map(|groups| groups.into_iter().map(|group| group.group_name).collect()))
}

/// Returns the policies that a user has through groups.
pub(super) async fn through(aws: &AwsSession, groups: &[String]) -> Lookup<Vec<Attached>> {
    let mut all = Vec::new();
    for found in join_all(groups.iter().map(|group| list_group_policies(aws, group))).await {
        match found? {
            Ok(found) => all.extend(found),
            Err(hidden) => return Ok(Err(hidden)),
        }
    }
    Ok(Ok(all))
}

async fn list_group_policies(aws: &AwsSession, group: &str) -> Lookup<Vec<Attached>> {
    let pages = aws.iam().list_attached_group_policies().group_name(group).into_paginator();
    let policies = pages.items().send().collect::<Result<Vec<_>, _>>().await;
    Ok(lookup("iam:ListAttachedGroupPolicies", policies)?.map(named))
}

/// Leaves out policies without a name or an ARN.
fn named(policies: Vec<AttachedPolicy>) -> Vec<Attached> {
    let named = |policy: AttachedPolicy| {
        let AttachedPolicy { policy_name, policy_arn, .. } = policy;
        Some(Attached { name: policy_name?, arn: policy_arn? })
    };
    policies.into_iter().filter_map(named).collect()
}

/// Returns the account's quota of managed policies for one identity.
pub(super) async fn quota(aws: &AwsSession, principal: &Principal) -> Lookup<Option<usize>> {
    let summary = aws.iam().get_account_summary().send().await;
    let summary = match lookup("iam:GetAccountSummary", summary)? {
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
    fn each_refusal_has_a_remedy_of_its_own() {
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
