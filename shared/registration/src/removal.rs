//! Takes an account out of Palette: the account goes, then its secret, which can still be restored for 30 days.

use gangway_checks::Accounts;
use gangway_model::{
    PortError, Uid,
    ports::{Owner, Registry as _, Vault as _},
};

use crate::Deployment;

/// What there was to take out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Removal {
    /// The account, or what an earlier run had left of it.
    Removed,
    /// Nothing.
    Absent,
}

impl Deployment {
    /// Palette first: a secret must outlive the account that it opens. A run cut off between the two is finished by the
    /// next, which finds the secret by its tags.
    pub async fn remove(&self, uid: &Uid, registry: &Accounts<'_>) -> Result<Removal, PortError> {
        let seen = if_there(registry.get(uid).await)?;
        let removed = seen.is_some() && if_there(registry.delete(uid).await)?.is_some();
        if !removed {
            certainly_gone(uid, registry).await?;
        }
        let owner = Owner { uid, scope: registry.scope(), seen: seen.as_ref() };
        let condemned = self.clients.vault.condemn(owner, None).await?;
        let retired = self.clients.vault.retire(uid, condemned).await?;
        let found = seen.is_some() || retired > 0;
        Ok(if found { Removal::Removed } else { Removal::Absent })
    }
}

/// `None` where Palette says that it has no such account.
fn if_there<T>(answer: Result<T, PortError>) -> Result<Option<T>, PortError> {
    match answer {
        Err(PortError::Missing { .. }) => Ok(None),
        answer => answer.map(Some),
    }
}

/// How often the account has to be missing from what can be read, and from what is listed.
const LOOKS: usize = 2;

/// One "not found" may be a disguise, and a list may lack a line; an account that is neither read nor listed, twice, is gone.
async fn certainly_gone(uid: &Uid, registry: &Accounts<'_>) -> Result<(), PortError> {
    let still_there =
        |how: &'static str| Err(PortError::Unavailable { service: "Palette", source: how.into() });
    for _look in 0..LOOKS {
        if if_there(registry.get(uid).await)?.is_some() {
            return still_there("an account is shown and cannot be removed");
        }
        if registry.lists(uid).await? {
            return still_there("an account is listed and cannot be read");
        }
    }
    Ok(())
}
