//! Deletes an account from Palette, and then its secret, which can be restored for 30 days.

use gangway_checks::ScopedClient;
use gangway_model::{
    CloudAccount, Uid, UpstreamError,
    stores::{CloudAccountStore as _, SecretOwner, SecretStore as _},
};

use crate::{AppContext, audit};

/// The result of a deletion.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DeleteOutcome {
    /// The account was deleted, or a secret that an interrupted run had left.
    Deleted {
        /// The account; unknown if only a secret was left.
        account: Option<Box<CloudAccount>>,
    },
    /// Neither an account nor a secret existed.
    NotFound,
}

impl AppContext {
    /// Deletes the account and then its secrets. In this order an account never exists without its
    /// secret. If a run is interrupted in between, the next one finds the secrets by their tags.
    pub async fn delete_account(
        &self,
        uid: &Uid,
        accounts: &ScopedClient<'_>,
    ) -> Result<DeleteOutcome, UpstreamError> {
        let existing = optional(accounts.get(uid).await)?;
        let was_deleted = existing.is_some() && optional(accounts.delete(uid).await)?.is_some();
        if was_deleted {
            existing.iter().for_each(audit::log_deleted);
        } else {
            confirm_deleted(uid, accounts).await?;
        }
        let owner = SecretOwner { uid, scope: accounts.scope(), last_seen: existing.as_ref() };
        let deleted = self.delete_secrets(owner).await?;
        let found = existing.is_some() || deleted > 0;
        let account = existing.map(Box::new);
        Ok(if found { DeleteOutcome::Deleted { account } } else { DeleteOutcome::NotFound })
    }

    /// Deletes the secrets of an account that Palette no longer has: an earlier run ended between both
    /// deletions. Does nothing if Palette has the account. Returns the number of secrets.
    pub async fn delete_leftover_secrets(
        &self,
        uid: &Uid,
        accounts: &ScopedClient<'_>,
    ) -> Result<usize, UpstreamError> {
        if optional(accounts.get(uid).await)?.is_some() {
            return Ok(0);
        }
        confirm_deleted(uid, accounts).await?;
        let scope = accounts.scope();
        self.delete_secrets(SecretOwner { uid, scope, last_seen: None }).await
    }

    async fn delete_secrets(&self, owner: SecretOwner<'_>) -> Result<usize, UpstreamError> {
        let secrets = &self.clients.secrets;
        let marked = secrets.mark_for_deletion(owner, None).await?;
        let (marked, left) = if self.clients.rotation.is_some() {
            secrets.leave_to_rotation(marked).await?
        } else {
            (marked, 0)
        };
        Ok(secrets.delete_marked(owner.uid, marked).await? + left)
    }
}

/// Converts "not found" to `None`.
fn optional<T>(result: Result<T, UpstreamError>) -> Result<Option<T>, UpstreamError> {
    match result {
        Err(UpstreamError::NotFound { .. }) => Ok(None),
        result => result.map(Some),
    }
}

/// How often the account must be missing from a read and from the list before it counts as deleted.
const CONFIRMATIONS: usize = 2;

/// Confirms that the account does not exist. A single "not found" may hide an account without
/// access, and a list may be incomplete.
async fn confirm_deleted(uid: &Uid, accounts: &ScopedClient<'_>) -> Result<(), UpstreamError> {
    let not_deleted = |reason: &'static str| {
        Err(UpstreamError::Unavailable { service: "Palette", source: reason.into() })
    };
    for _attempt in 0..CONFIRMATIONS {
        if optional(accounts.get(uid).await)?.is_some() {
            return not_deleted("Palette returns the account and cannot delete it");
        }
        if accounts.contains(uid).await? {
            return not_deleted("Palette lists the account and does not return it");
        }
    }
    Ok(())
}
