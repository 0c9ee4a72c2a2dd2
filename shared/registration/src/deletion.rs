//! Deletes an account from Palette and then deletes its secret. A deleted secret can be restored
//! for 30 days.

use gangway_checks::ScopedClient;
use gangway_model::{
    CloudAccount, Uid, UpstreamError,
    stores::{CloudAccountStore as _, SecretOwner, SecretStore as _},
};

use crate::{AppContext, audit};

/// The result of a deletion.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DeleteOutcome {
    /// The account was deleted, or a secret that an earlier, interrupted run had not deleted.
    Deleted {
        /// The deleted account. `None` if only a secret was deleted.
        account: Option<Box<CloudAccount>>,
    },
    /// Neither an account nor a secret existed.
    NotFound,
}

impl AppContext {
    /// Deletes the account and then its secrets, so that an account never exists without its
    /// secret. If a run is interrupted after the account is deleted, the next run finds the secrets
    /// by their tags.
    pub async fn delete_account(
        &self,
        uid: &Uid,
        accounts: &ScopedClient<'_>,
    ) -> Result<DeleteOutcome, UpstreamError> {
        let existing = not_found_to_none(accounts.get(uid).await)?;
        let was_deleted =
            existing.is_some() && not_found_to_none(accounts.delete(uid).await)?.is_some();
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

    /// Deletes the secrets of an account that was deleted from Palette by a run that was
    /// interrupted before it deleted the secrets. Does nothing if Palette has the account. Returns
    /// the number of secrets.
    pub async fn delete_leftover_secrets(
        &self,
        uid: &Uid,
        accounts: &ScopedClient<'_>,
    ) -> Result<usize, UpstreamError> {
        if not_found_to_none(accounts.get(uid).await)?.is_some() {
            return Ok(0);
        }
        confirm_deleted(uid, accounts).await?;
        let scope = accounts.scope();
        self.delete_secrets(SecretOwner { uid, scope, last_seen: None }).await
    }

    /// Deletes the secrets of an account. Does not delete a secret whose rotation is in progress:
    /// the rotation deletes the secret at its end. Returns the number of all these secrets.
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

/// Converts the error *not found* to `None`.
fn not_found_to_none<T>(result: Result<T, UpstreamError>) -> Result<Option<T>, UpstreamError> {
    match result {
        Err(UpstreamError::NotFound { .. }) => Ok(None),
        result => result.map(Some),
    }
}

/// Number of times that Palette must neither return nor list an account before the account counts
/// as deleted.
const REQUIRED_CONFIRMATIONS: usize = 2;

/// Returns an error unless the account does not exist. One *not found* response is no proof: the
/// API key may have no access to the account, and a list may be incomplete.
async fn confirm_deleted(uid: &Uid, accounts: &ScopedClient<'_>) -> Result<(), UpstreamError> {
    let not_deleted = |reason: &'static str| {
        Err(UpstreamError::Unavailable { service: "Palette", source: reason.into() })
    };
    for _attempt in 0..REQUIRED_CONFIRMATIONS {
        if not_found_to_none(accounts.get(uid).await)?.is_some() {
            return not_deleted("Palette returns the account and cannot delete it");
        }
        if accounts.contains(uid).await? {
            return not_deleted("Palette lists the account and does not return it");
        }
    }
    Ok(())
}
