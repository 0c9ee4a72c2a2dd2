//! Reads a role.

use gangway_aws::Aws;
use gangway_checks::iam::role::{self, Role};
use gangway_model::{PortError, RoleArn};

use crate::outcome::Setback;

/// The role of this name, wherever its path leads; `None` where there is none.
pub(super) async fn role(aws: &Aws, arn: &RoleArn) -> Result<Option<Role>, Setback> {
    match role::read(aws, arn).await {
        Ok(role) => Ok(Some(role)),
        Err(PortError::Missing { .. }) => Ok(None),
        Err(error) => Err(Setback::within(error)),
    }
}
