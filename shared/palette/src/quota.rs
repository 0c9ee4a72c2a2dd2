//! Reads how many cloud accounts a tenant may have, and how many it has.

use gangway_model::{Scope, Uid};
use serde::de::DeserializeOwned;

use crate::{
    ScopedClient,
    api_request::ApiRequest,
    error::AttemptError,
    response::{AccountSummaries, ResourceLimits},
};

/// Name that Palette has for cloud accounts in the limits of a tenant.
const CLOUD_ACCOUNT_KIND: &str = "cloudaccount";

/// Number of cloud accounts that a tenant may have, and the number that Palette lists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AccountQuota {
    pub limit: u64,
    /// Number of accounts of every cloud in the tenant scope. Accounts of projects may be missing,
    /// so the tenant has at least this number of accounts.
    pub listed: u64,
}

impl ScopedClient<'_> {
    /// Reads the quota of cloud accounts of the tenant with this uid. Returns `None` if Palette
    /// does not return both numbers. An error gives `None` too: the quota is only a forecast, and
    /// Palette enforces it.
    pub async fn account_quota(&self, tenant: &Uid) -> Option<AccountQuota> {
        self.fetch_account_quota(tenant).await.ok().flatten()
    }

    async fn fetch_account_quota(
        &self,
        tenant: &Uid,
    ) -> Result<Option<AccountQuota>, AttemptError> {
        let (limits, summaries) = tokio::join!(
            self.fetch_from_tenant(ApiRequest::get(format!("/v1/tenants/{tenant}/resourceLimits"))),
            self.fetch_from_tenant(
                ApiRequest::get("/v1/cloudaccounts/summary").with_query("limit", "1")
            ),
        );
        let ResourceLimits { resources } = limits?;
        let AccountSummaries { listmeta } = summaries?;
        let limit = resources.into_iter().find(|resource| resource.kind == CLOUD_ACCOUNT_KIND);
        // Zero may mean that no limit is set, so it says nothing.
        let limit =
            limit.and_then(|resource| resource.limit.parse().ok()).filter(|limit| *limit > 0);
        let listed = listmeta.count.parse().ok();
        Ok(limit.zip(listed).map(|(limit, listed)| AccountQuota { limit, listed }))
    }

    /// Sends a request for the tenant, without the header `ProjectUid`: Palette refuses the header
    /// at endpoints that belong to no project.
    pub(crate) async fn fetch_from_tenant<T: DeserializeOwned>(
        &self,
        request: ApiRequest,
    ) -> Result<T, AttemptError> {
        self.palette.send(&request, &Scope::Tenant).await?.json()
    }
}
