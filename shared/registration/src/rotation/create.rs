//! The step `createSecret`: creates a new access key.

use std::time::{Duration, Instant, SystemTime};

use gangway_aws::{CreatedKey, ListedKey, OldKey};
use gangway_http::clock;
use gangway_model::{AccessKey, AccessKeyId, UpstreamError};
use tokio::time::timeout;

use super::{
    KeyUser, Rotation, RotationError, action_required_error, key_id_in_palette, retry_later_error,
};

/// IAM must respond within this time after the start of the creation was stored in a tag of the
/// secret. A key that was created later does not belong to this rotation.
const CREATION_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest difference between the clock of AWS and the creation date of a key, which has no
/// fractions of a second.
const MAX_DATE_DIFFERENCE: Duration = Duration::from_secs(2);

/// Time after which IAM lists every key that exists.
const MAX_LIST_DELAY: Duration = Duration::from_mins(10);

impl Rotation<'_> {
    /// Creates an access key and stores it as the pending version. Does nothing if an earlier
    /// attempt has done so.
    pub(super) async fn create(&self) -> Result<(), RotationError> {
        let (secrets, secret) = (&self.app.clients.secrets, &self.secret.arn);
        if secrets.is_staged_by_registration(secret, self.token).await? {
            secrets.give_up_pending(secret, self.token).await?;
            return action_required_error(
                "a registration that was interrupted had left a pending version. Its label is removed, and the next rotation starts anew",
            );
        }
        let current = secrets.current_key(secret).await?;
        let user = self.find_user_of(&current).await?;
        let keys = user.aws.list_access_keys(&user.name).await?;
        if let Some(pending) = secrets.pending_key(secret, self.token).await? {
            return self.check_pending_key_exists(&pending, &keys).await;
        }
        self.check_current_key_use(&current.id).await?;
        self.delete_unused_own_keys(&user, &current.id, &keys).await?;
        // A key that somebody has created in the meantime must not count as the key of this
        // rotation.
        if user.aws.list_access_keys(&user.name).await?.iter().any(|key| key.id != current.id) {
            return retry_later_error("IAM lists another access key of the user");
        }
        let noted = Instant::now();
        secrets.note_creation(secret, Some(server_time())).await?;
        let left = CREATION_TIMEOUT.saturating_sub(noted.elapsed());
        let Ok(created) = timeout(left, user.aws.create_access_key(&user.name)).await else {
            return retry_later_error("IAM does not answer");
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

    /// Checks that the key in the pending version exists. A person may have deleted the key because
    /// nothing used it.
    async fn check_pending_key_exists(
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
        if age.is_some_and(|age| age < MAX_LIST_DELAY) {
            return retry_later_error("IAM does not list the pending access key yet");
        }
        let secrets = &self.app.clients.secrets;
        secrets.give_up_pending(&self.secret.arn, self.token).await?;
        action_required_error(format!(
            "the pending access key {} does not exist any more. The next rotation creates another one",
            pending.id
        ))
    }

    /// Checks that Palette uses the current key for this account, and that no other account uses
    /// it.
    async fn check_current_key_use(&self, current: &AccessKeyId) -> Result<(), RotationError> {
        if key_id_in_palette(&self.load_account().await?)?.is_some_and(|shown| shown != *current) {
            return action_required_error(format!(
                "Palette has another access key than {current}, which the secret holds: PUT the account with its access key"
            ));
        }
        if self.app.clients.secrets.is_key_of_another_account(self.secret, current).await? {
            return action_required_error(format!(
                "another registered account uses access key {current} too, and would stop working: register each account with an IAM user of its own"
            ));
        }
        Ok(())
    }

    /// Deletes the old key of the previous rotation, and a key that an interrupted attempt has
    /// created and not stored.
    ///
    /// # Errors
    ///
    /// Returns [`RotationError::ActionRequired`] if the user has a key that Gangway has not
    /// created.
    async fn delete_unused_own_keys(
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
                    return action_required_error(format!(
                        "access key {} was rotated, and somebody has activated it again: find out who uses it, and deactivate it",
                        key.id
                    ));
                }
                Some(_) => {
                    user.aws.delete_access_key(&user.name, &key.id).await?;
                    secrets.note_old_key(secret, None).await?;
                }
                None if self.is_lost_key(user, key).await? => {
                    user.aws.delete_access_key(&user.name, &key.id).await?;
                }
                None => {
                    return action_required_error(format!(
                        "user {} has a second access key, {}, and nothing proves that Gangway has created it: delete it if nobody uses it. IAM allows two",
                        user.name, key.id
                    ));
                }
            }
        }
        Ok(())
    }

    /// Returns `true` if an attempt has created the key and ended before it stored the secret
    /// access key. Then the key was created at the time that is stored in the tag of the secret,
    /// and nobody has used the key.
    pub(super) async fn is_lost_key(
        &self,
        user: &KeyUser,
        key: &ListedKey,
    ) -> Result<bool, UpstreamError> {
        let Some((since, created)) = self.secret.creating_since.zip(key.created) else {
            return Ok(false);
        };
        let is_created_by_attempt = created + MAX_DATE_DIFFERENCE >= since
            && created <= since + CREATION_TIMEOUT + MAX_DATE_DIFFERENCE;
        if !is_created_by_attempt {
            return Ok(false);
        }
        match user.aws.access_key_was_used(&key.id).await {
            Ok(was_used) => Ok(!was_used),
            Err(error) if error.is_refusal() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Returns the current time according to the clock of AWS.
fn server_time() -> SystemTime {
    let skew = clock::skew().unwrap_or_default();
    let difference = Duration::from_secs(skew.unsigned_abs());
    if skew > 0 { clock::now() - difference } else { clock::now() + difference }
}
