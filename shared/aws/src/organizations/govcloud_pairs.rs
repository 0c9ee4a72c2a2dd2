//! Accounts that were made for the bills of others.

use std::collections::BTreeSet;

use crate::error::ApiCall;
use aws_sdk_organizations::types::CreateAccountState;
use gangway_model::{AccountId, UpstreamError};

use crate::organizations::{OrganizationsClient, client::call};

const CREATIONS: ApiCall =
    call("organizations:ListCreateAccountStatus", "list of requests for accounts");

impl OrganizationsClient {
    /// Accounts that are there for the bills of a twin in GovCloud, as far as Organizations still tells of the requests that
    /// made them.
    pub async fn govcloud_paired_accounts(&self) -> Result<BTreeSet<AccountId>, UpstreamError> {
        let (mut twins, mut next) = (BTreeSet::new(), None);
        loop {
            let request = self.client.list_create_account_status();
            let request = request.states(CreateAccountState::Succeeded).set_next_token(next);
            let answer =
                request.send().await.map_err(|error| CREATIONS.to_upstream_error(&error))?;
            let made = answer.create_account_statuses().iter();
            let made = made.filter(|made| made.gov_cloud_account_id().is_some());
            twins.extend(made.filter_map(|made| made.account_id()?.parse::<AccountId>().ok()));
            next = answer.next_token;
            if next.is_none() {
                return Ok(twins);
            }
        }
    }
}
