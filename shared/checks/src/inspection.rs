use crate::Clients;
use gangway_aws::AwsSession;
use gangway_model::{AccountId, UpstreamError};

/// Whether Gangway can read IAM in the target account.
pub enum InspectionAccess {
    /// Gangway can read IAM of the target account with this session.
    Granted(AwsSession),
    /// Gangway cannot read IAM of the target account.
    Unavailable { reason: String, remedy: String },
}

impl InspectionAccess {
    /// Opens a session that can read IAM of `account`. If `account` is the AWS account of this
    /// Lambda function (`function_account`), the session uses the role of the function. For
    /// another account, Gangway assumes the inspection role in that account.
    ///
    /// # Errors
    ///
    /// Returns an error if STS could not be called. If AWS denies `sts:AssumeRole`, the result is
    /// [`InspectionAccess::Unavailable`].
    pub async fn connect(
        account: AccountId,
        function_account: Option<AccountId>,
        clients: &Clients,
    ) -> Result<Self, UpstreamError> {
        if function_account == Some(account) {
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
        let unavailable = |reason: String| Self::Unavailable {
            reason,
            remedy: format!(
                "create {arn} with the template for inspection roles, or correct its trust: it must name this function's role (output InspectingRoleArns) and the external id GANGWAY_INSPECTION_EXTERNAL_ID"
            ),
        };
        let Ok(role) = arn.parse() else {
            return Ok(unavailable(format!(
                "GANGWAY_INSPECTION_ROLE does not form a valid role ARN: {arn}"
            )));
        };
        match clients.aws.assume_role(&role, clients.inspection_external_id.as_deref()).await {
            Ok(aws) => Ok(Self::Granted(aws)),
            // The reason from STS is the remedy. The trust policy of the role is not the cause.
            Err(UpstreamError::Rejected { reason, .. }) => Ok(Self::Unavailable {
                reason: format!("Gangway cannot assume {arn} in {}", clients.aws.region()),
                remedy: reason,
            }),
            Err(error) if error.is_refusal() => {
                Ok(unavailable(format!("Gangway cannot assume {arn}, or the role does not exist")))
            }
            Err(error) => Err(error),
        }
    }
}
