//! Ends the rotation of an account that was deleted during the rotation.

use gangway_aws::RotationVersion;

use super::{KeyUser, Rotation, RotationError, action_required_error};

impl Rotation<'_> {
    /// Deletes the new key, which no account uses, and then the secret. Does not change the old
    /// key, because it belongs to the person who registered the account.
    pub(super) async fn retire(&self) -> Result<(), RotationError> {
        let secrets = &self.app.clients.secrets;
        let cleaned = self.delete_new_key().await;
        if let Err(error) = &cleaned
            && error.final_reason().is_none()
        {
            return cleaned;
        }
        secrets.delete_retired(self.secret).await?;
        cleaned
    }

    /// Deletes the new key of the rotation, and a key that an interrupted attempt has not stored.
    async fn delete_new_key(&self) -> Result<(), RotationError> {
        let (secrets, secret) = (&self.app.clients.secrets, &self.secret.arn);
        let current = secrets.current_key(secret).await?;
        let new = match self.secret.version {
            // The new key was in use when the account was deleted.
            RotationVersion::Current => None,
            RotationVersion::Pending => secrets.pending_key(secret, self.token).await?,
            RotationVersion::NotPending => secrets.abandoned_key(secret, self.token).await?,
        };
        let user = self.find_user_of(&current).await?;
        let keys = user.aws.list_access_keys(&user.name).await?;
        let old = self.secret.old_key.as_ref().map(|old| &old.id);
        for key in keys.iter().filter(|key| key.id != current.id && Some(&key.id) != old) {
            let is_new = new.as_ref().is_some_and(|new| new.id == key.id);
            if is_new || self.is_lost_key(&user, key).await? {
                self.delete_key_of_deleted_account(&user, &key.id).await?;
            }
        }
        Ok(())
    }

    /// Deletes an access key in IAM. After a permanent error, returns
    /// [`RotationError::ActionRequired`], which tells a person to delete the key.
    async fn delete_key_of_deleted_account(
        &self,
        user: &KeyUser,
        key: &gangway_model::AccessKeyId,
    ) -> Result<(), RotationError> {
        match user.aws.delete_access_key(&user.name, key).await {
            Err(error) if !error.is_retryable() => action_required_error(format!(
                "the account was deleted during the rotation, and its new access key {key} of user {} is left, {error}: delete it",
                user.name
            )),
            result => Ok(result?),
        }
    }
}
