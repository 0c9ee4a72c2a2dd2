//! `finishSecret`: puts the new access key in use, and deactivates the old one.

use gangway_aws::{OldKey, RotationVersion};
use gangway_http::RetryPolicy;
use gangway_model::{AccessKey, AccessKeyId};
use tokio::time::sleep;

use super::{Rotation, RotationError, not_yet, refused};

/// Which key both stores hold.
enum InUse {
    New,
    /// Another one: a request has replaced the credential.
    Other,
    /// The stores differ.
    Mixed,
}

impl Rotation<'_> {
    /// Promotes the new key and deactivates the old one. After that the account is as if it had been
    /// registered with the new key.
    pub(super) async fn finish(&self) -> Result<(), RotationError> {
        let (secrets, secret) = (&self.app.clients.secrets, &self.secret.arn);
        let (new, old) = if self.secret.version == RotationVersion::Current {
            (secrets.current_key(secret).await?, self.secret.old_key.clone())
        } else {
            let new = self.pending_key().await?;
            let current = secrets.current_key(secret).await?;
            if self.wait_for_palette(&new).await?.is_none() {
                return not_yet(
                    "Palette does not have the new access key: another request changes the account",
                );
            }
            let old = OldKey { id: current.id, is_deactivated: false };
            secrets.note_old_key(secret, Some(&old)).await?;
            secrets.promote_rotated(self.secret, self.token).await?;
            (new, Some(old))
        };
        self.make_consistent(&new).await?;
        let Some(old) = old.filter(|old| old.id != new.id && !old.is_deactivated) else {
            return Ok(());
        };
        self.deactivate(&new, old.id).await
    }

    /// Writes both stores until they hold the same key, as a registration does.
    async fn make_consistent(&self, new: &AccessKey) -> Result<(), RotationError> {
        let secrets = &self.app.clients.secrets;
        let mut delays = RetryPolicy::CONFLICT.delays();
        loop {
            match self.in_use(new).await? {
                InUse::New => return Ok(()),
                InUse::Other => return self.discard(new).await,
                InUse::Mixed => {}
            }
            let Some(delay) = delays.next() else {
                return not_yet("other requests are changing the account at the same time");
            };
            sleep(delay).await;
            self.update_palette(new).await?;
            secrets.promote_rotated(self.secret, self.token).await?;
        }
    }

    async fn in_use(&self, new: &AccessKey) -> Result<InUse, RotationError> {
        let secrets = &self.app.clients.secrets;
        let is_active = secrets.is_rotated_active(self.secret, self.token).await?;
        let shown = super::shown_key(&self.account().await?)?;
        Ok(match (is_active, shown.map(|shown| shown == new.id)) {
            (true, Some(true) | None) => InUse::New,
            (false, Some(false) | None) => InUse::Other,
            (true, Some(false)) | (false, Some(true)) => InUse::Mixed,
        })
    }

    /// Ends a rotation whose version has lost its label: another request has replaced the credential.
    pub(super) async fn give_up(&self) -> Result<bool, RotationError> {
        let secrets = &self.app.clients.secrets;
        let Some(new) = secrets.abandoned_key(&self.secret.arn, self.token).await? else {
            return not_yet("the version of the rotation is not visible");
        };
        if super::shown_key(&self.account().await?)?.is_some_and(|shown| shown == new.id) {
            return not_yet("Palette has the new access key, and another request is replacing it");
        }
        self.discard(&new).await.map(|()| false)
    }

    /// Deletes the new key, which nothing uses: another request has replaced the credential.
    async fn discard(&self, new: &AccessKey) -> Result<(), RotationError> {
        let secrets = &self.app.clients.secrets;
        let user = self.user_of(new).await?;
        if secrets.current_key(&self.secret.arn).await?.id != new.id {
            user.aws.delete_access_key(&user.name, &new.id).await?;
        }
        refused(
            "another request has replaced the credential during the rotation, and its key stays in use",
        )
    }

    /// Deactivates the old key. Activates it again if a request has put it back in use in the meantime.
    async fn deactivate(&self, new: &AccessKey, old: AccessKeyId) -> Result<(), RotationError> {
        let (secrets, secret) = (&self.app.clients.secrets, &self.secret.arn);
        let user = self.user_of(new).await?;
        let listed = user.aws.list_access_keys(&user.name).await?;
        // Somebody may have deleted it, or it may belong to another user after a replacement.
        if listed.iter().any(|key| key.id == old && key.is_active) {
            user.aws.set_access_key_active(&user.name, &old, false).await?;
        }
        match self.in_use(new).await? {
            InUse::New => {
                let old = OldKey { id: old, is_deactivated: true };
                Ok(secrets.note_old_key(secret, Some(&old)).await?)
            }
            InUse::Other | InUse::Mixed => {
                user.aws.set_access_key_active(&user.name, &old, true).await?;
                not_yet("another request has changed the account")
            }
        }
    }
}
