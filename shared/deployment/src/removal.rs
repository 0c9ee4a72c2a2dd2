//! Takes an account out of Palette: the account goes, then its secret, which can still be restored for 30 days.

use domain::{
    PortError, Uid,
    ports::{Owner, Registry as _, Vault as _},
};

use crate::{Accounts, Deployment};

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
        let seen = match registry.get(uid).await {
            Ok(account) => Some(account),
            Err(PortError::Missing { .. }) => None,
            Err(error) => return Err(error),
        };
        if seen.is_some() {
            match registry.delete(uid).await {
                Ok(()) | Err(PortError::Missing { .. }) => {}
                Err(error) => return Err(error),
            }
        } else if registry.lists(uid).await? {
            // One "not found" may be a disguise; a scope that lists its accounts without this one is none.
            return Err(PortError::Unavailable {
                service: "Palette",
                source: "an account is listed and cannot be read".into(),
            });
        }
        let owner = Owner { uid, scope: registry.scope(), seen: seen.as_ref() };
        let retired = self.vault.retire(owner, None).await?;
        let found = seen.is_some() || retired > 0;
        Ok(if found { Removal::Removed } else { Removal::Absent })
    }
}
