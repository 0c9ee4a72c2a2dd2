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
        let told = match &seen {
            Some(_) => registry.delete(uid).await,
            None => Err(PortError::Missing { service: PALETTE, what: "AWS account" }),
        };
        match told {
            Ok(()) => {}
            Err(PortError::Missing { .. }) => certainly_gone(uid, registry).await?,
            Err(error) => return Err(error),
        }
        let owner = Owner { uid, scope: registry.scope(), seen: seen.as_ref() };
        let condemned = self.vault.condemn(owner, None).await?;
        let retired = self.vault.retire(uid, condemned).await?;
        let found = seen.is_some() || retired > 0;
        Ok(if found { Removal::Removed } else { Removal::Absent })
    }
}

const PALETTE: &str = "Palette";

/// How often the account has to be missing from what can be read, and from what is listed.
const LOOKS: usize = 2;

/// One "not found" may be a disguise, and a list may lack a line; an account that is neither read nor listed, twice, is gone.
async fn certainly_gone(uid: &Uid, registry: &Accounts<'_>) -> Result<(), PortError> {
    let still_there =
        |how: &'static str| Err(PortError::Unavailable { service: PALETTE, source: how.into() });
    for _look in 0..LOOKS {
        match registry.get(uid).await {
            Ok(_) => return still_there("an account is shown and cannot be removed"),
            Err(PortError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
        if registry.lists(uid).await? {
            return still_there("an account is listed and cannot be read");
        }
    }
    Ok(())
}
