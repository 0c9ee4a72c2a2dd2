//! Deletes an account from Palette, and then its secret, which can be restored for 30 days.

use gangway_checks::ScopedClient;
use gangway_model::{
    Uid, UpstreamError,
    stores::{CloudAccountStore as _, SecretOwner, SecretStore as _},
};

use crate::AppContext;

/// The result of a deletion.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DeleteOutcome {
    /// The account was deleted, or a secret that an interrupted run had left.
    Deleted,
    /// Neither an account nor a secret existed.
    NotFound,
}

impl AppContext {
    /// Deletes the account and then its secrets. In this order an account never exists without its
    /// secret. If a run is interrupted in between, the next one finds the secrets by their tags.
    pub async fn delete_account(
        &self,
        uid: &Uid,
        registry: &ScopedClient<'_>,
    ) -> Result<DeleteOutcome, UpstreamError> {
        let seen = optional(registry.get(uid).await)?;
        let removed = seen.is_some() && optional(registry.delete(uid).await)?.is_some();
        if !removed {
            confirm_deleted(uid, registry).await?;
        }
        let owner = SecretOwner { uid, scope: registry.scope(), last_seen: seen.as_ref() };
        let marked = self.clients.secrets.mark_for_deletion(owner, None).await?;
        let deleted = self.clients.secrets.delete_marked(uid, marked).await?;
        let found = seen.is_some() || deleted > 0;
        Ok(if found { DeleteOutcome::Deleted } else { DeleteOutcome::NotFound })
    }
}

/// Converts "not found" to `None`.
fn optional<T>(answer: Result<T, UpstreamError>) -> Result<Option<T>, UpstreamError> {
    match answer {
        Err(UpstreamError::NotFound { .. }) => Ok(None),
        answer => answer.map(Some),
    }
}

/// How often the account must be missing from a read and from the list before it counts as deleted.
const CONFIRMATIONS: usize = 2;

/// Confirms that the account does not exist. A single "not found" may hide an account without
/// access, and a list may be incomplete.
async fn confirm_deleted(uid: &Uid, registry: &ScopedClient<'_>) -> Result<(), UpstreamError> {
    let still_there = |how: &'static str| {
        Err(UpstreamError::Unavailable { service: "Palette", source: how.into() })
    };
    for _look in 0..CONFIRMATIONS {
        if optional(registry.get(uid).await)?.is_some() {
            return still_there("Palette returns the account and cannot delete it");
        }
        if registry.contains(uid).await? {
            return still_there("Palette lists the account and does not return it");
        }
    }
    Ok(())
}
