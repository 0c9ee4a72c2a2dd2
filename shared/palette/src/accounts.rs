//! The AWS accounts of one scope.

use gangway_model::{
    AccountName, CloudAccount, Registration, Uid, UpstreamError,
    stores::{ApiKeyProvider, CloudAccountStore},
};
use reqwest::Method;

use crate::{
    ScopedClient,
    api_request::ApiRequest,
    error::{AttemptError, unavailable},
    request::Account,
    response::{self, Created, belongs_to, non_empty, uid},
};

const ACCOUNTS: &str = "/v1/cloudaccounts/aws";

/// What is missing when an account is.
pub(crate) const ACCOUNT: &str = "AWS account of this uid in this scope";

/// What is missing when a list is.
pub(crate) const LIST: &str = "list of AWS accounts for this scope";

/// Palette's page, by default and at most.
const PAGE_SIZE: u8 = 50;

/// Enough for the largest quota of accounts that a tenant can have, 10 000.
const MAX_PAGES: usize = 200;

/// The list goes on and on.
#[derive(Debug, thiserror::Error)]
#[error("the list of accounts did not end after {MAX_PAGES} pages")]
struct TooManyPages;

/// Palette answers with an account, and does not say what it is called.
#[derive(Debug, thiserror::Error)]
#[error("the account in the answer has no uid")]
struct MissingUid;

/// Some of the accounts that a scope shows: its own, and in a project those that the tenant shares with it.
#[derive(Clone, Debug)]
pub struct AccountPage {
    /// The accounts, in Palette's order.
    pub accounts: Vec<CloudAccount>,
    /// What to ask for the next page with. `None` at the end.
    pub next: Option<String>,
}

fn path(uid: &Uid) -> String {
    format!("{ACCOUNTS}/{uid}")
}

impl<K: ApiKeyProvider + Sync> ScopedClient<'_, K> {
    /// Some of the accounts, 1 to 50 of them, from where the last page ended.
    pub async fn list_page(
        &self,
        limit: u8,
        next: Option<&str>,
    ) -> Result<AccountPage, UpstreamError> {
        self.list(None, limit.clamp(1, PAGE_SIZE), next)
            .await
            .map_err(|fault| fault.into_upstream(LIST))
    }

    /// Removes an account. [`PortError::Missing`] does not prove that it ever was there or is gone: Palette also
    /// answers so when the scope is another one.
    pub async fn delete(&self, uid: &Uid) -> Result<(), UpstreamError> {
        let call = ApiRequest::new(Method::DELETE, path(uid));
        self.palette
            .send(&call, &self.scope)
            .await
            .map_err(|fault| fault.into_upstream(ACCOUNT))?;
        Ok(())
    }

    /// Whether the scope's list shows an account of this uid. Every page is read.
    pub async fn contains(&self, uid: &Uid) -> Result<bool, UpstreamError> {
        let shown = |account: &CloudAccount| account.uid == *uid;
        Ok(self
            .find_matching(None, shown)
            .await
            .map_err(|fault| fault.into_upstream(LIST))?
            .is_some())
    }

    async fn list(
        &self,
        name: Option<&AccountName>,
        limit: u8,
        next: Option<&str>,
    ) -> Result<AccountPage, AttemptError> {
        let mut call = ApiRequest::get(ACCOUNTS).query("limit", limit.to_string());
        if let Some(name) = name {
            call = call.query("filters", format!("metadata.name={name}"));
        }
        if let Some(next) = next {
            call = call.query("continue", next);
        }
        let answer = self.palette.send(&call, &self.scope).await?;
        let response::Accounts { items, listmeta } = answer.json()?;
        let accounts =
            items.into_iter().filter_map(|item| item.into_cloud_account(&self.scope)).collect();
        Ok(AccountPage { accounts, next: non_empty(listmeta.r#continue) })
    }

    /// The account of this name that belongs to this very scope. Palette may ignore the filter, so every page is read
    /// and every name compared (C02).
    pub(crate) async fn find_by_exact_name(
        &self,
        name: &AccountName,
    ) -> Result<Option<CloudAccount>, AttemptError> {
        let namesake = |account: &CloudAccount| {
            account.name == name.as_str() && belongs_to(account, &self.scope)
        };
        self.find_matching(Some(name), namesake).await
    }

    /// The first account that is wanted, on whichever page it is.
    async fn find_matching(
        &self,
        name: Option<&AccountName>,
        wanted: impl Fn(&CloudAccount) -> bool,
    ) -> Result<Option<CloudAccount>, AttemptError> {
        let mut next = None;
        for _ in 0..MAX_PAGES {
            let page = self.list(name, PAGE_SIZE, next.as_deref()).await?;
            let found = page.accounts.into_iter().find(&wanted);
            next = page.next;
            if found.is_some() || next.is_none() {
                return Ok(found);
            }
        }
        Err(AttemptError::Final(unavailable(TooManyPages)))
    }

    pub(crate) async fn read(&self, uid: &Uid) -> Result<CloudAccount, AttemptError> {
        let answer = self.palette.send(&ApiRequest::get(path(uid)), &self.scope).await?;
        let account: response::Account = answer.json()?;
        account
            .into_cloud_account(&self.scope)
            .ok_or_else(|| AttemptError::Final(unavailable(MissingUid)))
    }
}

impl<K: ApiKeyProvider + Sync + Send> CloudAccountStore for ScopedClient<'_, K> {
    async fn find_by_name(
        &self,
        name: &AccountName,
    ) -> Result<Option<CloudAccount>, UpstreamError> {
        self.find_by_exact_name(name).await.map_err(|fault| fault.into_upstream(LIST))
    }

    async fn get(&self, uid: &Uid) -> Result<CloudAccount, UpstreamError> {
        self.read(uid).await.map_err(|fault| fault.into_upstream(ACCOUNT))
    }

    async fn create(&self, registration: &Registration) -> Result<Uid, UpstreamError> {
        let call = ApiRequest::new(Method::POST, ACCOUNTS)
            .json(&Account::new(registration, None))?
            .redacting(&registration.credential)
            .not_idempotent();
        let what = "project or private cloud gateway that the account is for";
        let answer = self
            .palette
            .send(&call, &self.scope)
            .await
            .map_err(|fault| fault.into_upstream_naming(what))?;
        let Created { uid: told } = answer.json().map_err(|fault| fault.into_upstream(what))?;
        uid(&told).ok_or_else(|| unavailable(MissingUid))
    }

    async fn update(
        &self,
        known: &CloudAccount,
        registration: &Registration,
    ) -> Result<(), UpstreamError> {
        let call = ApiRequest::new(Method::PUT, path(&known.uid))
            .json(&Account::new(registration, Some(known)))?
            .redacting(&registration.credential);
        self.palette
            .send(&call, &self.scope)
            .await
            .map_err(|fault| fault.into_upstream_naming(ACCOUNT))?;
        Ok(())
    }
}
