//! Takes an account out of Palette: the account goes, then its secret, which can still be restored
//! for 30 days.

use gangway_checks::ScopedAccounts;
use gangway_model::{
    Uid, UpstreamError,
    stores::{CloudAccountStore as _, SecretOwner, SecretStore as _},
};

use crate::AppContext;

/// What there was to take out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DeleteOutcome {
    /// The account, or what an earlier run had left of it.
    Deleted,
    /// Nothing.
    NotFound,
}

impl AppContext {
    /// Palette first: a secret must outlive the account that it opens. A run cut off between the
    /// two is finished by the next, which finds the secret by its tags.
    pub async fn delete_account(
        &self,
        uid: &Uid,
        registry: &ScopedAccounts<'_>,
    ) -> Result<DeleteOutcome, UpstreamError> {
        let seen = optional(registry.get(uid).await)?;
        let removed = seen.is_some() && optional(registry.delete(uid).await)?.is_some();
        if !removed {
            confirm_deleted(uid, registry).await?;
        }
        let owner = SecretOwner { uid, scope: registry.scope(), last_seen: seen.as_ref() };
        let condemned = self.clients.secrets.mark_for_deletion(owner, None).await?;
        let retired = self.clients.secrets.delete_marked(uid, condemned).await?;
        let found = seen.is_some() || retired > 0;
        Ok(if found { DeleteOutcome::Deleted } else { DeleteOutcome::NotFound })
    }
}

/// `None` where Palette says that it has no such account.
fn optional<T>(answer: Result<T, UpstreamError>) -> Result<Option<T>, UpstreamError> {
    match answer {
        Err(UpstreamError::NotFound { .. }) => Ok(None),
        answer => answer.map(Some),
    }
}

/// How often the account has to be missing from what can be read, and from what is listed.
const CONFIRMATIONS: usize = 2;

/// One "not found" may be a disguise, and a list may lack a line; an account that is neither read
/// nor listed, twice, is gone.
async fn confirm_deleted(uid: &Uid, registry: &ScopedAccounts<'_>) -> Result<(), UpstreamError> {
    let still_there = |how: &'static str| {
        Err(UpstreamError::Unavailable { service: "Palette", source: how.into() })
    };
    for _look in 0..CONFIRMATIONS {
        if optional(registry.get(uid).await)?.is_some() {
            return still_there("an account is shown and cannot be removed");
        }
        if registry.contains(uid).await? {
            return still_there("an account is listed and cannot be read");
        }
    }
    Ok(())
}
