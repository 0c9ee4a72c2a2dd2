//! `createSecret`: makes a new access key.

use std::time::{Duration, Instant, SystemTime};

use gangway_aws::{CreatedKey, ListedKey, OldKey};
use gangway_http::clock;
use gangway_model::{AccessKey, AccessKeyId, UpstreamError};
use tokio::time::timeout;

use super::{KeyUser, Rotation, RotationError, not_yet, refused, shown_key};

/// IAM must answer within this time after the note. A key that was created later is not one of this rotation.
const MAX_CREATION: Duration = Duration::from_secs(10);

/// AWS's clock and the dates of keys, which have no fractions of a second, differ by this much at most.
const PRECISION: Duration = Duration::from_secs(2);

/// A key that IAM does not list after this time does not exist.
const LIST_LAG: Duration = Duration::from_mins(10);

impl Rotation<'_> {
    /// Creates an access key and stores it as pending, unless an earlier attempt has.
    pub(super) async fn create(&self) -> Result<(), RotationError> {
        let (secrets, secret) = (&self.app.clients.secrets, &self.secret.arn);
        if secrets.is_staged_by_registration(secret, self.token).await? {
            secrets.give_up_pending(secret, self.token).await?;
            return refused(
                "a registration that was interrupted had left a pending version. Its label is removed, and the next rotation starts anew",
            );
        }
        let current = secrets.current_key(secret).await?;
        let user = self.user_of(&current).await?;
        let keys = user.aws.list_access_keys(&user.name).await?;
        if let Some(pending) = secrets.pending_key(secret, self.token).await? {
            return self.check_pending(&pending, &keys).await;
        }
        self.check_use(&current.id).await?;
        self.delete_own_keys(&user, &current.id, &keys).await?;
        // A key that somebody has created since is not taken for one of this rotation.
        if user.aws.list_access_keys(&user.name).await?.iter().any(|key| key.id != current.id) {
            return not_yet("IAM lists another access key of the user");
        }
        let noted = Instant::now();
        secrets.note_creation(secret, Some(server_time())).await?;
        let left = MAX_CREATION.saturating_sub(noted.elapsed());
        let Ok(created) = timeout(left, user.aws.create_access_key(&user.name)).await else {
            return not_yet("IAM does not answer");
        };
        match created? {
            CreatedKey::Created(id, secret_key) => {
                let certificate_authority = current.certificate_authority;
                let key = AccessKey { id, secret: secret_key, certificate_authority };
                Ok(secrets.put_pending_key(secret, self.token, &key).await?)
            }
            CreatedKey::Refused(error) => {
                secrets.note_creation(secret, None).await?;
                Err(error.into())
            }
        }
    }

    /// Makes sure that a pending key exists. Whoever looks for lost keys may have deleted it.
    async fn check_pending(
        &self,
        pending: &AccessKey,
        keys: &[ListedKey],
    ) -> Result<(), RotationError> {
        let is_listed = keys.iter().any(|key| key.id == pending.id);
        if is_listed || self.app.clients.aws.with_static_credentials(pending).caller().await.is_ok()
        {
            return Ok(());
        }
        let age =
            self.secret.creating_since.and_then(|since| server_time().duration_since(since).ok());
        if age.is_some_and(|age| age < LIST_LAG) {
            return not_yet("IAM does not list the pending access key yet");
        }
        let secrets = &self.app.clients.secrets;
        secrets.give_up_pending(&self.secret.arn, self.token).await?;
        refused(format!(
            "the pending access key {} does not exist any more. The next rotation creates another one",
            pending.id
        ))
    }

    /// Makes sure that Palette uses the current key, and that no other account does.
    async fn check_use(&self, current: &AccessKeyId) -> Result<(), RotationError> {
        if shown_key(&self.account().await?)?.is_some_and(|shown| shown != *current) {
            return refused(format!(
                "Palette has another access key than {current}, which the secret holds: PUT the account with its access key"
            ));
        }
        if self.app.clients.secrets.is_key_of_another_account(self.secret, current).await? {
            return refused(format!(
                "another registered account uses access key {current} too, and would stop working: register each account with an IAM user of its own"
            ));
        }
        Ok(())
    }

    /// Deletes the old key of the rotation before, and a key that an interrupted attempt has left. Refuses if
    /// the user has a key of somebody else.
    async fn delete_own_keys(
        &self,
        user: &KeyUser,
        current: &AccessKeyId,
        keys: &[ListedKey],
    ) -> Result<(), RotationError> {
        let (secrets, secret) = (&self.app.clients.secrets, &self.secret.arn);
        for key in keys.iter().filter(|key| key.id != *current) {
            let old = self.secret.old_key.as_ref().filter(|old| old.id == key.id);
            match old {
                Some(OldKey { is_deactivated: true, .. }) if key.is_active => {
                    return refused(format!(
                        "access key {} was rotated, and somebody has activated it again: find out who uses it, and deactivate it",
                        key.id
                    ));
                }
                Some(_) => {
                    user.aws.delete_access_key(&user.name, &key.id).await?;
                    secrets.note_old_key(secret, None).await?;
                }
                None if self.was_lost(user, key).await? => {
                    user.aws.delete_access_key(&user.name, &key.id).await?;
                }
                None => {
                    return refused(format!(
                        "user {} has a second access key, {}, and nothing proves that Gangway has created it: delete it if nobody uses it. IAM allows two",
                        user.name, key.id
                    ));
                }
            }
        }
        Ok(())
    }

    /// Returns `true` if an attempt has created the key and ended before it stored its secret: it was created
    /// when the note says that one was about to be, and nobody has ever used it. Nobody can use a lost key.
    pub(super) async fn was_lost(
        &self,
        user: &KeyUser,
        key: &ListedKey,
    ) -> Result<bool, UpstreamError> {
        let Some((since, created)) = self.secret.creating_since.zip(key.created) else {
            return Ok(false);
        };
        let is_then = created + PRECISION >= since && created <= since + MAX_CREATION + PRECISION;
        if !is_then {
            return Ok(false);
        }
        match user.aws.access_key_was_used(&key.id).await {
            Ok(was_used) => Ok(!was_used),
            Err(error) if error.is_refusal() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Returns the time by the clock of AWS.
fn server_time() -> SystemTime {
    let skew = clock::skew().unwrap_or_default();
    let difference = Duration::from_secs(skew.unsigned_abs());
    if skew > 0 { clock::now() - difference } else { clock::now() + difference }
}
