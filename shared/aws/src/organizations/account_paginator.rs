//! All accounts of an organization, page by page, so that memory use stays flat.

use std::collections::BTreeSet;

use crate::error::ApiCall;
use gangway_model::{AccountId, UpstreamError};

use crate::organizations::{
    OrgAccount, OrganizationsClient, OuId, OuPath,
    client::{call, to_org_accounts},
};

/// Pages of the organization's accounts. An account that is moved to another OU meanwhile may be missing:
/// a list does not prove that an account has left the organization.
#[derive(Debug)]
pub struct AccountPaginator<'a> {
    organization: &'a OrganizationsClient,
    with_ou_paths: bool,
    stage: Stage,
    /// Accounts that were returned so far. The tree of OUs contains the accounts of `ListAccounts` again;
    /// this set prevents that they are returned twice. Empty if OU paths are not needed.
    returned: BTreeSet<AccountId>,
}

#[derive(Debug)]
enum Stage {
    /// `ListAccounts`, from this page token on.
    Flat(Option<String>),
    /// Tree of OUs, used if `ListAccounts` does not return the OU path of each account: a stack of the OUs
    /// left to list.
    Tree(Vec<PendingOu>),
    Done,
}

#[derive(Debug)]
struct PendingOu {
    path: OuPath,
    next: Option<String>,
    /// `true` if its child OUs are on the stack.
    children_added: bool,
}

const LIST_ACCOUNTS: ApiCall = call("organizations:ListAccounts", "list of accounts");
const LIST_OU_ACCOUNTS: ApiCall =
    call("organizations:ListAccountsForParent", "such organizational unit");
const LIST_OUS: ApiCall =
    call("organizations:ListOrganizationalUnitsForParent", "such organizational unit");
const LIST_ROOTS: ApiCall = call("organizations:ListRoots", "root");

impl<'a> AccountPaginator<'a> {
    pub(crate) const fn new(organization: &'a OrganizationsClient, with_ou_paths: bool) -> Self {
        Self { organization, with_ou_paths, stage: Stage::Flat(None), returned: BTreeSet::new() }
    }

    /// Returns the next page, which may be empty; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<OrgAccount>>, UpstreamError> {
        let mut page = match &mut self.stage {
            Stage::Done => return Ok(None),
            Stage::Tree(steps) => {
                let Some(page) = self.organization.next_tree_page(steps).await? else {
                    self.stage = Stage::Done;
                    return Ok(None);
                };
                page
            }
            Stage::Flat(next) => {
                let (page, next) = self.organization.next_list_page(next.take()).await?;
                if self.with_ou_paths && page.iter().any(|account| account.ou_path.is_none()) {
                    self.stage = Stage::Tree(self.organization.list_roots().await?);
                    return Ok(Some(Vec::new()));
                }
                self.stage = next.map_or(Stage::Done, |next| Stage::Flat(Some(next)));
                page
            }
        };
        if self.with_ou_paths {
            page.retain(|account| self.returned.insert(account.id));
        }
        Ok(Some(page))
    }
}

impl OrganizationsClient {
    /// Fetches a page of `ListAccounts`: at most 20 accounts, sometimes none although more follow.
    async fn next_list_page(
        &self,
        next: Option<String>,
    ) -> Result<(Vec<OrgAccount>, Option<String>), UpstreamError> {
        let response = self.client.list_accounts().set_next_token(next).send().await;
        let response = response.map_err(|error| LIST_ACCOUNTS.to_upstream_error(&error))?;
        Ok((to_org_accounts(response.accounts()), response.next_token))
    }

    /// Returns the roots of the tree.
    async fn list_roots(&self) -> Result<Vec<PendingOu>, UpstreamError> {
        let response = self
            .client
            .list_roots()
            .send()
            .await
            .map_err(|error| LIST_ROOTS.to_upstream_error(&error))?;
        let roots = response.roots().iter().filter_map(|root| root.id()?.parse::<OuId>().ok());
        let pending = |root| PendingOu {
            path: OuPath::from_parent_first(vec![root]),
            next: None,
            children_added: false,
        };
        Ok(roots.map(pending).collect())
    }

    /// Fetches a page of the accounts of the OU on top of the stack, after pushing its child OUs.
    async fn next_tree_page(
        &self,
        steps: &mut Vec<PendingOu>,
    ) -> Result<Option<Vec<OrgAccount>>, UpstreamError> {
        let Some(mut step) = steps.pop() else { return Ok(None) };
        let Some(ou) = step.path.parent() else { return Ok(Some(Vec::new())) };
        if !step.children_added {
            steps.extend(self.child_ous(&step.path, ou).await?);
            step.children_added = true;
        }
        let request = self.client.list_accounts_for_parent().parent_id(ou.as_str());
        let response = request.set_next_token(step.next.take()).send().await;
        let response = response.map_err(|error| LIST_OU_ACCOUNTS.to_upstream_error(&error))?;
        let mut page = to_org_accounts(response.accounts());
        for account in &mut page {
            account.ou_path = Some(step.path.clone());
        }
        if response.next_token.is_some() {
            steps.push(PendingOu { next: response.next_token, ..step });
        }
        Ok(Some(page))
    }

    /// Lists the child OUs of `ou`.
    async fn child_ous(&self, path: &OuPath, ou: &OuId) -> Result<Vec<PendingOu>, UpstreamError> {
        let request = self.client.list_organizational_units_for_parent().parent_id(ou.as_str());
        let mut pages = request.into_paginator().send();
        let mut steps = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| LIST_OUS.to_upstream_error(&error))?;
            let children = page.organizational_units().iter();
            let children = children.filter_map(|child| child.id()?.parse::<OuId>().ok());
            steps.extend(children.map(|child| PendingOu {
                path: path.child(child),
                next: None,
                children_added: false,
            }));
        }
        Ok(steps)
    }
}
