//! The cloud accounts of one scope.

use std::ops::ControlFlow;

use gangway_model::{
    AccountName, CloudAccount, Registration, Uid, UpstreamError, stores::CloudAccountStore,
};
use reqwest::Method;

use crate::{
    SERVICE, ScopedClient,
    api_request::ApiRequest,
    error::{AttemptError, unavailable},
    request::Account,
    response::{self, Created, belongs_to, non_empty, uid},
};

const ACCOUNTS: &str = "/v1/cloudaccounts/aws";

/// Completes "Palette has no …" for requests about one account.
pub(crate) const ACCOUNT: &str = "AWS account of this uid in this scope";

/// Completes "Palette has no …" for requests about the list.
pub(crate) const LIST: &str = "list of AWS accounts for this scope";

/// Palette's default and maximum page size.
const PAGE_SIZE: u8 = 50;

/// Enough for 10,000 accounts, the largest quota of a tenant.
const MAX_PAGES: usize = 200;

#[derive(Debug, thiserror::Error)]
#[error("the list of accounts did not end after {MAX_PAGES} pages")]
struct TooManyPages;

#[derive(Debug, thiserror::Error)]
#[error("the account in the response has no uid")]
struct MissingUid;

/// A page of accounts. [`ScopedClient::list_page`] leaves out the accounts that Palette lists and
/// that do not belong to the scope, so its pages may be shorter than the limit.
#[derive(Clone, Debug)]
pub struct AccountPage {
    pub accounts: Vec<CloudAccount>,
    /// Token of the next page; `None` on the last page.
    pub next: Option<String>,
}

fn path(uid: &Uid) -> String {
    format!("{ACCOUNTS}/{uid}")
}

