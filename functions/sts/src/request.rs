//! The request, as a caller writes it.

use gangway_lambda::{ApiError, JsonFields};
use gangway_model::{AccountSpec, AuthMethod, Partition, RoleArn};

/// What the caller asks for.
pub(crate) struct StsRequest {
    /// What every method asks.
    pub(crate) settings: AccountSpec,
    /// The role that Palette is to assume.
    pub(crate) role: RoleArn,
}

impl StsRequest {
    /// Every member parsed, or every fault of them.
    pub(crate) fn parse(mut members: JsonFields, deployed: Partition) -> Result<Self, ApiError> {
        let settings = members.account_spec(deployed, AuthMethod::Sts, false);
        let role = members.role_arn("roleArn", deployed);
        members.finish()?;
        match (settings, role) {
            (Some(settings), Some(role)) => Ok(Self { settings, role }),
            _ => Err(ApiError::incomplete()),
        }
    }
}
