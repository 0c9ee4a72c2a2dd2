//! Lists, reads, creates, updates and deletes the cloud accounts of one scope.

use std::ops::ControlFlow;

use gangway_model::{
    AccountName, CloudAccount, Registration, Uid, UpstreamError, stores::CloudAccountStore,
};
use reqwest::Method;

use crate::{
    SERVICE, ScopedClient,
    api_request::ApiRequest,
    error::{AttemptError, unavailable_error},
    request::Account,
    response::{self, CreatedAccount, belongs_to, non_empty, parse_uid},
};

/// Path of the list of accounts.
const ACCOUNTS_PATH: &str = "/v1/cloudaccounts/aws";

/// Completes the error message "Palette has no {…}" for requests about one account.
pub(crate) const ACCOUNT_RESOURCE: &str = "AWS account of this uid in this scope";

/// Completes the error message "Palette has no {…}" for requests about the list of accounts.
pub(crate) const LIST_RESOURCE: &str = "list of AWS accounts for this scope";

/// Number of accounts on a page: the default and the maximum of Palette.
const PAGE_SIZE: u8 = 50;

/// Maximum number of pages that are read. They hold 10,000 accounts, which is the largest quota of
/// a tenant.
const MAX_PAGES: usize = 200;

/// The list of accounts has more pages than [`MAX_PAGES`].
#[derive(Debug, thiserror::Error)]
#[error("the list of accounts did not end after {MAX_PAGES} pages")]
struct TooManyPages;

/// Palette has returned an account without a valid uid.
#[derive(Debug, thiserror::Error)]
#[error("the account in the response has no uid")]
struct MissingUid;

/// One page of the list of accounts. [`ScopedClient::list_page`] removes accounts of other scopes
/// from the page, so the page may have fewer accounts than the limit.
#[derive(Clone, Debug)]
pub struct AccountPage {
    pub accounts: Vec<CloudAccount>,
    /// Token of the next page; `None` on the last page.
    pub next: Option<String>,
}

/// Returns the path of an account.
fn account_path(uid: &Uid) -> String {
    format!("{ACCOUNTS_PATH}/{uid}")
}