impl ScopedClient<'_> {
    /// Lists accounts of this scope from page token `next` on. `limit` is 1 to 50.
    pub async fn list_page(
        &self,
        limit: u8,
        next: Option<&str>,
    ) -> Result<AccountPage, UpstreamError> {
        let page = self.list(None, limit.clamp(1, PAGE_SIZE), next).await;
        let mut page = page.map_err(|error| error.into_upstream(LIST))?;
        page.accounts.retain(|account| belongs_to(account, &self.scope));
        Ok(page)
    }

    /// Reads every page, and returns what `select` returns for the accounts. These are all that
    /// Palette lists here: in a project also those of the tenant, and in the tenant also those
    /// whose project the API key cannot see.
    pub async fn list_all<T>(
        &self,
        select: impl Fn(CloudAccount) -> Option<T>,
    ) -> Result<Vec<T>, UpstreamError> {
        let mut selected = Vec::new();
        let visited = self.visit_pages(None, |accounts| {
            selected.extend(accounts.into_iter().filter_map(&select));
            ControlFlow::<()>::Continue(())
        });
        visited.await.map_err(|error| error.into_upstream(LIST))?;
        Ok(selected)
    }

    /// Deletes an account.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::NotFound`] does not prove that the account is gone: Palette returns it for
    /// an account of another scope, too.
    pub async fn delete(&self, uid: &Uid) -> Result<(), UpstreamError> {
        let request = ApiRequest::new(Method::DELETE, path(uid));
        self.palette
            .send(&request, &self.scope)
            .await
            .map_err(|error| error.into_upstream_of_change(ACCOUNT))?;
        Ok(())
    }

    /// Returns `true` if the scope lists an account of this uid. Reads every page.
    pub async fn contains(&self, uid: &Uid) -> Result<bool, UpstreamError> {
        let has_uid = |account: &CloudAccount| account.uid == *uid;
        Ok(self
            .find_matching(None, has_uid)
            .await
            .map_err(|error| error.into_upstream(LIST))?
            .is_some())
    }

    async fn list(
        &self,
        name: Option<&AccountName>,
        limit: u8,
        next: Option<&str>,
    ) -> Result<AccountPage, AttemptError> {
        let mut request = ApiRequest::get(ACCOUNTS).query("limit", limit.to_string());
        // Palette does not publish how a filter quotes characters, so it gets only names that need
        // no quotes.
        if let Some(name) = name.filter(|name| name.is_plain()) {
            request = request.query("filters", format!("metadata.name={name}"));
        }
        if let Some(next) = next {
            request = request.query("continue", next);
        }
        let response = self.palette.send(&request, &self.scope).await?;
        let (accounts, next) = response.json::<response::Accounts>()?.into_parts();
        let accounts =
            accounts.into_iter().filter_map(|item| item.into_cloud_account(&self.scope)).collect();
        Ok(AccountPage { accounts, next: non_empty(next) })
    }

    /// Finds the account of this name that belongs to the scope itself. Palette may ignore the
    /// filter, so every page is read and every name compared.
    pub(crate) async fn find_by_exact_name(
        &self,
        name: &AccountName,
    ) -> Result<Option<CloudAccount>, AttemptError> {
        let has_name = |account: &CloudAccount| account.name == name.as_str();
        self.find_matching(Some(name), has_name).await
    }

    /// Returns the first account of this scope that `predicate` accepts. `name` is a filter that
    /// Palette may ignore.
    async fn find_matching(
        &self,
        name: Option<&AccountName>,
        predicate: impl Fn(&CloudAccount) -> bool,
    ) -> Result<Option<CloudAccount>, AttemptError> {
        let is_match =
            |account: &CloudAccount| belongs_to(account, &self.scope) && predicate(account);
        self.visit_pages(name, |accounts| match accounts.into_iter().find(is_match) {
            Some(account) => ControlFlow::Break(account),
            None => ControlFlow::Continue(()),
        })
        .await
    }

    /// Passes the accounts of each page to `visit`, until it breaks with a value or the list ends.
    async fn visit_pages<T>(
        &self,
        name: Option<&AccountName>,
        mut visit: impl FnMut(Vec<CloudAccount>) -> ControlFlow<T>,
    ) -> Result<Option<T>, AttemptError> {
        let mut next = None;
        for _ in 0..MAX_PAGES {
            let page = self.list(name, PAGE_SIZE, next.as_deref()).await?;
            if let ControlFlow::Break(value) = visit(page.accounts) {
                return Ok(Some(value));
            }
            next = page.next;
            if next.is_none() {
                return Ok(None);
            }
        }
        Err(AttemptError::Final(unavailable(TooManyPages)))
    }

    /// Reads an account of this scope. An account that the tenant shares with a project is *not
    /// found* in the project.
    pub(crate) async fn read(&self, uid: &Uid) -> Result<CloudAccount, AttemptError> {
        let response = self.palette.send(&ApiRequest::get(path(uid)), &self.scope).await?;
        let account: response::Account = response.json()?;
        let account = account
            .into_cloud_account(&self.scope)
            .ok_or_else(|| AttemptError::Final(unavailable(MissingUid)))?;
        if belongs_to(&account, &self.scope) {
            Ok(account)
        } else {
            Err(UpstreamError::NotFound { service: SERVICE, resource: ACCOUNT }.into())
        }
    }
}

impl CloudAccountStore for ScopedClient<'_> {
    async fn find_by_name(
        &self,
        name: &AccountName,
    ) -> Result<Option<CloudAccount>, UpstreamError> {
        self.find_by_exact_name(name).await.map_err(|error| error.into_upstream(LIST))
    }

    async fn get(&self, uid: &Uid) -> Result<CloudAccount, UpstreamError> {
        self.read(uid).await.map_err(|error| error.into_upstream(ACCOUNT))
    }

    async fn create(&self, registration: &Registration) -> Result<Uid, UpstreamError> {
        let request = ApiRequest::new(Method::POST, ACCOUNTS)
            .json(&Account::new(registration, None))?
            .redacting(&registration.credential)
            .not_idempotent();
        let resource = "project or private cloud gateway that the account is for";
        let response = self
            .palette
            .send(&request, &self.scope)
            .await
            .map_err(|error| error.into_upstream_naming(resource))?;
        let Created { uid: created } =
            response.json().map_err(|error| error.into_upstream(resource))?;
        uid(&created).ok_or_else(|| unavailable(MissingUid))
    }

    async fn update(
        &self,
        known: &CloudAccount,
        registration: &Registration,
    ) -> Result<(), UpstreamError> {
        let request = ApiRequest::new(Method::PUT, path(&known.uid))
            .json(&Account::new(registration, Some(known)))?
            .redacting(&registration.credential);
        self.palette
            .send(&request, &self.scope)
            .await
            .map_err(|error| error.into_upstream_naming(ACCOUNT))?;
        Ok(())
    }
}
