//! Where in Palette an AWS account is that is called as vended ones are. An event may have named any project.

use std::iter;

use gangway_checks::ScopedAccounts;
use gangway_model::{
    AccountId, AccountName, AuthMethod, CloudAccount, RequestedScope, Scope, UpstreamError,
    stores::CloudAccountStore as _,
};
use gangway_palette::ScopedResults;

use crate::{VendingHandler, outcome::VendingError};

/// An account and the scope that has it.
pub(crate) type LookupResult<'a> = (ScopedAccounts<'a>, CloudAccount);

/// What was found.
pub(crate) struct MatchingAccounts<'a> {
    pub(crate) found: Vec<LookupResult<'a>>,
    /// How many projects did not let Gangway look.
    pub(crate) unread: usize,
}

/// Those in these scopes; where there is none, those in all others that Palette shows.
pub(crate) async fn find_in<'a>(
    vending: &'a VendingHandler,
    name: &AccountName,
    id: AccountId,
    likely: &[RequestedScope],
) -> Result<MatchingAccounts<'a>, VendingError> {
    let (mut found, mut seen) = (Vec::new(), Vec::new());
    for scope in likely {
        let registry = vending.answers.scoped(&vending.deployment, scope).await?;
        if seen.contains(registry.scope()) {
            continue;
        }
        seen.push(registry.scope().clone());
        if let Some(known) = name_conflict(&registry, name, id).await? {
            found.push((registry, known));
        }
    }
    if found.is_empty() {
        find_in_other_scopes(vending, name, id, &seen).await
    } else {
        Ok(MatchingAccounts { found, unread: 0 })
    }
}

/// Those in all scopes but these. One call for each project, so only for accounts that can be anywhere.
pub(crate) async fn find_in_other_scopes<'a>(
    vending: &'a VendingHandler,
    name: &AccountName,
    id: AccountId,
    seen: &[Scope],
) -> Result<MatchingAccounts<'a>, VendingError> {
    let palette = &vending.deployment.clients.palette;
    let projects = palette.projects().await?.into_iter().map(Scope::Project);
    let others = iter::once(Scope::Tenant).chain(projects).filter(|scope| !seen.contains(scope));
    let asked = others.map(async |scope| {
        let registry = palette.in_scope(scope);
        let known = name_conflict(&registry, name, id).await?;
        Ok(known.map(|known| (registry, known)))
    });
    let ScopedResults { results: told, denied: unread } =
        gangway_palette::query_scopes(asked).await?;
    Ok(MatchingAccounts { found: told.into_iter().flatten().collect(), unread })
}

/// The account of this name, if it is this AWS account and was registered as vended ones are.
async fn name_conflict(
    registry: &ScopedAccounts<'_>,
    name: &AccountName,
    id: AccountId,
) -> Result<Option<CloudAccount>, UpstreamError> {
    let known = registry.find_by_name(name).await?;
    Ok(known.filter(|known| {
        known.aws_account() == Some(id) && known.access.method() == Some(AuthMethod::Sts)
    }))
}
