//! Reads a role.

use aws::{
    Aws,
    checks::role::{self, Role},
};
use domain::{PortError, RoleArn};

use crate::outcome::Setback;

/// The role of this name, wherever its path leads; `None` where there is none.
pub(super) async fn role(aws: &Aws, arn: &RoleArn) -> Result<Option<Role>, Setback> {
    match role::read(aws, arn).await {
        Ok(role) => Ok(Some(role)),
        Err(PortError::Missing { .. }) => Ok(None),
        Err(error) => Err(Setback::within(error)),
    }
}
