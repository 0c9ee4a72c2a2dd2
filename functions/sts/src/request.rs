//! Parses requests of the method `sts`.

use gangway_lambda::{ApiError, Fields};
use gangway_model::{AccountSpec, AuthMethod, Partition, RoleArn};

/// A request to register or validate an account.
pub(crate) struct StsRequest {
    pub(crate) account: AccountSpec,
    /// The role that Palette assumes.
    pub(crate) role: RoleArn,
}

impl StsRequest {
    /// Parses the fields of a request. Returns every error at once.
    pub(crate) fn parse(mut fields: Fields, deployed: Partition) -> Result<Self, ApiError> {
        let account = fields.account_spec(deployed, AuthMethod::Sts, false);
        let role = fields.role_arn("roleArn", deployed);
        fields.finish(account.zip(role).map(|(account, role)| Self { account, role }))
    }
}
