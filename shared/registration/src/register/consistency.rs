//! Reads both stores after a write and compares them.

use gangway_checks::catalogue::palette::ACCOUNT_READABLE;
use gangway_checks::palette_account::check_account_readable;
use gangway_model::{
    CloudAccount, Finding, Registration, SecretArn, Uid, UpsertOutcome, UpstreamError,
    stores::{CloudAccountStore, SecretStore, StagedSecret},
};
use tokio::join;

/// An account that was written, and the secret that was promoted for it.
pub(super) struct AppliedWrite {
    pub(super) uid: Uid,
    pub(super) outcome: UpsertOutcome,
    pub(super) staged: Option<StagedSecret>,
}

/// The result of reading both stores after a write.
pub(super) enum Consistency {
    /// Both stores hold the credential of this run, or both that of a later one.
    Consistent {
        readable: Finding,
        /// The account, if it could be read after the write.
        read_back: Option<Box<CloudAccount>>,
    },
    /// One store holds the credential of this run and the other that of another run. Holds the
    /// account as Palette returned it.
    Conflicting(Box<CloudAccount>),
}

impl AppliedWrite {
    pub(super) fn secret(&self) -> Option<&SecretArn> {
        self.staged.as_ref().map(|staged| &staged.secret)
    }

    /// Compares the stores. A store that cannot be read counts as consistent: a difference cannot
    /// be shown.
    pub(super) async fn check_consistency(
        &self,
        registration: &Registration,
        secrets: &impl SecretStore,
        accounts: &impl CloudAccountStore,
    ) -> Consistency {
        if self.outcome == UpsertOutcome::Unchanged {
            let readable = ACCOUNT_READABLE.passed("found before anything was done");
            return Consistency::Consistent { readable, read_back: None };
        }
        let Some(staged) = &self.staged else {
            let account = accounts.get(&self.uid).await;
            return self.consistent(account);
        };
        let (account, is_active) =
            join!(accounts.get(&self.uid), secrets.is_active(staged, &self.uid));
        if let (Ok(account), Ok(is_active)) = (&account, is_active)
            && let Some(is_ours) = account.access.matches_credential(&registration.credential)
            && is_ours != is_active
        {
            return Consistency::Conflicting(Box::new(account.clone()));
        }
        self.consistent(account)
    }

    fn consistent(&self, account: Result<CloudAccount, UpstreamError>) -> Consistency {
        let readable = check_account_readable(&self.uid, &account);
        Consistency::Consistent { readable, read_back: account.ok().map(Box::new) }
    }
}
