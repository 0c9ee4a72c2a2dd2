//! Whose eyes see into the target account.

use crate::Clients;
use gangway_aws::Aws;
use gangway_model::{AccountId, PortError};

/// A view of the IAM of the target account, or why there is none.
pub enum Eyes {
    /// Gangway may look.
    Open(Aws),
    /// Gangway may not look.
    Shut {
        /// Why.
        reason: String,
        /// What would let it.
        remedy: String,
    },
}

impl Eyes {
    /// A view of an account: through the function's own role where it is the clients's own account, else through the
    /// inspection role there.
    pub async fn into(
        account: AccountId,
        own: Option<AccountId>,
        clients: &Clients,
    ) -> Result<Self, PortError> {
        if own == Some(account) {
            return Ok(Self::Open(clients.aws.clone()));
        }
        let Some(name) = &clients.inspection_role else {
            return Ok(Self::Shut {
                reason: format!("no inspection role is set, so IAM of account {account} cannot be read"),
                remedy: "set GANGWAY_INSPECTION_ROLE to the name of a role in that account which lets Gangway read IAM"
                    .to_owned(),
            });
        };
        let arn = format!("arn:{}:iam::{account}:role/{name}", clients.partition);
        let shut = |reason: String| Self::Shut {
            reason,
            remedy: format!(
                "create {arn} with the template for inspection roles, or correct its trust"
            ),
        };
        let Ok(role) = arn.parse() else {
            return Ok(shut(format!("GANGWAY_INSPECTION_ROLE does not make a role ARN: {arn}")));
        };
        match clients.aws.assume(&role).await {
            Ok(aws) => Ok(Self::Open(aws)),
            Err(
                PortError::Refused { .. } | PortError::Denied { .. } | PortError::Missing { .. },
            ) => Ok(shut(format!("{arn} does not let Gangway in, or does not exist"))),
            Err(error) => Err(error),
        }
    }
}
