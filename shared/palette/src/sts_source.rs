//! The AWS account of Palette that roles must trust.

use gangway_model::{AccountId, Partition, UpstreamError};

use crate::{
    ScopedClient,
    api_request::ApiRequest,
    error::AttemptError,
    error_response::{ErrorKind, ErrorResponse},
    response::{StsSource, non_empty},
};

/// The AWS account from which Palette assumes roles in one partition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StsSourceAccount {
    /// `None` if Palette returns something other than an account ID.
    pub account: Option<AccountId>,
    /// The account as Palette returns it; empty if Palette has none for this partition.
    pub raw_account: String,
    /// External id that Palette passes to STS, one for each tenant.
    pub external_id: Option<String>,
}

impl ScopedClient<'_> {
    /// Fetches Palette's AWS account and external id.
    ///
    /// If Palette has no account for this partition, it returns an empty one or rejects the
    /// request; in both cases the result has no account. HTTP 500 is an error.
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
