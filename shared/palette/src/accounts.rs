//! The AWS accounts of one scope.

use gangway_model::{
    AccountName, CloudAccount, PortError, Registration, Uid,
    ports::{Keyring, Registry},
};
use reqwest::Method;

use crate::{
    Scoped,
    call::Call,
    fault::{Fault, unavailable},
    read::{self, Created, belongs, some, uid},
    wire::Account,
};

const ACCOUNTS: &str = "/v1/cloudaccounts/aws";

/// What is missing when an account is.
pub(crate) const ACCOUNT: &str = "AWS account of this uid in this scope";

/// What is missing when a list is.
pub(crate) const LIST: &str = "list of AWS accounts for this scope";

/// Palette's page, by default and at most.
const PAGE: u8 = 50;

/// Enough for the largest quota of accounts that a tenant can have, 10 000.
const PAGES: usize = 200;

/// The list goes on and on.
#[derive(Debug, thiserror::Error)]
#[error("the list of accounts did not end after {PAGES} pages")]
struct Endless;

/// Palette answers with an account, and does not say what it is called.
#[derive(Debug, thiserror::Error)]
#[error("the account in the answer has no uid")]
struct Nameless;

/// Some of the accounts that a scope shows: its own, and in a project those that the tenant shares with it.
#[derive(Clone, Debug)]
pub struct Page {
    /// The accounts, in Palette's order.
    pub accounts: Vec<CloudAccount>,
    /// What to ask for the next page with. `None` at the end.
    pub next: Option<String>,
}

fn path(uid: &Uid) -> String {
    format!("{ACCOUNTS}/{uid}")
}

impl<K: Keyring + Sync> Scoped<'_, K> {
    /// Some of the accounts, 1 to 50 of them, from where the last page ended.
    pub async fn page(&self, limit: u8, next: Option<&str>) -> Result<Page, PortError> {
        self.list(None, limit.clamp(1, PAGE), next).await.map_err(|fault| fault.port(LIST))
    }

    /// Removes an account. [`PortError::Missing`] does not prove that it ever was there or is gone: Palette also
    /// answers so when the scope is another one.
    pub async fn delete(&self, uid: &Uid) -> Result<(), PortError> {
        let call = Call::new(Method::DELETE, path(uid));
        self.palette.ask(&call, &self.scope).await.map_err(|fault| fault.port(ACCOUNT))?;
        Ok(())
    }

    /// Whether the scope's list shows an account of this uid. Every page is read.
    pub async fn lists(&self, uid: &Uid) -> Result<bool, PortError> {
        let shown = |account: &CloudAccount| account.uid == *uid;
        Ok(self.search(None, shown).await.map_err(|fault| fault.port(LIST))?.is_some())
    }

    async fn list(
        &self,
        name: Option<&AccountName>,
        limit: u8,
        next: Option<&str>,
    ) -> Result<Page, Fault> {
        let mut call = Call::get(ACCOUNTS).query("limit", limit.to_string());
        if let Some(name) = name {
            call = call.query("filters", format!("metadata.name={name}"));
        }
        if let Some(next) = next {
            call = call.query("continue", next);
        }
        let answer = self.palette.ask(&call, &self.scope).await?;
        let read::Accounts { items, listmeta } = answer.json()?;
        let accounts = items.into_iter().filter_map(|item| item.seen_from(&self.scope)).collect();
        Ok(Page { accounts, next: some(listmeta.r#continue) })
    }

    /// The account of this name that belongs to this very scope. Palette may ignore the filter, so every page is read
    /// and every name compared (C02).
    pub(crate) async fn named(&self, name: &AccountName) -> Result<Option<CloudAccount>, Fault> {
        let namesake =
            |account: &CloudAccount| account.name == name.as_str() && belongs(account, &self.scope);
        self.search(Some(name), namesake).await
    }

    /// The first account that is wanted, on whichever page it is.
    async fn search(
        &self,
        name: Option<&AccountName>,
        wanted: impl Fn(&CloudAccount) -> bool,
    ) -> Result<Option<CloudAccount>, Fault> {
        let mut next = None;
        for _ in 0..PAGES {
            let page = self.list(name, PAGE, next.as_deref()).await?;
            let found = page.accounts.into_iter().find(&wanted);
            next = page.next;
            if found.is_some() || next.is_none() {
                return Ok(found);
            }
        }
        Err(Fault::Port(unavailable(Endless)))
    }

    pub(crate) async fn read(&self, uid: &Uid) -> Result<CloudAccount, Fault> {
        let answer = self.palette.ask(&Call::get(path(uid)), &self.scope).await?;
        let account: read::Account = answer.json()?;
        account.seen_from(&self.scope).ok_or_else(|| Fault::Port(unavailable(Nameless)))
    }
}

impl<K: Keyring + Sync + Send> Registry for Scoped<'_, K> {
    async fn find(&self, name: &AccountName) -> Result<Option<CloudAccount>, PortError> {
        self.named(name).await.map_err(|fault| fault.port(LIST))
    }

    async fn get(&self, uid: &Uid) -> Result<CloudAccount, PortError> {
        self.read(uid).await.map_err(|fault| fault.port(ACCOUNT))
    }

    async fn create(&self, registration: &Registration) -> Result<Uid, PortError> {
        let call = Call::new(Method::POST, ACCOUNTS)
            .json(&Account::new(registration, None))?
            .telling(&registration.credential)
            .once();
        let what = "project or private cloud gateway that the account is for";
        let answer =
            self.palette.ask(&call, &self.scope).await.map_err(|fault| fault.naming(what))?;
        let Created { uid: told } = answer.json().map_err(|fault| fault.port(what))?;
        uid(&told).ok_or_else(|| unavailable(Nameless))
    }

    async fn replace(
        &self,
        known: &CloudAccount,
        registration: &Registration,
    ) -> Result<(), PortError> {
        let call = Call::new(Method::PUT, path(&known.uid))
            .json(&Account::new(registration, Some(known)))?
            .telling(&registration.credential);
        self.palette.ask(&call, &self.scope).await.map_err(|fault| fault.naming(ACCOUNT))?;
        Ok(())
    }
}
