//! Reading secrets: those that callers name, stored credentials, and secrets of the configuration.

use gangway_model::{
    AccountId, AccountName, FieldError, Partition, RegistrationError, Scope, SecretArn,
    SecretSource, Uid, UpstreamError,
};
use secrecy::SecretString;
use tokio::join;

use super::{
    CURRENT, SecretsManagerStore, call,
    metadata::SecretMetadata,
    payload::{self, SecretPayloadType},
    secret_arn,
};
use crate::error::{ApiCall, AwsErrorKind};

/// The stored credential of an account.
#[derive(Debug)]
pub struct StoredSecret<T> {
    /// The active credential.
    pub credential: T,
    pub secret: SecretArn,
    /// The Palette account that it is active for; `None` if its registration did not complete.
    pub active_for: Option<Uid>,
}

/// Result of `GetSecretValue`.
enum GetSecretOutcome {
    Text { arn: SecretArn, text: SecretString },
    Binary,
    NotFound,
    AccessDenied,
    PendingDeletion,
    KmsFailure,
}

const POINTER: &str = "/secretArn";

/// Length of the random suffix that Secrets Manager appends to the name in an ARN.
const SUFFIX_LEN: usize = 6;

const GET_SECRET_VALUE: ApiCall = call("secretsmanager:GetSecretValue");

impl SecretsManagerStore {
    /// Returns the credential that a caller has sent, inline or as the ARN of a secret.
    ///
    /// A caller may name a secret that Gangway itself stores only if it is the secret of the
    /// account to register, in its scope: the function may read the others, but the caller may not.
    ///
    /// # Errors
    ///
    /// [`RegistrationError::Invalid`] at `/secretArn`, with every error in the secret's content.
    pub async fn resolve_source<T: SecretPayloadType>(
        &self,
        source: SecretSource<T>,
        registering: Option<(&AccountName, &Scope)>,
    ) -> Result<T, RegistrationError> {
        let arn = match source {
            SecretSource::Inline(contents) => return Ok(contents),
            SecretSource::SecretsManager(arn) => arn,
        };
        let invalid = |rule: String| {
            Err(RegistrationError::unprocessable(POINTER, format!("secretArn {rule}")))
        };
        if arn.partition() != self.0.partition || arn.region() != self.0.region {
            return invalid(format!(
                "must be a secret of region {}, partition {}",
                self.0.region, self.0.partition
            ));
        }
        let other_account = || {
            invalid(format!(
                "must not be a secret that Gangway stores for another account: put keys under {}/incoming/",
                self.0.prefix
            ))
        };
        let stored = self.stored_name(&arn);
        if stored.is_some_and(|stored| !registering.is_some_and(|own| belongs_to(stored, own))) {
            return other_account();
        }
        match self.get_secret_value(arn.as_str()).await? {
            // Secrets Manager accepts a partial ARN, which may match a secret with a longer name.
            GetSecretOutcome::Text { arn: found, .. } if stored.is_some() && found != arn => other_account(),
            GetSecretOutcome::Text { text, .. } => {
                payload::parse(&text, self.0.partition).map_err(|faults| {
                    let error = |fault| {
                        FieldError::unprocessable(POINTER, format!("the secret of secretArn {fault}"))
                    };
                    RegistrationError::Invalid(faults.into_iter().map(error).collect())
                })
            }
            GetSecretOutcome::Binary => invalid(
                "must contain text; it is binary: store the JSON object as its SecretString"
                    .to_owned(),
            ),
            GetSecretOutcome::NotFound => invalid(
                "must be a secret that exists, with a current value; none has this ARN"
                    .to_owned(),
            ),
            GetSecretOutcome::AccessDenied => invalid(
                "must be a secret that Gangway may read: allow secretsmanager:GetSecretValue, and kms:Decrypt of its \
                 key, to the function's role"
                    .to_owned(),
            ),
            GetSecretOutcome::PendingDeletion => invalid(
                "must be a secret that can be read; it is scheduled for deletion: restore it first"
                    .to_owned(),
            ),
            GetSecretOutcome::KmsFailure => invalid(
                "must be a secret that can be decrypted: its KMS key is disabled, deleted or not usable"
                    .to_owned(),
            ),
        }
    }

