//! Searches Palette for the account of an AWS account. An event may have named any project, so the
//! account can be in any scope.

use std::iter;

use gangway_checks::ScopedClient;
use gangway_model::{
    AccountId, AccountName, AuthMethod, CloudAccount, RequestedScope, Scope, UpstreamError,
    stores::CloudAccountStore as _,
};
use gangway_palette::ScopedResults;
use gangway_registration::AppContext;

use crate::{context::VendingContext, outcome::VendingError};

/// A Palette account, and the client for its scope.
pub(crate) type MatchingAccount<'a> = (ScopedClient<'a>, CloudAccount);

/// The result of a search.
pub(crate) struct MatchingAccounts<'a> {
    pub(crate) found: Vec<MatchingAccount<'a>>,
    /// Number of projects that Gangway's API key may not read.
    pub(crate) denied_projects: usize,
}

/// Searches `likely_scopes` first. If none of them has the account, searches all other scopes that
/// the API key can see.
pub(crate) async fn find_accounts<'a>(
    context: &'a VendingContext,
    name: &AccountName,
    id: AccountId,
    likely_scopes: &[RequestedScope],
) -> Result<MatchingAccounts<'a>, VendingError> {
    let (mut found, mut searched) = (Vec::new(), Vec::new());
    for scope in likely_scopes {
        let accounts = context.palette_cache.accounts_in(&context.app, scope).await?;
        if searched.contains(accounts.scope()) {
            continue;
        }
        searched.push(accounts.scope().clone());
        if let Some(account) = find_match(&accounts, name, id).await? {
            found.push((accounts, account));
        }
    }
    if found.is_empty() {
        find_in_other_scopes(&context.app, name, id, &searched).await
    } else {
        Ok(MatchingAccounts { found, denied_projects: 0 })
    }
}

/// Searches all scopes except those in `searched`. Makes one call for each project.
pub(crate) async fn find_in_other_scopes<'a>(
    app: &'a AppContext,
    name: &AccountName,
    id: AccountId,
    searched: &[Scope],
) -> Result<MatchingAccounts<'a>, VendingError> {
    let palette = &app.clients.palette;
    let projects = palette.projects().await?.into_iter();
    let projects = projects.map(|project| Scope::Project(project.uid));
    let others =
        iter::once(Scope::Tenant).chain(projects).filter(|scope| !searched.contains(scope));
    let queries = others.map(async |scope| {
        let accounts = palette.in_scope(scope);
        let account = find_match(&accounts, name, id).await?;
        Ok(account.map(|account| (accounts, account)))
    });
    let ScopedResults { results, denied } = gangway_palette::query_scopes(queries).await?;
    Ok(MatchingAccounts { found: results.into_iter().flatten().collect(), denied_projects: denied })
}

/// Returns the Palette account of this name, if it belongs to AWS account `id` and has the method
/// `sts`.
async fn find_match(
    accounts: &ScopedClient<'_>,
    name: &AccountName,
    id: AccountId,
) -> Result<Option<CloudAccount>, UpstreamError> {
    let account = accounts.find_by_name(name).await?;
    Ok(account.filter(|account| {
        account.aws_account() == Some(id) && account.access.method() == Some(AuthMethod::Sts)
    }))
}
