//! Whose eyes see into the target account.

use crate::Clients;
use gangway_aws::AwsSession;
use gangway_model::{AccountId, UpstreamError};

/// A view of the IAM of the target account, or why there is none.
pub enum InspectionAccess {
    /// Gangway may look.
    Granted(AwsSession),
    /// Gangway may not look.
    Unavailable {
        /// Why.
        reason: String,
        /// What would let it.
        remedy: String,
    },
}

impl InspectionAccess {
    /// A view of an account: through the function's own role where it is the clients's own account, else through the
    /// inspection role there.
    pub async fn connect(
        account: AccountId,
        own: Option<AccountId>,
        clients: &Clients,
    ) -> Result<Self, UpstreamError> {
        if own == Some(account) {
            return Ok(Self::Granted(clients.aws.clone()));
        }
        let Some(name) = &clients.inspection_role else {
            return Ok(Self::Unavailable {
                reason: format!("no inspection role is set, so IAM of account {account} cannot be read"),
                remedy: "set GANGWAY_INSPECTION_ROLE to the name of a role in that account which lets Gangway read IAM"
                    .to_owned(),
            });
        };
        let arn = format!("arn:{}:iam::{account}:role/{name}", clients.partition);
        let shut = |reason: String| Self::Unavailable {
            reason,
            remedy: format!(
                "create {arn} with the template for inspection roles, or correct its trust"
            ),
        };
        let Ok(role) = arn.parse() else {
            return Ok(shut(format!("GANGWAY_INSPECTION_ROLE does not make a role ARN: {arn}")));
        };
        match clients.aws.assume_role(&role).await {
            Ok(aws) => Ok(Self::Granted(aws)),
            Err(
                UpstreamError::Rejected { .. }
                | UpstreamError::AccessDenied { .. }
                | UpstreamError::NotFound { .. },
            ) => Ok(shut(format!("{arn} does not let Gangway in, or does not exist"))),
            Err(error) => Err(error),
        }
    }
}
