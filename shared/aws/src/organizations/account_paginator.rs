//! Reads all accounts of an organization page by page, so that the memory does not have to hold all
//! of them.

use std::collections::BTreeSet;

use crate::error::ApiCall;
use gangway_model::{AccountId, UpstreamError};

use crate::organizations::{
    OrgAccount, OrganizationsClient, OuId, OuPath,
    client::{organizations_call, to_org_accounts},
};

/// Reads the accounts of the organization page by page. An account may be missing if somebody moves
/// it to another OU during this time. So an account that is not returned may still be in the
/// organization.
#[derive(Debug)]
pub struct AccountPaginator<'a> {
    organization: &'a OrganizationsClient,
    /// `true` if each returned account must have its OU path.
    needs_ou_paths: bool,
    page_source: PageSource,
    /// Accounts that were already returned. The tree of OUs also contains the accounts that
    /// `ListAccounts` has returned; this set prevents that they are returned twice. Empty if OU
    /// paths are not needed.
    returned: BTreeSet<AccountId>,
}

/// The list that the next page comes from.
#[derive(Debug)]
enum PageSource {
    /// The next page comes from `ListAccounts`, from this page token on.
    AccountList(Option<String>),
    /// The next page comes from the tree of OUs, because `ListAccounts` does not return the OU path
    /// of each account. Holds a stack of the OUs whose accounts are not listed yet.
    OuTree(Vec<PendingOu>),
    /// All accounts have been returned.
    Done,
}

/// An OU or root whose accounts are not all listed yet.
#[derive(Debug)]
struct PendingOu {
    path: OuPath,
    /// Token of the next page of accounts; `None` for the first page.
    next: Option<String>,
    /// `true` if the child OUs have been pushed to the stack.
    has_pushed_children: bool,
}

const LIST_ACCOUNTS: ApiCall = organizations_call("organizations:ListAccounts", "list of accounts");
const LIST_OU_ACCOUNTS: ApiCall =
    organizations_call("organizations:ListAccountsForParent", "such organizational unit");
const LIST_OUS: ApiCall = organizations_call(
    "organizations:ListOrganizationalUnitsForParent",
    "such organizational unit",
);
const LIST_ROOTS: ApiCall = organizations_call("organizations:ListRoots", "root");

impl<'a> AccountPaginator<'a> {
    pub(crate) const fn new(organization: &'a OrganizationsClient, needs_ou_paths: bool) -> Self {
        Self {
            organization,
            needs_ou_paths,
            page_source: PageSource::AccountList(None),
            returned: BTreeSet::new(),
        }
    }

    /// Returns the next page, which may be empty. Returns `None` after the last page.
    pub async fn next(&mut self) -> Result<Option<Vec<OrgAccount>>, UpstreamError> {
        let mut page = match &mut self.page_source {
            PageSource::Done => return Ok(None),
            PageSource::OuTree(pending_ous) => {
                let Some(page) = self.organization.fetch_tree_page(pending_ous).await? else {
                    self.page_source = PageSource::Done;
                    return Ok(None);
                };
                page
            }
            PageSource::AccountList(next) => {
                let (page, next) = self.organization.fetch_list_page(next.take()).await?;
                if self.needs_ou_paths && page.iter().any(|account| account.ou_path.is_none()) {
                    self.page_source = PageSource::OuTree(self.organization.list_roots().await?);
                    return Ok(Some(Vec::new()));
                }
                self.page_source =
                    next.map_or(PageSource::Done, |next| PageSource::AccountList(Some(next)));
                page
            }
        };
        if self.needs_ou_paths {
            page.retain(|account| self.returned.insert(account.id));
        }
        Ok(Some(page))
    }
}

impl OrganizationsClient {
    /// Fetches a page of `ListAccounts` and the token of the next page. A page has at most 20
    /// accounts, and may be empty although more pages follow.
    async fn fetch_list_page(
        &self,
        next: Option<String>,
    ) -> Result<(Vec<OrgAccount>, Option<String>), UpstreamError> {
        let response = self.client.list_accounts().set_next_token(next).send().await;
        let response = response.map_err(|error| LIST_ACCOUNTS.to_upstream_error(&error))?;
        Ok((to_org_accounts(response.accounts()), response.next_token))
    }

    /// Lists the roots of the tree of OUs.
    async fn list_roots(&self) -> Result<Vec<PendingOu>, UpstreamError> {
        let response = self
            .client
            .list_roots()
            .send()
            .await
            .map_err(|error| LIST_ROOTS.to_upstream_error(&error))?;
        let roots = response.roots().iter().filter_map(|root| root.id()?.parse::<OuId>().ok());
        let to_pending = |root| PendingOu {
            path: OuPath::from_parent_first(vec![root]),
            next: None,
            has_pushed_children: false,
        };
        Ok(roots.map(to_pending).collect())
    }

    /// Fetches a page of the accounts of the OU on top of the stack. Pushes the child OUs of this
    /// OU first. Returns `None` if the stack is empty.
    async fn fetch_tree_page(
        &self,
        pending_ous: &mut Vec<PendingOu>,
    ) -> Result<Option<Vec<OrgAccount>>, UpstreamError> {
        let Some(mut pending_ou) = pending_ous.pop() else { return Ok(None) };
        let Some(ou) = pending_ou.path.parent() else { return Ok(Some(Vec::new())) };
        if !pending_ou.has_pushed_children {
            pending_ous.extend(self.list_child_ous(&pending_ou.path, ou).await?);
            pending_ou.has_pushed_children = true;
        }
        let request = self.client.list_accounts_for_parent().parent_id(ou.as_str());
        let response = request.set_next_token(pending_ou.next.take()).send().await;
        let response = response.map_err(|error| LIST_OU_ACCOUNTS.to_upstream_error(&error))?;
        let mut page = to_org_accounts(response.accounts());
        for account in &mut page {
            account.ou_path = Some(pending_ou.path.clone());
        }
        if response.next_token.is_some() {
            pending_ous.push(PendingOu { next: response.next_token, ..pending_ou });
        }
        Ok(Some(page))
    }

    /// Lists the child OUs of `ou`.
    async fn list_child_ous(
        &self,
        path: &OuPath,
        ou: &OuId,
    ) -> Result<Vec<PendingOu>, UpstreamError> {
        let request = self.client.list_organizational_units_for_parent().parent_id(ou.as_str());
        let mut pages = request.into_paginator().send();
        let mut pending_ous = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| LIST_OUS.to_upstream_error(&error))?;
            let children = page.organizational_units().iter();
            let children = children.filter_map(|child| child.id()?.parse::<OuId>().ok());
            pending_ous.extend(children.map(|child| PendingOu {
                path: path.child(child),
                next: None,
                has_pushed_children: false,
            }));
        }
        Ok(pending_ous)
    }
}
