//! Runs the checks of Palette's role that the method `sts` also has.

use gangway_aws::{Inaccessible, Principal};
use gangway_model::{Finding, UpstreamError};
use tokio::join;

use super::{
    AccountAccess, PodIdentitySetup, catalogue::PERMISSIONS_BOUNDARY, inaccessible_finding,
};
use crate::iam::{permissions, policy_arns};

/// The findings about Palette's role.
pub(super) struct PaletteRoleFindings {
    /// The permissions that the role needs for the permission profile.
    pub(super) permissions: Vec<Finding>,
    /// Whether the additional policies for the roles of clusters exist.
    pub(super) policies: Finding,
    /// Whether the permissions boundary exists.
    pub(super) boundary: Finding,
}

/// Checks the role's permissions, the policies for the roles of clusters, and the permissions
/// boundary.
pub(super) async fn check(
    access: &AccountAccess,
    setup: &PodIdentitySetup<'_>,
) -> Result<PaletteRoleFindings, UpstreamError> {
    let (permissions, policies, boundary) = join!(
        check_permissions(access, setup),
        check_policies(access, setup),
        check_boundary(access, setup),
    );
    Ok(PaletteRoleFindings { permissions: permissions?, policies: policies?, boundary: boundary? })
}

async fn check_permissions(
    access: &AccountAccess,
    setup: &PodIdentitySetup<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    match access.target_session() {
        Ok(aws) => {
            let palette = Principal::Role(setup.roles.palette().clone());
            permissions::check(aws, &palette, setup.required).await
        }
        Err(Inaccessible { reason, remedy, .. }) => {
            Ok(permissions::unverified_findings(&reason, &remedy))
        }
    }
}

async fn check_policies(
    access: &AccountAccess,
    setup: &PodIdentitySetup<'_>,
) -> Result<Finding, UpstreamError> {
    match access.target_session() {
        Ok(aws) => policy_arns::check_exist(aws, setup.required.policies).await,
        Err(Inaccessible { reason, remedy, .. }) => {
            Ok(policy_arns::unverified_finding(&reason, &remedy))
        }
    }
}

async fn check_boundary(
    access: &AccountAccess,
    setup: &PodIdentitySetup<'_>,
) -> Result<Finding, UpstreamError> {
    let Some(boundary) = setup.boundary else {
        return Ok(PERMISSIONS_BOUNDARY.not_applicable("no boundary was named"));
    };
    match access.target_session() {
        Ok(aws) => policy_arns::check_boundary(aws, &PERMISSIONS_BOUNDARY, boundary).await,
        Err(inaccessible) => Ok(inaccessible_finding(&PERMISSIONS_BOUNDARY, &inaccessible, "")),
    }
}
