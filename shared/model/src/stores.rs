//! The traits of the two stores that a registration writes: the secret store and Palette's cloud
//! accounts. `docs/consistency.md` describes the order of the writes.

use std::{future::Future, pin::Pin};

use secrecy::SecretString;

use crate::{
    AccountName, AccountSettings, AuthMethod, CloudAccount, Registration, Scope, SecretArn, Uid,
    UpstreamError,
};

/// A secret with a pending version (`AWSPENDING`) that contains a new credential.
#[derive(Debug)]
#[must_use = "a staged secret is not in use until it is promoted"]
pub struct StagedSecret {
    pub secret: SecretArn,
    pub method: AuthMethod,
    /// The settings that the store writes to tags of the secret.
    pub settings: AccountSettings,
    /// The id of the pending version, which is a hash of its content.
    pub version: String,
    /// The state of the secret before the pending version was written.
    pub status: SecretStatus,
}

/// The state of a secret before the store wrote a pending version to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SecretStatus {
    /// The secret did not exist. The store created it, with the pending version only.
    New,
    /// The secret existed, and no version of it was active for any cloud account.
    NeverUsed,
    /// The version with the same content is already active for the cloud account with this uid,
    /// and the secret has the requested settings.
    ActiveFor(Uid),
    /// A version with other content or other settings is active, or the store cannot determine
    /// which version is active.
    OtherVersionActive,
}

impl SecretStatus {
    /// Returns the uid of the cloud account that the staged version is already active for.
    pub const fn active_for(&self) -> Option<&Uid> {
        match self {
            Self::ActiveFor(uid) => Some(uid),
            Self::New | Self::NeverUsed | Self::OtherVersionActive => None,
        }
    }
}

/// The ARNs of secrets that are marked for deletion and not deleted yet.
#[derive(Debug)]
#[must_use = "marked secrets are to be deleted or unmarked"]
pub struct PendingDeletion(pub Vec<SecretArn>);

/// The cloud account whose secrets a store deletes.
#[derive(Clone, Copy, Debug)]
pub struct SecretOwner<'a> {
    pub uid: &'a Uid,
    pub scope: &'a Scope,
    /// The cloud account as Gangway last read it. With it, the store also finds the account's
    /// secret by name: `ListSecrets` may not return a secret that was created just before.
    pub last_seen: Option<&'a CloudAccount>,
}

/// Stores credentials in two steps: `stage` adds a pending version to a secret, `promote` makes the
/// pending version the current one. A pending version does not
/// change the registered account. `stage` restores a secret that
/// is scheduled for deletion.
pub trait SecretStore {
    /// Writes the credential of a registration as a pending version of the account's secret.
    /// Returns `None` if accounts of this method have no secret. The call is idempotent.
    fn stage(
        &self,
        registration: &Registration,
    ) -> impl Future<Output = Result<Option<StagedSecret>, UpstreamError>> + Send;

    /// Makes the staged version the current one, and tags the secret with the uid of the cloud
    /// account. The call is idempotent. If `staged.status` is [`SecretStatus::New`], the secret is
    /// not read again; then no concurrent run may have promoted another version.
    fn promote(
        &self,
        staged: &StagedSecret,
        uid: &Uid,
    ) -> impl Future<Output = Result<(), UpstreamError>> + Send;

    /// Returns `true` if the staged version is now current and active for the cloud account.
    /// Returns `false` if a concurrent run has promoted another version.
    fn is_active(
        &self,
        staged: &StagedSecret,
        uid: &Uid,
    ) -> impl Future<Output = Result<bool, UpstreamError>> + Send;

    /// Schedules deletion of a staged secret after Palette refused its account, unless another run
    /// has promoted a version of the secret.
    fn delete_staged(
        &self,
        staged: StagedSecret,
    ) -> impl Future<Output = Result<(), UpstreamError>> + Send;

    /// Marks every secret of the owner, except `keep`, for deletion, and returns their ARNs. It
    /// deletes nothing: a run that promotes or reads a marked secret afterwards sees the mark.
    /// Secrets of other scopes are never marked, because Gangway may not see the accounts in those
    /// scopes. The call is idempotent.
    fn mark_for_deletion(
        &self,
        owner: SecretOwner<'_>,
        keep: Option<&SecretArn>,
    ) -> impl Future<Output = Result<PendingDeletion, UpstreamError>> + Send;

    /// Schedules deletion of the marked secrets, with a recovery window of 30 days. Secrets that
    /// another cloud account uses now are not deleted. Returns the number of secrets in `marked`.
    fn delete_marked(
        &self,
        uid: &Uid,
        marked: PendingDeletion,
    ) -> impl Future<Output = Result<usize, UpstreamError>> + Send;

    /// Removes the marks for deletion, so that the secrets are active again.
    fn unmark(
        &self,
        marked: PendingDeletion,
    ) -> impl Future<Output = Result<(), UpstreamError>> + Send;
}

/// Reads and writes Palette's cloud accounts of one scope.
pub trait CloudAccountStore {
    /// Returns the cloud account with this name, or `None` if the scope has no such account.
    fn find_by_name(
        &self,
        name: &AccountName,
    ) -> impl Future<Output = Result<Option<CloudAccount>, UpstreamError>> + Send;

    /// Returns the cloud account with this uid.
    ///
    /// # Errors
    ///
    /// Returns [`UpstreamError::NotFound`] if the scope has no account with this uid.
    fn get(&self, uid: &Uid) -> impl Future<Output = Result<CloudAccount, UpstreamError>> + Send;

    /// Creates a cloud account and returns its uid. Palette has no idempotency key. An error such
    /// as a timeout does not show whether the account was created: call
    /// [`find_by_name`](Self::find_by_name) before another attempt.
    fn create(
        &self,
        registration: &Registration,
    ) -> impl Future<Output = Result<Uid, UpstreamError>> + Send;

    /// Updates a cloud account. Keeps the annotations and labels of other tools. The call is
    /// idempotent.
    fn update(
        &self,
        known: &CloudAccount,
        registration: &Registration,
    ) -> impl Future<Output = Result<(), UpstreamError>> + Send;
}

/// The future that [`ApiKeyProvider::api_key`] returns. It is boxed so that the trait can be used
/// as `dyn ApiKeyProvider`.
pub type ApiKeyFuture<'a> =
    Pin<Box<dyn Future<Output = Result<SecretString, UpstreamError>> + Send + 'a>>;

/// Provides Palette's API key.
pub trait ApiKeyProvider: Send + Sync {
    /// Fetches the current API key. The client calls it again when Palette answers that the last
    /// key is not valid.
    fn api_key(&self) -> ApiKeyFuture<'_>;
}
