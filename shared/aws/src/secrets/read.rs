//! Opening secrets: those that callers name, those that are kept, and certificates.

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

/// What is kept for an account.
#[derive(Debug)]
pub struct StoredSecret<T> {
    /// The credential in use, as far as it is secret.
    pub credential: T,
    /// Where they are kept.
    pub secret: SecretArn,
    /// The account that they are in use for, where its registration came to its end.
    pub active_for: Option<Uid>,
}

/// A secret that was opened, or why it could not be.
enum GetSecretOutcome {
    Text { arn: SecretArn, text: SecretString },
    Binary,
    NotFound,
    AccessDenied,
    PendingDeletion,
    KmsFailure,
}

const POINTER: &str = "/secretArn";

/// Letters that Secrets Manager puts behind the name, in the ARN.
const SUFFIX: usize = 6;

const OPEN: ApiCall = call("secretsmanager:GetSecretValue");

impl SecretsManagerStore {
    /// What a caller has sent or put into a secret. Every fault of a secret is one of the request's member `secretArn`.
    ///
    /// Of the secrets that Gangway itself keeps, a caller may only name one of the account that it registers, in its scope:
    /// the function's right to read the others is not the caller's.
    pub async fn resolve_source<T: SecretPayloadType>(
        &self,
        source: SecretSource<T>,
        registering: Option<(&AccountName, &Scope)>,
    ) -> Result<T, RegistrationError> {
        let arn = match source {
            SecretSource::Inline(contents) => return Ok(contents),
            SecretSource::SecretsManager(arn) => arn,
        };
        let refused = |rule: String| {
            Err(RegistrationError::unprocessable(POINTER, format!("secretArn {rule}")))
        };
        if arn.partition() != self.0.partition || arn.region() != self.0.region {
            return refused(format!(
                "must be a secret of region {}, partition {}",
                self.0.region, self.0.partition
            ));
        }
        let of_another = || {
            refused(format!(
                "must not be a secret that Gangway keeps for another account: leave keys under {}/incoming/",
                self.0.prefix
            ))
        };
        let kept = self.stored_name(&arn);
        if kept.is_some_and(|kept| !registering.is_some_and(|own| is_of(kept, own))) {
            return of_another();
        }
        match self.get_secret_value(arn.as_str()).await? {
            // A part of an ARN is enough for Secrets Manager, which may know a longer name that begins so.
            GetSecretOutcome::Text { arn: whole, .. } if kept.is_some() && whole != arn => of_another(),
            GetSecretOutcome::Text { text, .. } => {
                payload::read(&text, self.0.partition).map_err(|faults| {
                    let told = |fault| {
                        FieldError::unprocessable(POINTER, format!("the secret of secretArn {fault}"))
                    };
                    RegistrationError::Invalid(faults.into_iter().map(told).collect())
                })
            }
            GetSecretOutcome::Binary => refused(
                "must hold text; it is binary: store the JSON object as its SecretString"
                    .to_owned(),
            ),
            GetSecretOutcome::NotFound => refused(
                "must be a secret that exists, with a current value; there is none of this ARN"
                    .to_owned(),
            ),
            GetSecretOutcome::AccessDenied => refused(
                "must be a secret that Gangway may read: allow secretsmanager:GetSecretValue, and kms:Decrypt of its \
                 key, to the function's role"
                    .to_owned(),
            ),
            GetSecretOutcome::PendingDeletion => refused(
                "must be a secret that can be read; it is scheduled for deletion: restore it first"
                    .to_owned(),
            ),
            GetSecretOutcome::KmsFailure => refused(
                "must be a secret that can be decrypted: its KMS key is disabled, deleted or not usable"
                    .to_owned(),
            ),
        }
    }

