//! What a registration asks of the outside. Who keeps secrets, and who knows accounts.

use std::future::Future;

use secrecy::SecretString;

use crate::{
    AccountName, AuthMethod, CloudAccount, Registration, Scope, SecretArn, Uid, UpstreamError,
};

/// A credential that is kept, and not yet in use.
#[derive(Debug)]
#[must_use = "what is staged is not in use until it is promoted"]
pub struct StagedSecret {
    /// Where it is kept.
    pub secret: SecretArn,
    /// Whose way in it is.
    pub method: AuthMethod,
    /// Which version of the secret it is. Derived from the content, so the same content is the same version.
    pub version: String,
    /// How the secret was found.
    pub status: SecretStatus,
}

/// How a secret was found when a credential was kept in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SecretStatus {
    /// There was none: it was made with this version alone.
    New,
    /// It has never been in use for any account, in any version.
    NeverUsed,
    /// This very version is in use already, for this account.
    ActiveFor(Uid),
    /// Another version is in use, or it is not told.
    OtherVersionActive,
}

impl SecretStatus {
    /// The account that the version is in use for.
    pub const fn active_for(&self) -> Option<&Uid> {
        match self {
            Self::ActiveFor(uid) => Some(uid),
            Self::New | Self::NeverUsed | Self::OtherVersionActive => None,
        }
    }
}

/// Secrets that are noted as going, and have not gone.
#[derive(Debug)]
#[must_use = "what is condemned is to be retired or spared"]
pub struct PendingDeletion(pub Vec<SecretArn>);

/// The account whose secrets are meant.
#[derive(Clone, Copy, Debug)]
pub struct SecretOwner<'a> {
    /// Its uid.
    pub uid: &'a Uid,
    /// Whose it is.
    pub scope: &'a Scope,
    /// How it was last seen: its secret can then be called by name, while lists may lag behind.
    pub last_seen: Option<&'a CloudAccount>,
}

/// Keeps secrets, in two steps: a version that is never promoted changes nothing. Staging brings a discarded secret back.
pub trait SecretStore {
    /// Keeps the registration's credential beside the one in use. `None` where it holds nothing secret.
    fn stage(
        &self,
        registration: &Registration,
    ) -> impl Future<Output = Result<Option<StagedSecret>, UpstreamError>> + Send;

    /// Puts a staged version in use for an account. Twice is once. A secret that is [`Standing::New`] is not looked at again:
    /// say so only where nobody can have put another version in use before this account was made.
    fn promote(
        &self,
        staged: &StagedSecret,
        uid: &Uid,
    ) -> impl Future<Output = Result<(), UpstreamError>> + Send;

    /// Whether a version is in use for an account, as it is now: another run may have put its own in use since.
    fn is_active(
        &self,
        staged: &StagedSecret,
        uid: &Uid,
    ) -> impl Future<Output = Result<bool, UpstreamError>> + Send;

    /// Sends a secret that was never in use into its recovery window: its account was refused.
    fn delete_staged(
        &self,
        staged: StagedSecret,
    ) -> impl Future<Output = Result<(), UpstreamError>> + Send;

    /// Notes of every secret kept for an account of this scope, save one, that it goes: whoever puts one of them in use from
    /// now on finds out. Twice is once. The scope guards the secrets of an account that is merely not seen from here.
    fn mark_for_deletion(
        &self,
        owner: SecretOwner<'_>,
        keep: Option<&SecretArn>,
    ) -> impl Future<Output = Result<PendingDeletion, UpstreamError>> + Send;

    /// Sends what was condemned into its recovery window, but for what is kept for another account by now. Tells how many
    /// secrets were condemned.
    fn delete_marked(
        &self,
        uid: &Uid,
        condemned: PendingDeletion,
    ) -> impl Future<Output = Result<usize, UpstreamError>> + Send;

    /// Takes it back.
    fn unmark(
        &self,
        condemned: PendingDeletion,
    ) -> impl Future<Output = Result<(), UpstreamError>> + Send;
}

/// Knows the cloud accounts of one scope.
pub trait CloudAccountStore {
    /// The account of this name.
    fn find_by_name(
        &self,
        name: &AccountName,
    ) -> impl Future<Output = Result<Option<CloudAccount>, UpstreamError>> + Send;

    /// The account of this uid, or [`PortError::Missing`].
    fn get(&self, uid: &Uid) -> impl Future<Output = Result<CloudAccount, UpstreamError>> + Send;

    /// Makes an account. There is no idempotency key: after an error that leaves doubt, [`find`](Registry::find) first.
    fn create(
        &self,
        registration: &Registration,
    ) -> impl Future<Output = Result<Uid, UpstreamError>> + Send;

    /// Brings an account to this state, and keeps what is noted on it besides. Twice is once.
    fn update(
        &self,
        known: &CloudAccount,
        registration: &Registration,
    ) -> impl Future<Output = Result<(), UpstreamError>> + Send;
}

/// Holds the key that opens the registry.
pub trait ApiKeyProvider {
    /// The API key, as it is now. Read again when the registry no longer takes the last one.
    fn api_key(&self) -> impl Future<Output = Result<SecretString, UpstreamError>> + Send;
}
