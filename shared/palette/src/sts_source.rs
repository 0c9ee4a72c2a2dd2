//! Reads the AWS account of Palette that roles must trust.

use gangway_model::{AccountId, Partition, UpstreamError};

use crate::{
    ScopedClient,
    api_request::ApiRequest,
    error::AttemptError,
    error_response::{ErrorKind, ErrorResponse},
    response::{StsSource, non_empty},
};

/// AWS account from which Palette assumes roles in one partition, with the external id of the
/// tenant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StsSourceAccount {
    /// The AWS account ID. `None` if Palette returns no valid AWS account ID.
    pub account: Option<AccountId>,
    /// The account as Palette returns it. Empty if Palette has no account for this partition.
    pub raw_account: String,
    /// External id that Palette sends to STS. Each tenant has its own.
    pub external_id: Option<String>,
}

impl ScopedClient<'_> {
    /// Reads Palette's AWS account and external id for a partition.
    ///
    /// If Palette has no account for this partition, Palette returns an empty account or rejects
    /// the request. In both cases the result has no account. HTTP 500 is an error.
    pub async fn sts_source_account(
        &self,
        partition: Partition,
    ) -> Result<StsSourceAccount, UpstreamError> {
        let resource = "source account for this partition";
        let request =
            ApiRequest::get("/v1/clouds/aws/account/sts").with_query("partition", partition.id());
        let response = match self.palette.send(&request, &self.scope).await {
            Ok(response) => response,
            Err(AttemptError::Rejected(ErrorResponse {
                kind: ErrorKind::Other | ErrorKind::NotFound,
                status: ..500,
                ..
            })) => {
                return Ok(StsSourceAccount {
                    account: None,
                    raw_account: String::new(),
                    external_id: None,
                });
            }
            Err(error) => return Err(error.into_upstream(resource)),
        };
        let StsSource { account_id, external_id } =
            response.json().map_err(|error| error.into_upstream(resource))?;
        Ok(StsSourceAccount {
            account: account_id.parse().ok(),
            raw_account: account_id,
            external_id: non_empty(external_id),
        })
    }
}