impl ScopedClient<'_> {
    /// Reads one page of the accounts of this scope. `next` is the token of the page, `None` for
    /// the first page. `limit` is a number from 1 to 50.
    pub async fn list_page(
        &self,
        limit: u8,
        next: Option<&str>,
    ) -> Result<AccountPage, UpstreamError> {
        let page = self.fetch_page(None, limit.clamp(1, PAGE_SIZE), next).await;
        let mut page = page.map_err(|error| error.into_upstream(LIST_RESOURCE))?;
        page.accounts.retain(|account| belongs_to(account, &self.scope));
        Ok(page)
    }

    /// Calls `select` with every account that Palette lists in this scope, and returns the values.
    /// Palette lists also accounts of other scopes: in a project those of the tenant, and in the
    /// tenant those of projects that are not visible to the API key.
    pub async fn list_all<T>(
        &self,
        select: impl Fn(CloudAccount) -> Option<T>,
    ) -> Result<Vec<T>, UpstreamError> {
        let mut selected = Vec::new();
        let visited = self.visit_pages(None, |accounts| {
            selected.extend(accounts.into_iter().filter_map(&select));
            ControlFlow::<()>::Continue(())
        });
        visited.await.map_err(|error| error.into_upstream(LIST_RESOURCE))?;
        Ok(selected)
    }

    /// Deletes an account of this scope.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::NotFound`] if the account does not exist or belongs to another scope. So
    /// this error does not prove that the account does not exist.
    pub async fn delete(&self, uid: &Uid) -> Result<(), UpstreamError> {
        let request = ApiRequest::new(Method::DELETE, account_path(uid));
        self.palette
            .send(&request, &self.scope)
            .await
            .map_err(|error| error.into_upstream_of_change(ACCOUNT_RESOURCE))?;
        Ok(())
    }

    /// Returns `true` if an account with this uid belongs to the scope. Reads pages until the
    /// account is found.
    pub async fn contains(&self, uid: &Uid) -> Result<bool, UpstreamError> {
        let has_uid = |account: &CloudAccount| account.uid == *uid;
        Ok(self
            .find_matching(None, has_uid)
            .await
            .map_err(|error| error.into_upstream(LIST_RESOURCE))?
            .is_some())
    }

    /// Fetches one page as Palette returns it. Palette may ignore the filter `name`.
    async fn fetch_page(
        &self,
        name: Option<&AccountName>,
        limit: u8,
        next: Option<&str>,
    ) -> Result<AccountPage, AttemptError> {
        let mut request = ApiRequest::get(ACCOUNTS_PATH).with_query("limit", limit.to_string());
        // Palette does not document how to quote characters in a filter, so the filter is sent only
        // for names that need no quotes.
        if let Some(name) = name.filter(|name| name.is_plain()) {
            request = request.with_query("filters", format!("metadata.name={name}"));
        }
        if let Some(next) = next {
            request = request.with_query("continue", next);
        }
        let response = self.palette.send(&request, &self.scope).await?;
        let (accounts, next) = response.json::<response::Accounts>()?.into_parts();
        let accounts =
            accounts.into_iter().filter_map(|item| item.into_cloud_account(&self.scope)).collect();
        Ok(AccountPage { accounts, next: non_empty(next) })
    }

    /// Finds the account with this name that belongs to the scope. Palette may ignore the filter,
    /// so this function reads pages and compares names until it finds the account.
    pub(crate) async fn find_by_exact_name(
        &self,
        name: &AccountName,
    ) -> Result<Option<CloudAccount>, AttemptError> {
        let has_name = |account: &CloudAccount| account.name == name.as_str();
        self.find_matching(Some(name), has_name).await
    }

    /// Returns the first account of this scope for which `predicate` returns `true`. `name` is sent
    /// as a filter, which Palette may ignore.
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

    /// Calls `visit` with the accounts of each page, until `visit` returns `Break` or the list
    /// ends. Returns the value of `Break`.
    async fn visit_pages<T>(
        &self,
        name: Option<&AccountName>,
        mut visit: impl FnMut(Vec<CloudAccount>) -> ControlFlow<T>,
    ) -> Result<Option<T>, AttemptError> {
        let mut next = None;
        for _ in 0..MAX_PAGES {
            let page = self.fetch_page(name, PAGE_SIZE, next.as_deref()).await?;
            if let ControlFlow::Break(value) = visit(page.accounts) {
                return Ok(Some(value));
            }
            next = page.next;
            if next.is_none() {
                return Ok(None);
            }
        }
        Err(AttemptError::Final(unavailable_error(TooManyPages)))
    }

    /// Reads an account of this scope. Returns the error *not found* for an account that the tenant
    /// shares with this project, because it does not belong to the project.
    pub(crate) async fn read_account(&self, uid: &Uid) -> Result<CloudAccount, AttemptError> {
        let response = self.palette.send(&ApiRequest::get(account_path(uid)), &self.scope).await?;
        let account: response::Account = response.json()?;
        let account = account
            .into_cloud_account(&self.scope)
            .ok_or_else(|| AttemptError::Final(unavailable_error(MissingUid)))?;
        if belongs_to(&account, &self.scope) {
            Ok(account)
        } else {
            Err(UpstreamError::NotFound { service: SERVICE, resource: ACCOUNT_RESOURCE }.into())
        }
    }
}

impl CloudAccountStore for ScopedClient<'_> {
    async fn find_by_name(
        &self,
        name: &AccountName,
    ) -> Result<Option<CloudAccount>, UpstreamError> {
        self.find_by_exact_name(name).await.map_err(|error| error.into_upstream(LIST_RESOURCE))
    }

    async fn get(&self, uid: &Uid) -> Result<CloudAccount, UpstreamError> {
        self.read_account(uid).await.map_err(|error| error.into_upstream(ACCOUNT_RESOURCE))
    }

    async fn create(&self, registration: &Registration) -> Result<Uid, UpstreamError> {
        let request = ApiRequest::new(Method::POST, ACCOUNTS_PATH)
            .with_json_body(&Account::new(registration, None))?
            .with_redacted_credential(&registration.credential)
            .without_retries_after_failures();
        let resource = "project or private cloud gateway that the account is for";
        let response = self
            .palette
            .send(&request, &self.scope)
            .await
            .map_err(|error| error.into_upstream_naming(resource))?;
        let CreatedAccount { uid: created } =
            response.json().map_err(|error| error.into_upstream(resource))?;
        parse_uid(&created).ok_or_else(|| unavailable_error(MissingUid))
    }

    async fn update(
        &self,
        known: &CloudAccount,
        registration: &Registration,
    ) -> Result<(), UpstreamError> {
        let request = ApiRequest::new(Method::PUT, account_path(&known.uid))
            .with_json_body(&Account::new(registration, Some(known)))?
            .with_redacted_credential(&registration.credential);
        self.palette
            .send(&request, &self.scope)
            .await
            .map_err(|error| error.into_upstream_naming(ACCOUNT_RESOURCE))?;
        Ok(())
    }
}
