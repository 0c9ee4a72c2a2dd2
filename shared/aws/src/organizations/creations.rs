//! Accounts that were made for the bills of others.

use std::collections::BTreeSet;

use crate::fault::Call;
use aws_sdk_organizations::types::CreateAccountState;
use gangway_model::{AccountId, PortError};

use crate::organizations::{Organization, organization::call};

const CREATIONS: Call =
    call("organizations:ListCreateAccountStatus", "list of requests for accounts");

impl Organization {
    /// Accounts that are there for the bills of a twin in GovCloud, as far as Organizations still tells of the requests that
    /// made them.
    pub async fn billing_twins(&self) -> Result<BTreeSet<AccountId>, PortError> {
        let (mut twins, mut next) = (BTreeSet::new(), None);
        loop {
            let request = self.client.list_create_account_status();
            let request = request.states(CreateAccountState::Succeeded).set_next_token(next);
            let answer = request.send().await.map_err(|error| CREATIONS.failed(&error))?;
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
