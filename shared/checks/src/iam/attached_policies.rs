//! Reads which managed policies an identity has, and how many it may have.

use std::error::Error;

use aws_sdk_iam::{
    error::{ProvideErrorMetadata, SdkError},
    types::{AttachedPolicy, SummaryKeyType},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use futures_util::future::join_all;
use gangway_model::UpstreamError;

use gangway_aws::{AwsSession, Principal, error::AwsErrorKind};

/// An attached managed policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Attached {
    pub(super) name: String,
    pub(super) arn: String,
}

/// Why a lookup in IAM returned nothing. Findings of such lookups are unverified.
#[derive(Clone, Copy, Debug)]
pub(super) enum LookupError {
    /// The caller is not allowed this action.
    AccessDenied(&'static str),
    /// The user, role, group or policy does not exist.
    NotFound,
    /// IAM throttled the call. These checks are only warnings, so the request goes on.
    Throttled,
}

impl LookupError {
    /// Returns what makes the lookup possible.
    pub(super) fn remedy(self) -> String {
        match self {
            Self::AccessDenied(action) => {
                format!("allow {action} to the identity that runs the checks")
            }
            Self::NotFound => "create what is missing, or correct its ARN".to_owned(),
            Self::Throttled => "validate again later: IAM throttled the request".to_owned(),
        }
    }
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
