//! Creates the role.

use gangway_aws::AwsSession;
use gangway_model::UpstreamError;

use super::{DesiredRole, MIN_SESSION_SECONDS, ROLE_DESCRIPTION};
use crate::outcome::VendingError;

/// Creates the role without its policies. Returns `false` if a role of that name exists already.
pub(super) async fn create_role(
    aws: &AwsSession,
    desired: &DesiredRole,
) -> Result<bool, VendingError> {
    let call = AwsSession::iam_api_call("iam:CreateRole", "such permissions boundary");
    let request = aws
        .iam()
        .create_role()
        .role_name(desired.arn.name())
        .assume_role_policy_document(desired.trust_policy.to_string())
        .description(ROLE_DESCRIPTION)
        .max_session_duration(MIN_SESSION_SECONDS)
        .set_permissions_boundary(desired.permissions_boundary.clone())
        .set_tags(Some(desired.tags.role_tags()?));
    match request.send().await.map_err(|error| call.to_upstream_error(&error)) {
        Ok(_) => Ok(true),
        Err(UpstreamError::AlreadyExists { .. }) => Ok(false),
        Err(UpstreamError::NotFound { .. }) => Err(missing_boundary_error(desired)),
        Err(error) => Err(VendingError::from_account_error(error)),
    }
}

/// Returns the error for a permissions boundary that does not exist in the account.
pub(super) fn missing_boundary_error(desired: &DesiredRole) -> VendingError {
    let boundary = desired.permissions_boundary.as_deref().unwrap_or("none");
    VendingError::AccessDenied(format!(
        "the account has no policy {boundary}, which GANGWAY_PERMISSIONS_BOUNDARY names: create it there, or correct the variable"
    ))
}
