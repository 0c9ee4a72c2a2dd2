//! Starts rotations: turns on the schedule of a registered account, and starts a rotation that a
//! caller requests.

use gangway_checks::{catalogue::iam::KEY_ROTATABLE, iam::key_rotation};
use gangway_model::{
    AccessKey, AccountName, CloudAccount, Outcome, Receipt, RegistrationError, SecretArn,
    StoredCredential,
};

use crate::AppContext;

impl AppContext {
    /// Turns the rotation of a registered account's access key on or off. Turns the rotation on
    /// only if the report of the registration shows that the key can be rotated. A failure is
    /// logged and not returned: the account is registered, and the same request sent again turns
    /// the rotation on or off.
    pub async fn schedule_rotation(&self, receipt: &Receipt, is_requested: bool) {
        let (Some(schedule), Some(secret)) = (&self.clients.rotation, &receipt.secret) else {
            return;
        };
        let mut findings = receipt.report.findings.iter();
        let is_possible = findings
            .any(|finding| finding.check == &KEY_ROTATABLE && finding.outcome == Outcome::Passed);
        let result = match (is_requested, is_possible) {
            (true, true) => self.clients.secrets.enable_rotation(secret, schedule).await,
            (true, false) => return,
            (false, _) => self.clients.secrets.disable_rotation(secret).await,
        };
        if let Err(error) = result {
            let error: &(dyn std::error::Error + 'static) = &error;
            let secret = secret.as_str();
            tracing::warn!(
                error,
                secretArn = secret,
                "the rotation of the secret could not be turned on or off: send the request again"
            );
        }
    }

    /// Starts a rotation of the account's access key, and turns the schedule on. Returns `false` if
    /// an earlier rotation is not complete: Secrets Manager tries that rotation again.
    ///
    /// # Errors
    ///
    /// Returns [`RegistrationError::Invalid`] if the key cannot be rotated.
    pub async fn rotate_now(&self, account: &CloudAccount) -> Result<bool, RegistrationError> {
        let unprocessable = |reason: &str| RegistrationError::unprocessable("/uid", reason);
        let Some(schedule) = &self.clients.rotation else {
            return Err(unprocessable(
                "uid belongs to an account whose key this deployment does not rotate: set the parameter RotateKeysAfterDays",
            ));
        };
        let secrets = &self.clients.secrets;
        let not_stored = || {
            unprocessable(
                "uid must belong to an account of the method static-credentials whose access key Gangway has stored",
            )
        };
        if !matches!(account.access, StoredCredential::AccessKey { .. }) {
            return Err(not_stored());
        }
        let name: AccountName = account.name.parse().map_err(|_rule| not_stored())?;
        let aws_account = account.aws_account().ok_or_else(not_stored)?;
        let partition = self.clients.partition;
        let stored =
            secrets.load_for_account::<AccessKey>(partition, aws_account, &name, &account.scope);
        let stored = stored.await?.ok_or_else(not_stored)?;
        if stored.active_for.as_ref() != Some(&account.uid) {
            return Err(not_stored());
        }
        let old = stored.old_key.as_ref().map(|old| &old.id);
        let finding = key_rotation::check_key(&stored.credential, old, &self.clients).await?;
        if finding.outcome != Outcome::Passed {
            let remedy = finding.outcome.remedy().unwrap_or_default();
            return Err(unprocessable(&format!(
                "uid belongs to an account whose key cannot be rotated: {}. Remedy: {remedy}",
                finding.observed
            )));
        }
        let secret: SecretArn = stored.secret;
        let is_started = secrets.rotate_now(&secret, schedule).await?;
        tracing::info!(
            started = is_started,
            scope = account.scope.to_string(),
            name = name.as_str(),
            uid = account.uid.as_str(),
            awsAccountId = aws_account.as_str(),
            secretArn = secret.as_str(),
            "rotation requested"
        );
        Ok(is_started)
    }
}
