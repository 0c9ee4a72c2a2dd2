//! Cache of the responses of Palette that are the same for every account.

use std::{collections::HashMap, time::Duration};

use gangway_checks::PaletteStateCheck;
use gangway_checks::ScopedClient;
use gangway_model::{
    AccountId, AccountName, ExistingAccounts, Finding, Operation, RegistrationError,
    RequestedScope, Scope, Uid, UidOrName, stores::CloudAccountStore as _,
};
use gangway_registration::AppContext;
use tokio::{sync::Mutex, time::Instant};

use crate::outcome::VendingError;

/// How long a cached value is used.
const CACHE_TTL: Duration = Duration::from_mins(5);

/// The AWS account and the external id that the trust policies of roles must name.
#[derive(Clone, Debug)]
pub(crate) struct CachedSourceAccount {
    /// Palette's own AWS account.
    pub(crate) account: AccountId,
    /// The tenant's external id.
    pub(crate) external_id: String,
}

/// Palette's source account, the check of the API key's session, and uids of projects by name.
#[derive(Debug, Default)]
pub(crate) struct PaletteCache {
    source_account: Mutex<Option<(Instant, CachedSourceAccount)>>,
    session: Mutex<Option<(Instant, Finding)>>,
    project_uids: Mutex<HashMap<String, (Instant, Uid)>>,
}

impl PaletteCache {
    /// Returns the AWS account and the external id that the trust policy of a role must name.
    pub(crate) async fn source_account(
        &self,
        app: &AppContext,
    ) -> Result<CachedSourceAccount, VendingError> {
        let mut cached = self.source_account.lock().await;
        if let Some((since, source_account)) = &*cached
            && since.elapsed() < CACHE_TTL
        {
            return Ok(source_account.clone());
        }
        let accounts = self.accounts_in(app, &RequestedScope::Tenant).await?;
        let response = accounts.sts_source_account(app.clients.partition).await?;
        let (Some(account), Some(external_id)) = (response.account, response.external_id) else {
            return Err(VendingError::NotReady(format!(
                "Palette returns no source account or no external id for {}: ask Palette's operator to enable STS for it in the system console",
                app.clients.partition
            )));
        };
        let source_account = CachedSourceAccount { account, external_id };
        *cached = Some((Instant::now(), source_account.clone()));
        Ok(source_account)
    }

    /// Returns the client for the accounts in a scope. Resolves the name of a project to its uid.
    pub(crate) async fn accounts_in<'a>(
        &self,
        app: &'a AppContext,
        scope: &RequestedScope,
    ) -> Result<ScopedClient<'a>, VendingError> {
        let palette = &app.clients.palette;
        let RequestedScope::Project(UidOrName::Name(name)) = scope else {
            return Ok(palette.resolve_scope(scope).await?);
        };
        let mut project_uids = self.project_uids.lock().await;
        let cached = project_uids.get(name).filter(|(since, _)| since.elapsed() < CACHE_TTL);
        if let Some((_, uid)) = cached {
            let scope = RequestedScope::Project(UidOrName::Uid(uid.clone()));
            return Ok(palette.resolve_scope(&scope).await?);
        }
        let accounts = match palette.resolve_scope(scope).await {
            Ok(accounts) => accounts,
            // The error is `AccessDenied`, not `Permanent`, because the project may be created
            // later.
            Err(RegistrationError::Invalid(_)) => {
                return Err(VendingError::AccessDenied(format!(
                    "Palette has no project {name}, or Gangway's API key cannot see it: create it, or correct GANGWAY_OU_SCOPE_MAP"
                )));
            }
            Err(error) => return Err(error.into()),
        };
        if let Scope::Project(uid) = accounts.scope() {
            project_uids.insert(name.clone(), (Instant::now(), uid.clone()));
        }
        Ok(accounts)
    }

    /// Returns the check of the API key's session, and the account of this name if there is one.
    pub(crate) async fn fetch_state(
        &self,
        accounts: &ScopedClient<'_>,
        name: &AccountName,
    ) -> Result<PaletteStateCheck, VendingError> {
        let cached = {
            let session = self.session.lock().await;
            session.clone().filter(|(since, _)| since.elapsed() < CACHE_TTL)
        };
        if let Some((_, session)) = cached {
            let by_name = accounts.find_by_name(name).await?;
            return Ok(PaletteStateCheck {
                session,
                existing: ExistingAccounts { by_uid: None, by_name },
                tenant_uid: None,
            });
        }
        let state =
            gangway_checks::palette_state::check(accounts, name, &Operation::Register).await?;
        if !state.session.is_blocking() {
            *self.session.lock().await = Some((Instant::now(), state.session.clone()));
        }
        Ok(state)
    }
}
