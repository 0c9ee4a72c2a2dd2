//! Reads a role.

use gangway_aws::AwsSession;
use gangway_checks::iam::iam_role::{self, IamRole};
use gangway_model::{RoleArn, UpstreamError};

use crate::outcome::VendingError;

/// The role of this name, wherever its path leads; `None` where there is none.
pub(super) async fn role(aws: &AwsSession, arn: &RoleArn) -> Result<Option<IamRole>, VendingError> {
    match iam_role::get_role(aws, arn).await {
        Ok(role) => Ok(Some(role)),
        Err(UpstreamError::NotFound { .. }) => Ok(None),
        Err(error) => Err(VendingError::in_account(error)),
    }
}