    /// Returns `<AWS account>/<name>[@<project>]-<suffix>` if Gangway stores the secret.
    fn stored_name<'a>(&self, arn: &'a SecretArn) -> Option<&'a str> {
        let prefix = format!("{}/{}/", self.0.prefix, self.0.partition);
        arn.name_and_suffix().strip_prefix(&prefix)
    }

    /// Loads the stored credential of an account. Returns `None` if there is none, or if it is scheduled
    /// for deletion.
    pub async fn load_for_account<T: SecretPayloadType>(
        &self,
        partition: Partition,
        account: AccountId,
        name: &AccountName,
        scope: &Scope,
    ) -> Result<Option<StoredSecret<T>>, UpstreamError> {
        let name = self.name(partition, account, name, scope);
        let (value, metadata) =
            join!(self.get_secret_value(&name), SecretMetadata::describe(self, &name));
        let (secret, text) = match value? {
            GetSecretOutcome::Text { arn, text } => (arn, text),
            GetSecretOutcome::NotFound | GetSecretOutcome::PendingDeletion => return Ok(None),
            GetSecretOutcome::AccessDenied => {
                return Err(GET_SECRET_VALUE.error_of_kind(AwsErrorKind::AccessDenied, None));
            }
            GetSecretOutcome::KmsFailure => {
                return Err(GET_SECRET_VALUE.error_of_kind(AwsErrorKind::KmsFailure, None));
            }
            GetSecretOutcome::Binary => {
                return Err(GET_SECRET_VALUE.invalid_response("a stored secret is binary"));
            }
        };
        let contents = payload::parse(&text, partition).map_err(|faults| {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            GET_SECRET_VALUE.invalid_response(format!("a stored secret {}", faults.join("; ")))
        })?;
        let in_use_for = metadata?.and_then(|secret| secret.registered_for().cloned());
        Ok(Some(StoredSecret { credential: contents, secret, active_for: in_use_for }))
    }

    /// Returns the text of a secret that the configuration names, such as a CA bundle, by name or ARN.
    pub async fn get_string(&self, id: &str) -> Result<SecretString, UpstreamError> {
        let denied = |reason: String| {
            let service = GET_SECRET_VALUE.service;
            Err(UpstreamError::AccessDenied { service, reason: format!("{reason}: {id}") })
        };
        match self.get_secret_value(id).await? {
            GetSecretOutcome::Text { text, .. } => Ok(text),
            GetSecretOutcome::NotFound => {
                denied("a secret that the configuration names does not exist".to_owned())
            }
            GetSecretOutcome::Binary => {
                denied("a secret that the configuration names is binary".to_owned())
            }
            GetSecretOutcome::PendingDeletion => {
                denied("a secret that the configuration names is scheduled for deletion".to_owned())
            }
            GetSecretOutcome::AccessDenied => {
                denied("allow secretsmanager:GetSecretValue to the function's role".to_owned())
            }
            GetSecretOutcome::KmsFailure => {
                denied("the KMS key of a secret cannot be used".to_owned())
            }
        }
    }

    /// Reads the current version.
    async fn get_secret_value(&self, id: &str) -> Result<GetSecretOutcome, UpstreamError> {
        let request = self.client().get_secret_value().secret_id(id).version_stage(CURRENT);
        match request.send().await {
            Ok(response) => {
                let arn = secret_arn(GET_SECRET_VALUE, response.arn())?;
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

/// Returns `true` if a stored secret has this name and scope. The AWS account in its name needs no check:
/// Gangway wrote it.
fn belongs_to(stored: &str, (name, scope): (&AccountName, &Scope)) -> bool {
    let name_and_suffix =
        stored.split_once('/').and_then(|(_aws_account, rest)| rest.rsplit_once('-'));
    name_and_suffix.is_some_and(|(stored, suffix)| {
        suffix.len() == SUFFIX_LEN && stored == SecretsManagerStore::account_and_scope(name, scope)
    })
}
