//! Whom a role must trust, as Palette says it (D01, D03, D04).

use gangway_model::{AccountId, Partition, UpstreamError, stores::ApiKeyProvider};

use crate::{
    ScopedClient,
    api_request::ApiRequest,
    error::AttemptError,
    error_response::{ErrorKind, ErrorResponse},
    response::{Trust, non_empty},
};

/// Palette's own identity in a partition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StsSourceAccount {
    /// The account that assumes the role. `None` if what Palette says is no account id (D04).
    pub account: Option<AccountId>,
    /// What Palette says instead; empty if it has no account for this partition (D01).
    pub raw_account: String,
    /// What it presents, one for each tenant (D03).
    pub external_id: Option<String>,
}

impl<K: ApiKeyProvider + Sync> ScopedClient<'_, K> {
    /// Palette's account and external id. Where Palette has no account for this partition, it tells an empty one or
    /// refuses: both are facts without an account (D01). An error of Palette's own (500) tells nothing of the kind.
    pub async fn sts_source_account(
        &self,
        partition: Partition,
    ) -> Result<StsSourceAccount, UpstreamError> {
        let what = "AWS account of its own for this partition";
        let call = ApiRequest::get("/v1/clouds/aws/account/sts").query("partition", partition.id());
        let answer = match self.palette.send(&call, &self.scope).await {
            Ok(answer) => answer,
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
            Err(fault) => return Err(fault.into_upstream(what)),
        };
        let Trust { account_id, external_id } =
            answer.json().map_err(|fault| fault.into_upstream(what))?;
        Ok(StsSourceAccount {
            account: account_id.parse().ok(),
            raw_account: account_id,
            external_id: non_empty(external_id),
        })
    }
}
