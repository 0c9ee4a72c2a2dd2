//! `setSecret` and `testSecret`: give the new access key to Palette, if it works.

use gangway_http::RetryPolicy;
use gangway_model::{
    AccessKey, Credential, Registration, UpstreamError, stores::CloudAccountStore as _,
};
use gangway_palette::ValidationOutcome;
use tokio::time::sleep;

use super::{Rotation, RotationError, not_yet, refused, shown_key};

impl Rotation<'_> {
    /// Waits until AWS knows the new key everywhere, proves it, and gives it to Palette.
    pub(super) async fn set(&self) -> Result<(), RotationError> {
        let secrets = &self.app.clients.secrets;
        let new = self.pending_key().await?;
        let mut account = self.account().await?;
        let shown = shown_key(&account)?;
        if shown.as_ref() == Some(&new.id) {
            return Ok(());
        }
        let current = secrets.current_key(&self.secret.arn).await?;
        if shown.is_some_and(|shown| shown != current.id) {
            return refused(
                "somebody has given Palette another access key during the rotation: PUT the account with its access key",
            );
        }
        secrets.complete(std::slice::from_mut(&mut account)).await?;
        let registration = self.registration(&account, &new)?;
        let (user, new_user) = (self.user_of(&current).await?, self.wait_for_key(&new).await?);
        if user.arn != new_user {
            return refused(format!(
                "the new access key belongs to {new_user}, and not to {}",
                user.arn
            ));
        }
        self.validate(&registration).await?;
        Ok(self.palette.update(&account, &registration).await?)
    }

    /// Makes sure that Palette has the new key, and accepts it. Otherwise gives the old key back, if it works.
    pub(super) async fn test(&self) -> Result<(), RotationError> {
        let secrets = &self.app.clients.secrets;
        let Some(new) = secrets.pending_key(&self.secret.arn, self.token).await? else {
            // A test of the schedule.
            return Ok(());
        };
        let account = self.wait_for_palette(&new).await?;
        let Some(mut account) = account else {
            return not_yet(
                "Palette does not have the new access key: another request changes the account",
            );
        };
        secrets.complete(std::slice::from_mut(&mut account)).await?;
        let registration = self.registration(&account, &new)?;
        let Err(error) = self.validate(&registration).await else { return Ok(()) };
        if error.final_reason().is_none() {
            return Err(error);
        }
        let current = secrets.current_key(&self.secret.arn).await?;
        if self.app.clients.aws.with_static_credentials(&current).caller().await.is_ok() {
            let old = self.registration(&account, &current)?;
            self.palette.update(&account, &old).await?;
            return refused(format!("{error}. Palette has the old access key again"));
        }
        Err(error)
    }

    /// Waits until AWS accepts a new access key. Returns the ARN of its user.
    async fn wait_for_key(&self, key: &AccessKey) -> Result<String, RotationError> {
        let mut delays = RetryPolicy::PROPAGATION.delays();
        loop {
            match self.user_of(key).await {
                Ok(user) => return Ok(user.arn),
                Err(error) => match delays.next() {
                    Some(delay) => sleep(delay).await,
                    None if error.final_reason().is_some() => {
                        return not_yet("AWS does not accept the new access key yet");
                    }
                    None => return Err(error),
                },
            }
        }
    }

    /// Asks Palette to validate the key of a registration. AWS may not know a new key everywhere yet.
    async fn validate(&self, registration: &Registration) -> Result<(), RotationError> {
        let Registration { partition, credential, policies, .. } = registration;
        let mut delays = RetryPolicy::PROPAGATION.delays();
        loop {
            match self.palette.validate(*partition, credential, policies).await? {
                ValidationOutcome::Accepted => return Ok(()),
                ValidationOutcome::Rejected(reason) => match delays.next() {
                    Some(delay) => sleep(delay).await,
                    None => {
                        return refused(format!(
                            "Palette rejects the new access key, {reason}: make sure that Palette reaches AWS, and that nothing limits the user to some keys"
                        ));
                    }
                },
            }
        }
    }

    /// Waits until Palette shows the key. Returns the account, or `None` if Palette shows another key.
    pub(super) async fn wait_for_palette(
        &self,
        key: &AccessKey,
    ) -> Result<Option<gangway_model::CloudAccount>, RotationError> {
        let wanted = Credential::AccessKey(key.clone());
        let mut delays = RetryPolicy::CONSISTENCY.delays();
        loop {
            let account = self.account().await?;
            if account.access.matches_credential(&wanted) != Some(false) {
                return Ok(Some(account));
            }
            let Some(delay) = delays.next() else { return Ok(None) };
            sleep(delay).await;
        }
    }

    /// Gives Palette this key.
    pub(super) async fn update_palette(&self, key: &AccessKey) -> Result<(), RotationError> {
        let mut account = self.account().await?;
        let known = std::slice::from_mut(&mut account);
        self.app.clients.secrets.complete(known).await?;
        let registration = self.registration(&account, key)?;
        match self.palette.update(&account, &registration).await {
            Err(UpstreamError::NotFound { .. }) => {
                refused("the account was deleted during the rotation")
            }
            result => Ok(result?),
        }
    }
}
