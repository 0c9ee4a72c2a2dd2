//! Makes the role.

use gangway_aws::AwsSession;
use gangway_model::UpstreamError;

use super::{DESCRIPTION, DesiredRole, SESSION_SECONDS};
use crate::outcome::VendingError;

/// Makes the role, complete but for its policies. `false` where somebody was quicker.
pub(super) async fn role(aws: &AwsSession, wanted: &DesiredRole) -> Result<bool, VendingError> {
    let call = AwsSession::iam_api_call("iam:CreateRole", "such permissions boundary");
    let request = aws
        .iam()
        .create_role()
        .role_name(wanted.arn.name())
        .assume_role_policy_document(wanted.trust.to_string())
        .description(DESCRIPTION)
        .max_session_duration(SESSION_SECONDS)
        .set_permissions_boundary(wanted.boundary.clone())
        .set_tags(Some(wanted.marks.of_role()?));
    match request.send().await.map_err(|error| call.to_upstream_error(&error)) {
        Ok(_) => Ok(true),
        Err(UpstreamError::AlreadyExists { .. }) => Ok(false),
        Err(UpstreamError::NotFound { .. }) => Err(no_boundary(wanted)),
        Err(error) => Err(VendingError::in_account(error)),
    }
}

/// The policy that is to limit the role is not there, or not yet.
pub(super) fn no_boundary(wanted: &DesiredRole) -> VendingError {
    let boundary = wanted.boundary.as_deref().unwrap_or("none");
    VendingError::AccessDenied(format!(
        "the account has no policy {boundary}, which GANGWAY_PERMISSIONS_BOUNDARY names: make it there, or mend the setting"
    ))
}
