//! How an account stands after it was placed, in both stores.

use futures_util::future::join;

use crate::{
    Check, CloudAccount, Enrolled, Finding, PortError, Registration, SecretArn, Severity, Uid,
    ports::{Registry, Staged, Vault},
};

/// Palette has the account.
pub static LISTED: Check = Check {
    id: "palette.account-readable",
    title: "Palette shows the account after it was registered",
    severity: Severity::Blocker,
    covers: &["C18"],
};

/// An account that was placed, with its credential in use.
pub(super) struct Placed {
    pub(super) uid: Uid,
    pub(super) outcome: Enrolled,
    pub(super) staged: Option<Staged>,
}

/// How an account stands after it was placed.
pub(super) enum Stand {
    /// As it was placed, or as another run has it that came later; whether it could be read back.
    Settled(Finding),
    /// One store as this run has it, and one as another.
    Mixed(Box<CloudAccount>),
}

impl Placed {
    pub(super) fn secret(&self) -> Option<&SecretArn> {
        self.staged.as_ref().map(|staged| &staged.secret)
    }

    /// Looks at both stores. It never undoes what was done.
    pub(super) async fn stands(
        &self,
        registration: &Registration,
        vault: &impl Vault,
        registry: &impl Registry,
    ) -> Stand {
        if self.outcome == Enrolled::Unchanged {
            return Stand::Settled(LISTED.passed("found before anything was done"));
        }
        let Some(staged) = &self.staged else {
            return Stand::Settled(read_back(&self.uid, &registry.get(&self.uid).await));
        };
        let (read, held) = join(registry.get(&self.uid), vault.holds(staged, &self.uid)).await;
        // What cannot be looked at cannot be told apart.
        let ours = |account: &CloudAccount| account.access.shows(&registration.credential);
        match (&read, held) {
            (Ok(account), Ok(held)) if ours(account).is_some_and(|ours| ours != held) => {
                Stand::Mixed(Box::new(account.clone()))
            }
            (read, _) => Stand::Settled(read_back(&self.uid, read)),
        }
    }
}

/// The answer to [`LISTED`] (C18).
fn read_back(uid: &Uid, read: &Result<CloudAccount, PortError>) -> Finding {
    match read {
        Ok(account) => {
            let state = account.state.as_deref().unwrap_or("not told");
            LISTED.passed(format!("read back by its uid, state: {state}"))
        }
        Err(error) => LISTED.unverified(
            format!("it was registered, and could not be read back: {error}"),
            format!("read it again: GET /v1/accounts/{uid}"),
        ),
    }
}
