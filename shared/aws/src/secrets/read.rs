//! Reads stored credentials, and secrets that the configuration names.

use gangway_model::{AccountId, AccountName, Partition, Scope, SecretArn, Uid, UpstreamError};
use secrecy::SecretString;
use tokio::join;

use super::{
    CURRENT, OldKey, SecretsManagerStore,
    metadata::SecretMetadata,
    parse_secret_arn,
    payload::{self, SecretPayloadType},
    secrets_manager_call,
};
use crate::error::{ApiCall, AwsErrorKind};

/// The stored credential of an account, with the state of its secret.
#[derive(Debug)]
pub struct StoredSecret<T> {
    /// Credential in the current version of the secret.
    pub credential: T,
    pub secret: SecretArn,
    /// Uid of the Palette account that the secret is active for; `None` if the registration did not
    /// complete.
    pub active_for: Option<Uid>,
    /// Old access key that a rotation has replaced, and that is not deleted yet.
    pub old_key: Option<OldKey>,
}

/// Result of `GetSecretValue`.
pub(super) enum GetSecretOutcome {
    Text { arn: SecretArn, text: SecretString },
    Binary,
    NotFound,
    AccessDenied,
    PendingDeletion,
    KmsFailure,
}

const GET_SECRET_VALUE: ApiCall = secrets_manager_call("secretsmanager:GetSecretValue");

impl SecretsManagerStore {
    /// Loads the stored credential of an account. Returns `None` if the account has no secret, or
    /// if the secret is scheduled for deletion.
    pub async fn load_for_account<T: SecretPayloadType>(
        &self,
        partition: Partition,
        account: AccountId,
        name: &AccountName,
        scope: &Scope,
    ) -> Result<Option<StoredSecret<T>>, UpstreamError> {
        let name = self.secret_name(partition, account, name, scope);
        let (value, metadata) =
            join!(self.get_secret_value(&name), SecretMetadata::describe(self, &name));
        let (secret, text) = match value? {
            GetSecretOutcome::Text { arn, text } => (arn, text),
            GetSecretOutcome::NotFound | GetSecretOutcome::PendingDeletion => return Ok(None),
            GetSecretOutcome::AccessDenied => {
                return Err(GET_SECRET_VALUE.to_error(AwsErrorKind::AccessDenied, None));
            }
            GetSecretOutcome::KmsFailure => {
                return Err(GET_SECRET_VALUE.to_error(AwsErrorKind::KmsFailure, None));
            }
            GetSecretOutcome::Binary => {
                return Err(GET_SECRET_VALUE.invalid_response("a stored secret is binary"));
            }
        };
        let contents = payload::parse(&text, partition).map_err(|faults| {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            GET_SECRET_VALUE.invalid_response(format!("a stored secret {}", faults.join("; ")))
        })?;
        let metadata = metadata?;
        let active_for = metadata.as_ref().and_then(|secret| secret.registered_for().cloned());
        let old_key = metadata.and_then(|secret| secret.old_key);
        Ok(Some(StoredSecret { credential: contents, secret, active_for, old_key }))
    }

    /// Reads the text of a secret that the configuration names, such as a CA bundle. `id` is the
    /// name or ARN of the secret.
    pub async fn get_string(&self, id: &str) -> Result<SecretString, UpstreamError> {
        let access_denied_error = |reason: String| {
            let service = GET_SECRET_VALUE.service;
            Err(UpstreamError::AccessDenied { service, reason: format!("{reason}: {id}") })
        };
        match self.get_secret_value(id).await? {
            GetSecretOutcome::Text { text, .. } => Ok(text),
            GetSecretOutcome::NotFound => access_denied_error(
                "a secret that the configuration names does not exist".to_owned(),
            ),
            GetSecretOutcome::Binary => {
                access_denied_error("a secret that the configuration names is binary".to_owned())
            }
            GetSecretOutcome::PendingDeletion => access_denied_error(
                "a secret that the configuration names is scheduled for deletion".to_owned(),
            ),
            GetSecretOutcome::AccessDenied => access_denied_error(
                "allow secretsmanager:GetSecretValue to the function's role".to_owned(),
            ),
            GetSecretOutcome::KmsFailure => {
                access_denied_error("the KMS key of a secret cannot be used".to_owned())
            }
        }
    }

    /// Reads the current version of a secret. `id` is its name or ARN.
    pub(super) async fn get_secret_value(
        &self,
        id: &str,
    ) -> Result<GetSecretOutcome, UpstreamError> {
        let request = self.client().get_secret_value().secret_id(id).version_stage(CURRENT);
        match request.send().await {
            Ok(response) => {
                let arn = parse_secret_arn(GET_SECRET_VALUE, response.arn())?;
                let text = response.secret_string.map(SecretString::from);
                Ok(text
                    .map_or(GetSecretOutcome::Binary, |text| GetSecretOutcome::Text { arn, text }))
            }
            Err(error) => match AwsErrorKind::from_sdk(&error) {
                Some(AwsErrorKind::NotFound) => Ok(GetSecretOutcome::NotFound),
                Some(AwsErrorKind::AccessDenied) => Ok(GetSecretOutcome::AccessDenied),
                Some(AwsErrorKind::InvalidState) => Ok(GetSecretOutcome::PendingDeletion),
                Some(AwsErrorKind::KmsFailure) => Ok(GetSecretOutcome::KmsFailure),
                Some(_) | None => Err(GET_SECRET_VALUE.to_upstream_error(&error)),
            },
        }
    }
}
