//! Makes the role.

use gangway_aws::Aws;
use gangway_model::PortError;

use super::{DESCRIPTION, SESSION_SECONDS, Wanted};
use crate::outcome::Setback;

/// Makes the role, complete but for its policies. `false` where somebody was quicker.
pub(super) async fn role(aws: &Aws, wanted: &Wanted) -> Result<bool, Setback> {
    let call = Aws::iam_call("iam:CreateRole", "such permissions boundary");
    let request = aws
        .iam()
        .create_role()
        .role_name(wanted.arn.name())
        .assume_role_policy_document(wanted.trust.to_string())
        .description(DESCRIPTION)
        .max_session_duration(SESSION_SECONDS)
        .set_permissions_boundary(wanted.boundary.clone())
        .set_tags(Some(wanted.marks.of_role()?));
    match request.send().await.map_err(|error| call.failed(&error)) {
        Ok(_) => Ok(true),
        Err(PortError::Duplicate { .. }) => Ok(false),
        Err(PortError::Missing { .. }) => Err(no_boundary(wanted)),
        Err(error) => Err(Setback::within(error)),
    }
}

/// The policy that is to limit the role is not there, or not yet.
pub(super) fn no_boundary(wanted: &Wanted) -> Setback {
    let boundary = wanted.boundary.as_deref().unwrap_or("none");
    Setback::Barred(format!(
        "the account has no policy {boundary}, which GANGWAY_ROLE_BOUNDARY names: make it there, or mend the setting"
    ))
}
