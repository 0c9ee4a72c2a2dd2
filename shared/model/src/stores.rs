//! Traits of the stores that a registration writes. `docs/consistency.md` describes the protocol.

use std::{future::Future, pin::Pin};

use secrecy::SecretString;

use crate::{
    AccountName, AccountSettings, AuthMethod, CloudAccount, Registration, Scope, SecretArn, Uid,
    UpstreamError,
};

/// A credential that was staged and is not active yet.
#[derive(Debug)]
#[must_use = "a staged secret is not in use until it is promoted"]
pub struct StagedSecret {
    pub secret: SecretArn,
    pub method: AuthMethod,
    /// Recorded as tags of the secret.
    pub settings: AccountSettings,
    /// The id of the secret's version: a hash of its content.
    pub version: String,
    /// The state of the secret before it was staged.
    pub status: SecretStatus,
}

/// The state of a secret before a credential was staged in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SecretStatus {
    /// It did not exist: it was created with this version only.
    New,
    /// No version of it is active for any account.
    NeverUsed,
    /// This version is active already, for this account, and the secret has the requested settings.
    ActiveFor(Uid),
    /// Another version or other settings are active, or the active version cannot be determined.
    OtherVersionActive,
}

impl SecretStatus {
    /// Returns the account that the version is active for.
    pub const fn active_for(&self) -> Option<&Uid> {
        match self {
            Self::ActiveFor(uid) => Some(uid),
            Self::New | Self::NeverUsed | Self::OtherVersionActive => None,
        }
    }
}

/// Secrets that are marked for deletion and not deleted yet.
#[derive(Debug)]
#[must_use = "marked secrets are to be deleted or unmarked"]
pub struct PendingDeletion(pub Vec<SecretArn>);

/// The account that owns secrets.
#[derive(Clone, Copy, Debug)]
pub struct SecretOwner<'a> {
    pub uid: &'a Uid,
    pub scope: &'a Scope,
    /// The account as last read. Its secret is then found by name, even if the list of secrets lags
    /// behind.
    pub last_seen: Option<&'a CloudAccount>,
}

/// Stores credentials with a two-phase write: `stage` adds a pending version, `promote` makes it
/// current. A pending version changes nothing. `stage` restores a secret that is scheduled for
/// deletion.
pub trait SecretStore {
    /// Writes the credential as a pending version. Idempotent. Returns `None` if the method has no
    /// secret.
    fn stage(
        &self,
        registration: &Registration,
    ) -> impl Future<Output = Result<Option<StagedSecret>, UpstreamError>> + Send;

    /// Makes the staged version current and tags the secret with the account's uid. Idempotent.
    /// Does not read the secret again if its status is [`SecretStatus::New`]: pass that only if no
    /// concurrent run can have promoted another version.
    fn promote(
        &self,
        staged: &StagedSecret,
        uid: &Uid,
    ) -> impl Future<Output = Result<(), UpstreamError>> + Send;

    /// Returns `true` if the staged version is now current and active for the account. Detects a
    /// concurrent run that promoted another version.
    fn is_active(
        &self,
        staged: &StagedSecret,
        uid: &Uid,
    ) -> impl Future<Output = Result<bool, UpstreamError>> + Send;

    /// Schedules deletion of a secret whose account was rejected, unless another run has promoted
    /// it.
    fn delete_staged(
        &self,
        staged: StagedSecret,
    ) -> impl Future<Output = Result<(), UpstreamError>> + Send;

    /// Marks every secret of the owner, except `keep`, and returns their ARNs. Deletes nothing. A
    /// run that promotes or reads one of them afterwards sees the mark. Idempotent. Secrets of
    /// other scopes are never marked, so accounts that are not visible here keep theirs.
    fn mark_for_deletion(
        &self,
        owner: SecretOwner<'_>,
        keep: Option<&SecretArn>,
    ) -> impl Future<Output = Result<PendingDeletion, UpstreamError>> + Send;

    /// Schedules deletion of the marked secrets (30 days), except those that belong to another
    /// account by now. Returns how many were marked.
    fn delete_marked(
        &self,
        uid: &Uid,
        marked: PendingDeletion,
    ) -> impl Future<Output = Result<usize, UpstreamError>> + Send;

    /// Removes the marks, so that the secrets are active again.
    fn unmark(
        &self,
        marked: PendingDeletion,
    ) -> impl Future<Output = Result<(), UpstreamError>> + Send;
}

/// Palette's cloud accounts of one scope.
pub trait CloudAccountStore {
    fn find_by_name(
        &self,
        name: &AccountName,
    ) -> impl Future<Output = Result<Option<CloudAccount>, UpstreamError>> + Send;

    /// # Errors
    /// [`UpstreamError::NotFound`] if there is no account with this uid.
    fn get(&self, uid: &Uid) -> impl Future<Output = Result<CloudAccount, UpstreamError>> + Send;

    /// Creates an account. Palette has no idempotency key: after an error that may have created the
    /// account, call [`find_by_name`](Self::find_by_name) before another attempt.
    fn create(
        &self,
        registration: &Registration,
    ) -> impl Future<Output = Result<Uid, UpstreamError>> + Send;

    /// Updates an account. Keeps annotations and labels of other tools. Idempotent.
    fn update(
        &self,
        known: &CloudAccount,
        registration: &Registration,
    ) -> impl Future<Output = Result<(), UpstreamError>> + Send;
}

/// Future of [`ApiKeyProvider::api_key`], boxed so that the trait is object-safe.
pub type ApiKeyFuture<'a> =
    Pin<Box<dyn Future<Output = Result<SecretString, UpstreamError>> + Send + 'a>>;

/// Provides Palette's API key.
pub trait ApiKeyProvider: Send + Sync {
    /// Fetches the current API key. Called again when Palette no longer accepts the last one.
    fn api_key(&self) -> ApiKeyFuture<'_>;
}
