//! The step `finishSecret`: promotes the new access key, and deactivates the old key.

use gangway_aws::{OldKey, RotationVersion};
use gangway_http::RetryPolicy;
use gangway_model::{AccessKey, AccessKeyId};
use tokio::time::sleep;

use super::{Rotation, RotationError, action_required_error, retry_later_error};

/// The access key in Palette and in the current version of the secret.
enum KeyInUse {
    /// Both have the new key of the rotation.
    New,
    /// Both have another key: a request has replaced the credential.
    Other,
    /// Palette and the secret have different keys.
    Mixed,
}

impl Rotation<'_> {
    /// Promotes the new key and deactivates the old key. After that the account is in the same
    /// state as after a registration with the new key.
    pub(super) async fn finish(&self) -> Result<(), RotationError> {
        let (secrets, secret) = (&self.app.clients.secrets, &self.secret.arn);
        let (new, old) = if self.secret.version == RotationVersion::Current {
            (secrets.current_key(secret).await?, self.secret.old_key.clone())
        } else {
            let new = self.read_pending_key().await?;
            let current = secrets.current_key(secret).await?;
            if self.wait_for_key_in_palette(&new).await?.is_none() {
                return retry_later_error(
                    "Palette does not have the new access key: another request changes the account",
                );
            }
            let old = OldKey { id: current.id, is_deactivated: false };
            secrets.note_old_key(secret, Some(&old)).await?;
            secrets.promote_rotated(self.secret, self.token).await?;
            (new, Some(old))
        };
        self.write_until_consistent(&new).await?;
        let Some(old) = old.filter(|old| old.id != new.id && !old.is_deactivated) else {
            return Ok(());
        };
        self.deactivate_old_key(&new, old.id).await
    }

    /// Writes Palette and the secret until both have the same key. A registration does the same.
    async fn write_until_consistent(&self, new: &AccessKey) -> Result<(), RotationError> {
        let secrets = &self.app.clients.secrets;
        let mut delays = RetryPolicy::CONFLICT.delays();
        loop {
            match self.find_key_in_use(new).await? {
                KeyInUse::New => return Ok(()),
                KeyInUse::Other => return self.discard_new_key(new).await,
                KeyInUse::Mixed => {}
            }
            let Some(delay) = delays.next() else {
                return retry_later_error(
                    "other requests are changing the account at the same time",
                );
            };
            sleep(delay).await;
            self.update_palette(new).await?;
            secrets.promote_rotated(self.secret, self.token).await?;
        }
    }

    /// Reads Palette and the secret, and returns which key they have.
    async fn find_key_in_use(&self, new: &AccessKey) -> Result<KeyInUse, RotationError> {
        let secrets = &self.app.clients.secrets;
        let is_active = secrets.is_rotated_active(self.secret, self.token).await?;
        let shown = super::key_id_in_palette(&self.load_account().await?)?;
        Ok(match (is_active, shown.map(|shown| shown == new.id)) {
            (true, Some(true) | None) => KeyInUse::New,
            (false, Some(false) | None) => KeyInUse::Other,
            (true, Some(false)) | (false, Some(true)) => KeyInUse::Mixed,
        })
    }

    /// Ends a rotation because another request has replaced the credential, so that the version of
    /// the rotation is no longer pending.
    pub(super) async fn give_up(&self) -> Result<bool, RotationError> {
        let secrets = &self.app.clients.secrets;
        let Some(new) = secrets.abandoned_key(&self.secret.arn, self.token).await? else {
            return retry_later_error("the version of the rotation is not visible");
        };
        if super::key_id_in_palette(&self.load_account().await?)?
            .is_some_and(|shown| shown == new.id)
        {
            return retry_later_error(
                "Palette has the new access key, and another request is replacing it",
            );
        }
        self.discard_new_key(&new).await.map(|()| false)
    }

    /// Deletes the new key. Another request has replaced the credential, so nothing uses the new
    /// key.
    async fn discard_new_key(&self, new: &AccessKey) -> Result<(), RotationError> {
        let secrets = &self.app.clients.secrets;
        let user = self.find_user_of(new).await?;
        if secrets.current_key(&self.secret.arn).await?.id != new.id {
            user.aws.delete_access_key(&user.name, &new.id).await?;
        }
        action_required_error(
            "another request has replaced the credential during the rotation, and its key stays in use",
        )
    }

    /// Deactivates the old key. Activates the old key again if another request has changed the
    /// account in the meantime.
    async fn deactivate_old_key(
        &self,
        new: &AccessKey,
        old: AccessKeyId,
    ) -> Result<(), RotationError> {
        let (secrets, secret) = (&self.app.clients.secrets, &self.secret.arn);
        let user = self.find_user_of(new).await?;
        let listed = user.aws.list_access_keys(&user.name).await?;
        // Somebody may have deleted the old key. After a replacement, the old key may belong to
        // another user.
        if listed.iter().any(|key| key.id == old && key.is_active) {
            user.aws.set_access_key_active(&user.name, &old, false).await?;
        }
        match self.find_key_in_use(new).await? {
            KeyInUse::New => {
                let old = OldKey { id: old, is_deactivated: true };
                Ok(secrets.note_old_key(secret, Some(&old)).await?)
            }
            KeyInUse::Other | KeyInUse::Mixed => {
                user.aws.set_access_key_active(&user.name, &old, true).await?;
                retry_later_error("another request has changed the account")
            }
        }
    }
}
