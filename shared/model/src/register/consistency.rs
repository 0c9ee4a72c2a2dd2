//! How an account stands after it was placed, in both stores.

use futures_util::future::join;

use crate::{
    Check, CloudAccount, Finding, Registration, SecretArn, Severity, Uid, UpsertOutcome,
    UpstreamError,
    stores::{CloudAccountStore, SecretStore, StagedSecret},
};

/// Palette has the account.
pub static ACCOUNT_READABLE: Check = Check {
    id: "palette.account-readable",
    title: "Palette shows the account after it was registered",
    severity: Severity::Blocker,
    covers: &["C18"],
};

/// An account that was placed, with its credential in use.
pub(super) struct AppliedWrite {
    pub(super) uid: Uid,
    pub(super) outcome: UpsertOutcome,
    pub(super) staged: Option<StagedSecret>,
}

/// How an account stands after it was placed.
pub(super) enum Consistency {
    /// As it was placed, or as another run has it that came later; whether it could be read back.
    Consistent(Finding),
    /// One store as this run has it, and one as another.
    Conflicting(Box<CloudAccount>),
}

impl AppliedWrite {
    pub(super) fn secret(&self) -> Option<&SecretArn> {
        self.staged.as_ref().map(|staged| &staged.secret)
    }

    /// Looks at both stores. It never undoes what was done.
    pub(super) async fn check_consistency(
        &self,
        registration: &Registration,
        vault: &impl SecretStore,
        registry: &impl CloudAccountStore,
    ) -> Consistency {
        if self.outcome == UpsertOutcome::Unchanged {
            return Consistency::Consistent(
                ACCOUNT_READABLE.passed("found before anything was done"),
            );
        }
        let Some(staged) = &self.staged else {
            return Consistency::Consistent(read_back(&self.uid, &registry.get(&self.uid).await));
        };
        let (read, held) = join(registry.get(&self.uid), vault.is_active(staged, &self.uid)).await;
        // What cannot be looked at cannot be told apart.
        let ours =
            |account: &CloudAccount| account.access.matches_credential(&registration.credential);
        match (&read, held) {
            (Ok(account), Ok(held)) if ours(account).is_some_and(|ours| ours != held) => {
                Consistency::Conflicting(Box::new(account.clone()))
            }
            (read, _) => Consistency::Consistent(read_back(&self.uid, read)),
        }
    }
}

/// The answer to [`LISTED`] (C18).
fn read_back(uid: &Uid, read: &Result<CloudAccount, UpstreamError>) -> Finding {
    match read {
        Ok(account) => {
            let state = account.state.as_deref().unwrap_or("not told");
            ACCOUNT_READABLE.passed(format!("read back by its uid, state: {state}"))
        }
        Err(error) => ACCOUNT_READABLE.unverified(
            format!("it was registered, and could not be read back: {error}"),
            format!("read it again: GET /v1/accounts/{uid}"),
        ),
    }
}
