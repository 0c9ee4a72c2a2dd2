//! Reads Palette and Secrets Manager after a write, and compares the credentials there.

use gangway_checks::catalogue::palette::ACCOUNT_READABLE;
use gangway_checks::palette_account::check_account_readable;
use gangway_model::{
    CloudAccount, Finding, Registration, SecretArn, Uid, UpsertOutcome, UpstreamError,
    stores::{CloudAccountStore, SecretStore, StagedSecret},
};
use tokio::join;

/// An account that this run has written to Palette, and the secret that it has promoted.
pub(super) struct AppliedWrite {
    pub(super) uid: Uid,
    pub(super) outcome: UpsertOutcome,
    pub(super) staged: Option<StagedSecret>,
}

/// The result of reading both stores after a write.
pub(super) enum Consistency {
    /// Both stores contain the credential of the same run: of this run, or of a later one.
    Consistent {
        /// Finding about whether Palette returns the account.
        readable: Finding,
        /// The account as Palette returned it after the write. `None` if it could not be read.
        read_back: Option<Box<CloudAccount>>,
    },
    /// One store contains the credential of this run, and the other store the credential of another
    /// run. The value is the account as Palette returned it.
    Conflicting(Box<CloudAccount>),
}

impl AppliedWrite {
    /// Returns the ARN of the promoted secret. `None` for a method without secrets.
    pub(super) fn secret(&self) -> Option<&SecretArn> {
        self.staged.as_ref().map(|staged| &staged.secret)
    }

    /// Reads and compares both stores. If a store cannot be read, the result is `Consistent`,
    /// because no difference is known.
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
            return self.to_consistent(account);
        };
        let (account, is_active) =
            join!(accounts.get(&self.uid), secrets.is_active(staged, &self.uid));
        if let (Ok(account), Ok(is_active)) = (&account, is_active)
            && let Some(is_ours) = account.access.matches_credential(&registration.credential)
            && is_ours != is_active
        {
            return Consistency::Conflicting(Box::new(account.clone()));
        }
        self.to_consistent(account)
    }

    /// Returns `Consistent` with the account as it was read.
    fn to_consistent(&self, account: Result<CloudAccount, UpstreamError>) -> Consistency {
        let readable = check_account_readable(&self.uid, &account);
        Consistency::Consistent { readable, read_back: account.ok().map(Box::new) }
    }
}