    /// Of a secret that Gangway keeps: AWS account, name, scope and suffix, as its ARN has them.
    fn stored_name<'a>(&self, arn: &'a SecretArn) -> Option<&'a str> {
        let kept = format!("{}/{}/", self.0.prefix, self.0.partition);
        arn.name_and_suffix().strip_prefix(&kept)
    }

    /// What is kept for an account, to look at it again. `None` where nothing is, or not any more.
    pub async fn load_for_account<T: SecretPayloadType>(
        &self,
        partition: Partition,
        account: AccountId,
        name: &AccountName,
        scope: &Scope,
    ) -> Result<Option<StoredSecret<T>>, UpstreamError> {
        let name = self.name(partition, account, name, scope);
        let (opened, known) =
            join!(self.get_secret_value(&name), SecretMetadata::describe(self, &name));
        let (secret, text) = match opened? {
            GetSecretOutcome::Text { arn, text } => (arn, text),
            GetSecretOutcome::NotFound | GetSecretOutcome::PendingDeletion => return Ok(None),
            GetSecretOutcome::AccessDenied => {
                return Err(OPEN.error_of_kind(AwsErrorKind::AccessDenied, None));
            }
            GetSecretOutcome::KmsFailure => {
                return Err(OPEN.error_of_kind(AwsErrorKind::KmsFailure, None));
            }
            GetSecretOutcome::Binary => {
                return Err(OPEN.invalid_response("a kept secret is binary"));
            }
        };
        let contents = payload::read(&text, partition).map_err(|faults| {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            OPEN.invalid_response(format!("a kept secret {}", faults.join("; ")))
        })?;
        let in_use_for = known?.and_then(|known| known.registered_for().cloned());
        Ok(Some(StoredSecret { credential: contents, secret, active_for: in_use_for }))
    }

    /// The text of a secret of the deployment's own, such as a CA bundle, by name or ARN.
    pub async fn get_string(&self, id: &str) -> Result<SecretString, UpstreamError> {
        let denied = |reason: String| {
            let service = OPEN.service;
            Err(UpstreamError::AccessDenied { service, reason: format!("{reason}: {id}") })
        };
        match self.get_secret_value(id).await? {
            GetSecretOutcome::Text { text, .. } => Ok(text),
            GetSecretOutcome::NotFound => {
                denied("a secret that the settings name does not exist".to_owned())
            }
            GetSecretOutcome::Binary => {
                denied("a secret that the settings name is binary".to_owned())
            }
            GetSecretOutcome::PendingDeletion => {
                denied("a secret that the settings name is scheduled for deletion".to_owned())
            }
            GetSecretOutcome::AccessDenied => {
                denied("allow secretsmanager:GetSecretValue to the function's role".to_owned())
            }
            GetSecretOutcome::KmsFailure => {
                denied("the KMS key of a secret cannot be used".to_owned())
            }
        }
    }

    /// The version is always named: the one in use, whatever else is there.
    async fn get_secret_value(&self, id: &str) -> Result<GetSecretOutcome, UpstreamError> {
        let request = self.client().get_secret_value().secret_id(id).version_stage(CURRENT);
        match request.send().await {
            Ok(answer) => {
                let arn = secret_arn(OPEN, answer.arn())?;
                let text = answer.secret_string.map(SecretString::from);
                Ok(text
                    .map_or(GetSecretOutcome::Binary, |text| GetSecretOutcome::Text { arn, text }))
            }
            Err(error) => match AwsErrorKind::from_sdk(&error) {
                Some(AwsErrorKind::NotFound) => Ok(GetSecretOutcome::NotFound),
                Some(AwsErrorKind::AccessDenied) => Ok(GetSecretOutcome::AccessDenied),
                Some(AwsErrorKind::InvalidState) => Ok(GetSecretOutcome::PendingDeletion),
                Some(AwsErrorKind::KmsFailure) => Ok(GetSecretOutcome::KmsFailure),
                Some(_) | None => Err(OPEN.to_upstream_error(&error)),
            },
        }
    }
}

/// Whether a kept secret is one of this name and scope. Its keys are of the AWS account in its name: Gangway has put them there.
fn is_of(kept: &str, (name, scope): (&AccountName, &Scope)) -> bool {
    let named = kept.split_once('/').and_then(|(_aws_account, named)| named.rsplit_once('-'));
    named.is_some_and(|(named, suffix)| {
        suffix.len() == SUFFIX && named == SecretsManagerStore::named(name, scope)
    })
}
