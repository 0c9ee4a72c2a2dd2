//! Compares a role that this deployment created with the desired state. Changes nothing.

use std::collections::BTreeSet;

use gangway_aws::AwsSession;
use gangway_checks::iam::iam_role::IamRole;
use gangway_registration::drift::DriftedPart;
use tokio::join;

use super::{
    DesiredRole, MIN_SESSION_SECONDS, ROLE_DESCRIPTION, attachments, managed_policy,
    policy_versions::PolicyVersions,
};
use crate::outcome::VendingError;

/// Returns the parts of the role that differ: those that `update_role` would change.
pub(super) async fn compare_role(
    aws: &AwsSession,
    desired: &DesiredRole,
    existing: &IamRole,
) -> Result<BTreeSet<DriftedPart>, VendingError> {
    let (attached, versions) = join!(
        attachments::list_attached_policies(aws, &desired.arn),
        PolicyVersions::list(aws, desired)
    );
    let (attached, versions) = (attached?, versions?);
    let tags = desired.tags.with_versions(&versions);
    let mut drifted = compare_settings(desired, existing);
    let documents_verified = versions.is_complete() && tags.has_same_documents(&existing.tags);
    if !attachments::has_all_policies(desired, &attached)
        || !documents_verified && !managed_policy::have_desired_documents(aws, desired).await?
    {
        drifted.insert(DriftedPart::Policies);
    }
    // The tag with the versions of the policies differs, too, if the policies differ.
    let is_consequence =
        drifted.contains(&DriftedPart::Policies) && tags.differ_only_in_documents(&existing.tags);
    if !tags.are_in(&existing.tags) && !is_consequence {
        drifted.insert(DriftedPart::Tags);
    }
    Ok(drifted)
}

/// Returns the parts that differ, of those that IAM returns with the role itself. Does not compare
/// the tags.
pub(super) fn compare_settings(desired: &DesiredRole, existing: &IamRole) -> BTreeSet<DriftedPart> {
    let boundary_differs =
        desired.permissions_boundary.is_some() && existing.boundary != desired.permissions_boundary;
    let is_session_short =
        existing.max_session.as_secs() < MIN_SESSION_SECONDS.unsigned_abs().into();
    let differs = [
        (
            DriftedPart::TrustPolicy,
            !gangway_policies::is_equivalent(&existing.trust, &desired.trust_policy),
        ),
        (DriftedPart::PermissionsBoundary, boundary_differs),
        (DriftedPart::Description, is_session_short || existing.description != ROLE_DESCRIPTION),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(part, _)| part).collect()
}
