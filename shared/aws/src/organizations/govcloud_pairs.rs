//! Lists the commercial accounts that are paired with GovCloud accounts.

use std::collections::BTreeSet;

use crate::error::ApiCall;
use aws_sdk_organizations::types::CreateAccountState;
use gangway_model::{AccountId, UpstreamError};

use crate::organizations::{OrganizationsClient, client::organizations_call};

const LIST_CREATED: ApiCall =
    organizations_call("organizations:ListCreateAccountStatus", "list of requests for accounts");

impl OrganizationsClient {
    /// Lists the commercial accounts that AWS created together with a GovCloud account, for the
    /// billing of the GovCloud account. Accounts are missing if Organizations no longer lists the
    /// request that created them.
    pub async fn govcloud_paired_accounts(&self) -> Result<BTreeSet<AccountId>, UpstreamError> {
        let request = self.client.list_create_account_status();
        let request = request.states(CreateAccountState::Succeeded);
        let mut pages = request.into_paginator().send();
        let mut accounts = BTreeSet::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| LIST_CREATED.to_upstream_error(&error))?;
            let paired = page.create_account_statuses().iter();
            let paired = paired.filter(|status| status.gov_cloud_account_id().is_some());
            accounts
                .extend(paired.filter_map(|status| status.account_id()?.parse::<AccountId>().ok()));
        }
        Ok(accounts)
    }
}
