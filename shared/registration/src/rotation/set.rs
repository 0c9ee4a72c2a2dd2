//! The steps `setSecret` and `testSecret`: write the new access key to Palette, and check that it
//! works.

use gangway_http::RetryPolicy;
use gangway_model::{
    AccessKey, Credential, Registration, UpstreamError, stores::CloudAccountStore as _,
};
use gangway_palette::ValidationOutcome;
use tokio::time::sleep;

use super::{Rotation, RotationError, action_required_error, key_id_in_palette, retry_later_error};

impl Rotation<'_> {
    /// Waits until AWS accepts the new key, lets Palette validate the key, and writes the key to
    /// Palette.
    pub(super) async fn set(&self) -> Result<(), RotationError> {
        let secrets = &self.app.clients.secrets;
        let new = self.read_pending_key().await?;
        let mut account = self.load_account().await?;
        let shown = key_id_in_palette(&account)?;
        if shown.as_ref() == Some(&new.id) {
            return Ok(());
        }
        let current = secrets.current_key(&self.secret.arn).await?;
        if shown.is_some_and(|shown| shown != current.id) {
            return action_required_error(
                "somebody has given Palette another access key during the rotation: PUT the account with its access key",
            );
        }
        secrets.complete(std::slice::from_mut(&mut account)).await?;
        let registration = self.registration_with_key(&account, &new)?;
        let (user, new_user) =
            (self.find_user_of(&current).await?, self.wait_for_key_in_aws(&new).await?);
        if user.arn != new_user {
            return action_required_error(format!(
                "the new access key belongs to {new_user}, and not to {}",
                user.arn
            ));
        }
        self.validate(&registration).await?;
        Ok(self.palette.update(&account, &registration).await?)
    }

    /// Checks that Palette has the new key and accepts it. If Palette does not accept the new key,
    /// and the old key still works, writes the old key to Palette again.
    pub(super) async fn test(&self) -> Result<(), RotationError> {
        let secrets = &self.app.clients.secrets;
        let Some(new) = secrets.pending_key(&self.secret.arn, self.token).await? else {
            // Without a value, this is a test of the schedule.
            return Ok(());
        };
        let account = self.wait_for_key_in_palette(&new).await?;
        let Some(mut account) = account else {
            return retry_later_error(
                "Palette does not have the new access key: another request changes the account",
            );
        };
        secrets.complete(std::slice::from_mut(&mut account)).await?;
        let registration = self.registration_with_key(&account, &new)?;
        let Err(error) = self.validate(&registration).await else { return Ok(()) };
        if error.final_reason().is_none() {
            return Err(error);
        }
        let current = secrets.current_key(&self.secret.arn).await?;
        if self.app.clients.aws.with_static_credentials(&current).caller().await.is_ok() {
            let old = self.registration_with_key(&account, &current)?;
            self.palette.update(&account, &old).await?;
            return action_required_error(format!("{error}. Palette has the old access key again"));
        }
        Err(error)
    }

    /// Waits until AWS accepts a new access key. Returns the ARN of the key's user.
    async fn wait_for_key_in_aws(&self, key: &AccessKey) -> Result<String, RotationError> {
        let mut delays = RetryPolicy::PROPAGATION.delays();
        loop {
            match self.find_user_of(key).await {
                Ok(user) => return Ok(user.arn),
                Err(error) => match delays.next() {
                    Some(delay) => sleep(delay).await,
                    None if error.final_reason().is_some() => {
                        return retry_later_error("AWS does not accept the new access key yet");
                    }
                    None => return Err(error),
                },
            }
        }
    }

    /// Asks Palette to validate the key of a registration. Tries again if Palette does not accept
    /// the key, because not every server of AWS may know a new key yet.
    async fn validate(&self, registration: &Registration) -> Result<(), RotationError> {
        let Registration { partition, credential, policies, .. } = registration;
        let mut delays = RetryPolicy::PROPAGATION.delays();
        loop {
            match self.palette.validate(*partition, credential, policies).await? {
                ValidationOutcome::Accepted => return Ok(()),
                ValidationOutcome::Rejected(reason) => match delays.next() {
                    Some(delay) => sleep(delay).await,
                    None => {
                        return action_required_error(format!(
                            "Palette rejects the new access key, {reason}: make sure that Palette reaches AWS, and that nothing limits the user to some keys"
                        ));
                    }
                },
            }
        }
    }

    /// Waits until Palette returns the account with this key, and returns the account. Returns
    /// `None` if Palette still returns another key after the last attempt.
    pub(super) async fn wait_for_key_in_palette(
        &self,
        key: &AccessKey,
    ) -> Result<Option<gangway_model::CloudAccount>, RotationError> {
        let wanted = Credential::AccessKey(key.clone());
        let mut delays = RetryPolicy::CONSISTENCY.delays();
        loop {
            let account = self.load_account().await?;
            if account.access.matches_credential(&wanted) != Some(false) {
                return Ok(Some(account));
            }
            let Some(delay) = delays.next() else { return Ok(None) };
            sleep(delay).await;
        }
    }

    /// Writes this key to Palette.
    pub(super) async fn update_palette(&self, key: &AccessKey) -> Result<(), RotationError> {
        let mut account = self.load_account().await?;
        let known = std::slice::from_mut(&mut account);
        self.app.clients.secrets.complete(known).await?;
        let registration = self.registration_with_key(&account, key)?;
        match self.palette.update(&account, &registration).await {
            Err(UpstreamError::NotFound { .. }) => {
                action_required_error("the account was deleted during the rotation")
            }
            result => Ok(result?),
        }
    }
}
