//! What Palette says of itself, asked once for many accounts: who assumes roles, whose key this is, which project is meant.

use std::{collections::HashMap, time::Duration};

use gangway_checks::ScopedAccounts;
use gangway_model::{
    AccountId, AccountName, ExistingAccounts, Finding, Operation, RegistrationError,
    RequestedScope, Scope, Uid, UidOrName, UpstreamError, stores::CloudAccountStore as _,
};
use gangway_palette::PaletteState;
use gangway_registration::AppContext;
use tokio::{sync::Mutex, time::Instant};

use crate::outcome::VendingError;

/// How long an answer holds.
const CACHE_TTL: Duration = Duration::from_mins(5);

/// Whom roles trust.
#[derive(Clone, Debug)]
pub(crate) struct CachedSourceAccount {
    /// Palette's own account.
    pub(crate) account: AccountId,
    /// The tenant's external id.
    pub(crate) external_id: String,
}

/// Answers that hold for every account.
#[derive(Debug, Default)]
pub(crate) struct PaletteCache {
    trusted: Mutex<Option<(Instant, CachedSourceAccount)>>,
    session: Mutex<Option<(Instant, Finding)>>,
    projects: Mutex<HashMap<String, (Instant, Uid)>>,
}

impl PaletteCache {
    /// Whom the role must trust (D01, D03, D04).
    pub(crate) async fn trusted(
        &self,
        deployment: &AppContext,
    ) -> Result<CachedSourceAccount, VendingError> {
        let mut kept = self.trusted.lock().await;
        if let Some((since, trusted)) = &*kept
            && since.elapsed() < CACHE_TTL
        {
            return Ok(trusted.clone());
        }
        let registry = self.scoped(deployment, &RequestedScope::Tenant).await?;
        let facts = registry.sts_source_account(deployment.clients.partition).await?;
        let (Some(account), Some(external_id)) = (facts.account, facts.external_id) else {
            return Err(VendingError::NotReady(format!(
                "Palette tells no AWS account of its own or no external id for {}: have its operator enable STS there in the system console",
                deployment.clients.partition
            )));
        };
        let trusted = CachedSourceAccount { account, external_id };
        *kept = Some((Instant::now(), trusted.clone()));
        Ok(trusted)
    }

    /// The accounts of a scope. A project's name is looked up once for many accounts.
    pub(crate) async fn scoped<'a>(
        &self,
        deployment: &'a AppContext,
        wish: &RequestedScope,
    ) -> Result<ScopedAccounts<'a>, VendingError> {
        let RequestedScope::Project(UidOrName::Name(name)) = wish else {
            return Ok(deployment.clients.palette.resolve_scope(wish).await?);
        };
        let mut projects = self.projects.lock().await;
        let known = projects.get(name).filter(|(since, _)| since.elapsed() < CACHE_TTL);
        if let Some((_, uid)) = known {
            let wish = RequestedScope::Project(UidOrName::Uid(uid.clone()));
            return Ok(deployment.clients.palette.resolve_scope(&wish).await?);
        }
        let registry = match deployment.clients.palette.resolve_scope(wish).await {
            Ok(registry) => registry,
            // A project may be made after the accounts that are to be its own.
            Err(RegistrationError::Invalid(_)) => {
                return Err(VendingError::AccessDenied(format!(
                    "Palette has no project {name}, or does not show it to Gangway's API key: make it, or mend GANGWAY_OU_SCOPE_MAP"
                )));
            }
            Err(failure) => return Err(failure.into()),
        };
        if let Scope::Project(uid) = registry.scope() {
            projects.insert(name.clone(), (Instant::now(), uid.clone()));
        }
        Ok(registry)
    }

    /// Whose key this is, and the account of this name.
    pub(crate) async fn fetch_state(
        &self,
        registry: &ScopedAccounts<'_>,
        name: &AccountName,
    ) -> Result<PaletteState, VendingError> {
        let kept = {
            let session = self.session.lock().await;
            session.clone().filter(|(since, _)| since.elapsed() < CACHE_TTL)
        };
        if let Some((_, session)) = kept {
            let namesake = registry.find_by_name(name).await.map_err(access_denied)?;
            return Ok(PaletteState {
                session,
                existing: ExistingAccounts { by_uid: None, by_name: namesake },
            });
        }
        let look = registry.fetch_state(name, &Operation::Register).await?;
        if !look.session.is_blocking() {
            *self.session.lock().await = Some((Instant::now(), look.session.clone()));
        }
        Ok(look)
    }
}

fn access_denied(error: UpstreamError) -> VendingError {
    VendingError::Upstream(error)
}
