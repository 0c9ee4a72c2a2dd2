//! Compares a role that this deployment created with the desired state. Changes nothing.

use std::collections::BTreeSet;

use gangway_aws::AwsSession;
use gangway_checks::iam::iam_role::IamRole;
use gangway_registration::drift::DriftedPart;
use tokio::join;

use super::{
    DesiredRole, MIN_SESSION_SECONDS, ManagedTags, ROLE_DESCRIPTION,
    attachments::{self, AttachedPolicy},
    managed_policy,
    policy_versions::PolicyVersions,
};
use crate::outcome::VendingError;

/// The policies of an existing role, compared with the desired state.
pub(super) struct ExistingPolicies {
    pub(super) attached: Vec<AttachedPolicy>,
    /// The desired tags, with the current versions of the policies.
    pub(super) tags: ManagedTags,
    pub(super) are_all_attached: bool,
    /// `true` if the tags of the role show that the policies still have the desired documents.
    /// Otherwise the documents must be read.
    pub(super) are_documents_verified: bool,
}

impl ExistingPolicies {
    /// Lists the attached policies and the versions of the policies that Gangway created.
    pub(super) async fn read(
        aws: &AwsSession,
        desired: &DesiredRole,
        existing: &IamRole,
    ) -> Result<Self, VendingError> {
        let (attached, versions) = join!(
            attachments::list_attached_policies(aws, &desired.arn),
            PolicyVersions::list(aws, desired)
        );
        let (attached, versions) = (attached?, versions?);
        let tags = desired.tags.with_versions(&versions);
        Ok(Self {
            are_all_attached: attachments::has_all_policies(desired, &attached),
            are_documents_verified: versions.is_complete()
                && tags.has_same_documents(&existing.tags),
            attached,
            tags,
        })
    }
}

/// Returns the parts of the role that differ from the desired state: those that `update_role` would
/// change.
pub(crate) async fn compare_role(
    aws: &AwsSession,
    desired: &DesiredRole,
    existing: &IamRole,
) -> Result<BTreeSet<DriftedPart>, VendingError> {
    let policies = ExistingPolicies::read(aws, desired, existing).await?;
    let mut drifted = compare_settings(desired, existing);
    if !policies.are_all_attached
        || !policies.are_documents_verified
            && !managed_policy::have_desired_documents(aws, desired).await?
    {
        drifted.insert(DriftedPart::Policies);
    }
    // The tag with the versions of the policies differs, too, if the policies differ.
    let tags_are_current = if drifted.contains(&DriftedPart::Policies) {
        policies.tags.are_in_except_documents(&existing.tags)
    } else {
        policies.tags.are_in(&existing.tags)
    };
    if !tags_are_current {
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
