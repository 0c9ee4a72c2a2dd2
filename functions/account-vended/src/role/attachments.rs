//! Managed policies that are attached to the role.

use futures_util::future::try_join_all;
use gangway_aws::AwsSession;
use gangway_model::RoleArn;
use gangway_policies::PolicyDocument;

use super::{
    DesiredRole, POLICY_PATH,
    managed_policy::{self, EnsuredPolicy, FirstAttempt},
    policy_versions::{PolicyVersions, TaggedVersion},
    retry::retry_until_consistent,
};
use crate::outcome::VendingError;

/// An attached policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct AttachedPolicy {
    name: String,
    arn: String,
}

/// Lists all managed policies of the role.
pub(super) async fn list_attached_policies(
    aws: &AwsSession,
    role: &RoleArn,
) -> Result<Vec<AttachedPolicy>, VendingError> {
    let call = AwsSession::iam_api_call("iam:ListAttachedRolePolicies", "such role");
    let pages = aws.iam().list_attached_role_policies().role_name(role.name()).into_paginator();
    let policies: Result<Vec<_>, _> = pages.items().send().collect().await;
    let policies = policies
        .map_err(|error| VendingError::from_account_error(call.to_upstream_error(&error)))?;
    let attached = policies.into_iter().filter_map(|policy| {
        Some(AttachedPolicy { name: policy.policy_name?, arn: policy.policy_arn? })
    });
    Ok(attached.collect())
}

/// Returns `true` if all policies of the profile are attached, and no policy of another profile.
pub(super) fn has_all_policies(desired: &DesiredRole, attached: &[AttachedPolicy]) -> bool {
    let is_attached =
        |document: &PolicyDocument| attached.iter().any(|policy| policy.name == document.name());
    gangway_policies::documents_for(desired.profile).iter().all(is_attached)
        && find_obsolete_policies(desired, attached).next().is_none()
}

/// Returns Gangway's policies that only another profile needs.
fn find_obsolete_policies<'a>(
    desired: &DesiredRole,
    attached: &'a [AttachedPolicy],
) -> impl Iterator<Item = &'a AttachedPolicy> {
    let needed = gangway_policies::documents_for(desired.profile);
    let prefix = own_policy_arn_prefix(desired);
    attached.iter().filter(move |policy| {
        policy.arn.starts_with(&prefix)
            && PolicyDocument::from_name(&policy.name)
                .is_some_and(|document| !needed.contains(&document))
    })
}

/// Returns the start of the ARNs of Gangway's policies.
fn own_policy_arn_prefix(desired: &DesiredRole) -> String {
    format!("arn:{}:iam::{}:policy{POLICY_PATH}", desired.partition(), desired.account())
}

/// Creates, updates and attaches all policies of the profile, at the same time, and then detaches
/// Gangway's policies of another profile. Returns whether anything was changed, and the default
/// versions of the policies.
pub(super) async fn reconcile_policies(
    aws: &AwsSession,
    desired: &DesiredRole,
    attached: &[AttachedPolicy],
    first_attempt: FirstAttempt,
) -> Result<(bool, PolicyVersions), VendingError> {
    let documents = gangway_policies::documents_for(desired.profile).iter();
    let ensured = try_join_all(documents.map(async |document| {
        let policy = managed_policy::ensure_policy(aws, desired, *document, first_attempt).await?;
        if attached.iter().any(|attached| attached.arn == policy.arn) {
            return Ok(policy);
        }
        attach_policy(aws, desired, &policy.arn).await?;
        Ok::<_, VendingError>(EnsuredPolicy { is_changed: true, ..policy })
    }));
    let ensured = ensured.await?;
    let mut is_changed = ensured.iter().any(|policy| policy.is_changed);
    for policy in find_obsolete_policies(desired, attached) {
        detach_policy(aws, desired, &policy.arn).await?;
        is_changed = true;
    }
    let own_path = own_policy_arn_prefix(desired);
    let versions = ensured.into_iter().map(|policy| {
        if policy.arn.starts_with(&own_path) { policy.version } else { TaggedVersion::default() }
    });
    Ok((is_changed, PolicyVersions::new(versions.collect())))
}

/// Attaches a policy. Does nothing if it is attached already.
async fn attach_policy(
    aws: &AwsSession,
    desired: &DesiredRole,
    arn: &str,
) -> Result<(), VendingError> {
    let call = AwsSession::iam_api_call("iam:AttachRolePolicy", "such role or policy");
    let request = aws.iam().attach_role_policy().role_name(desired.arn.name()).policy_arn(arn);
    let send =
        async || request.clone().send().await.map_err(|error| call.to_upstream_error(&error));
    retry_until_consistent(send).await.map(drop).map_err(VendingError::from_account_error)
}

async fn detach_policy(
    aws: &AwsSession,
    desired: &DesiredRole,
    arn: &str,
) -> Result<(), VendingError> {
    let call = AwsSession::iam_api_call("iam:DetachRolePolicy", "such attachment");
    let request = aws.iam().detach_role_policy().role_name(desired.arn.name()).policy_arn(arn);
    let response = request.send().await;
    response
        .map(drop)
        .map_err(|error| VendingError::from_account_error(call.to_upstream_error(&error)))
}
