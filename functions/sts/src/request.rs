//! The request, as a caller writes it.

use gangway_lambda::{Members, Rejection};
use gangway_model::{Method, Partition, RoleArn, Settings};

/// What the caller asks for.
pub(crate) struct Wish {
    /// What every method asks.
    pub(crate) settings: Settings,
    /// The role that Palette is to assume.
    pub(crate) role: RoleArn,
}

impl Wish {
    /// Every member parsed, or every fault of them.
    pub(crate) fn read(mut members: Members, deployed: Partition) -> Result<Self, Rejection> {
        let settings = members.settings(deployed, Method::Sts, false);
        let role = members.role_arn("roleArn", deployed);
        members.finish()?;
        match (settings, role) {
            (Some(settings), Some(role)) => Ok(Self { settings, role }),
            _ => Err(Rejection::incomplete()),
        }
    }
}
