//! Updates a role that this deployment created.

use std::collections::BTreeSet;

use gangway_aws::AwsSession;
use gangway_checks::iam::iam_role::IamRole;
use gangway_model::UpstreamError;
use gangway_registration::drift::DriftedPart;

use super::{
    DesiredRole, MIN_SESSION_SECONDS, ManagedTags, ROLE_DESCRIPTION, attachments,
    compare::{self, ExistingPolicies},
    create,
    managed_policy::FirstAttempt,
    retry::retry_until_consistent,
};
use crate::outcome::VendingError;

/// Updates the parts of the role that differ from the desired state, and returns these parts.
/// Writes the tags last: if a run is interrupted, the tags still differ, and the next run completes
/// the update.
pub(super) async fn update_role(
    aws: &AwsSession,
    desired: &DesiredRole,
    existing: &IamRole,
) -> Result<BTreeSet<DriftedPart>, VendingError> {
    let policies = ExistingPolicies::read(aws, desired, existing).await?;
    let mut changed = compare::compare_settings(desired, existing);
    if changed.contains(&DriftedPart::TrustPolicy) {
        update_trust_policy(aws, desired).await?;
    }
    if changed.contains(&DriftedPart::PermissionsBoundary) {
        update_boundary(aws, desired).await?;
    }
    if changed.contains(&DriftedPart::Description) {
        update_description_and_session(aws, desired, existing).await?;
    }
    let mut tags = policies.tags;
    if !(policies.are_all_attached && policies.are_documents_verified) {
        let attached = &policies.attached;
        let (is_changed, versions) =
            attachments::reconcile_policies(aws, desired, attached, FirstAttempt::Read).await?;
        if is_changed {
            changed.insert(DriftedPart::Policies);
        }
        tags = desired.tags.with_versions(&versions);
    }
    if !tags.are_in(&existing.tags) {
        update_tags(aws, desired, &tags).await?;
        changed.insert(DriftedPart::Tags);
    }
    Ok(changed)
}

async fn update_trust_policy(aws: &AwsSession, desired: &DesiredRole) -> Result<(), VendingError> {
    let call = AwsSession::iam_api_call("iam:UpdateAssumeRolePolicy", "such role");
    let request = aws.iam().update_assume_role_policy().role_name(desired.arn.name());
    let response = request.policy_document(desired.trust_policy.to_string()).send().await;
    response
        .map(drop)
        .map_err(|error| VendingError::from_account_error(call.to_upstream_error(&error)))
}

async fn update_boundary(aws: &AwsSession, desired: &DesiredRole) -> Result<(), VendingError> {
    let call =
        AwsSession::iam_api_call("iam:PutRolePermissionsBoundary", "such permissions boundary");
    let request = aws.iam().put_role_permissions_boundary().role_name(desired.arn.name());
    let boundary = desired.permissions_boundary.clone();
    let response = request.set_permissions_boundary(boundary).send().await;
    match response.map_err(|error| call.to_upstream_error(&error)) {
        Ok(_) => Ok(()),
        Err(UpstreamError::NotFound { .. }) => Err(create::missing_boundary_error(desired)),
        Err(error) => Err(VendingError::from_account_error(error)),
    }
}

/// Sets the description and the maximum session duration with one call. Keeps a session duration
/// that is longer than the minimum.
async fn update_description_and_session(
    aws: &AwsSession,
    desired: &DesiredRole,
    existing: &IamRole,
) -> Result<(), VendingError> {
    let call = AwsSession::iam_api_call("iam:UpdateRole", "such role");
    let current = i32::try_from(existing.max_session.as_secs()).unwrap_or(MIN_SESSION_SECONDS);
    let seconds = current.max(MIN_SESSION_SECONDS);
    let request = aws.iam().update_role().role_name(desired.arn.name());
    let response = request.description(ROLE_DESCRIPTION).max_session_duration(seconds).send().await;
    response
        .map(drop)
        .map_err(|error| VendingError::from_account_error(call.to_upstream_error(&error)))
}

pub(super) async fn update_tags(
    aws: &AwsSession,
    desired: &DesiredRole,
    tags: &ManagedTags,
) -> Result<(), VendingError> {
    let call = AwsSession::iam_api_call("iam:TagRole", "such role");
    let request = aws.iam().tag_role().role_name(desired.arn.name());
    let request = request.set_tags(Some(tags.role_tags()?));
    let send =
        async || request.clone().send().await.map_err(|error| call.to_upstream_error(&error));
    retry_until_consistent(send).await.map(drop).map_err(VendingError::from_account_error)
}
