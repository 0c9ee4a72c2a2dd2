//! Opening secrets: those that callers name, those that are kept, and certificates.

use gangway_model::{
    AccountId, AccountName, Failure, Partition, PortError, Scope, SecretArn, Source, Uid, Violation,
};
use secrecy::SecretString;
use tokio::join;

use super::{
    CURRENT, SecretsManager, call,
    document::{self, Contents},
    known::Known,
    secret_arn,
};
use crate::fault::{Call, Refusal};

/// What is kept for an account.
#[derive(Debug)]
pub struct Kept<T> {
    /// The credential in use, as far as it is secret.
    pub contents: T,
    /// Where they are kept.
    pub secret: SecretArn,
    /// The account that they are in use for, where its registration came to its end.
    pub in_use_for: Option<Uid>,
}

/// A secret that was opened, or why it could not be.
enum Opened {
    Text { arn: SecretArn, text: SecretString },
    Binary,
    NotFound,
    NotAllowed,
    Scheduled,
    Encryption,
}

const POINTER: &str = "/secretArn";

/// Letters that Secrets Manager puts behind the name, in the ARN.
const SUFFIX: usize = 6;

const OPEN: Call = call("secretsmanager:GetSecretValue");

impl SecretsManager {
    /// What a caller has sent or put into a secret. Every fault of a secret is one of the request's member `secretArn`.
    ///
    /// Of the secrets that Gangway itself keeps, a caller may only name one of the account that it registers, in its scope:
    /// the function's right to read the others is not the caller's.
    pub async fn opened<T: Contents>(
        &self,
        source: Source<T>,
        registering: Option<(&AccountName, &Scope)>,
    ) -> Result<T, Failure> {
        let arn = match source {
            Source::Inline(contents) => return Ok(contents),
            Source::InVault(arn) => arn,
        };
        let refused = |rule: String| Err(Failure::refused(POINTER, format!("secretArn {rule}")));
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
        let kept = self.kept_name(&arn);
        if kept.is_some_and(|kept| !registering.is_some_and(|own| is_of(kept, own))) {
            return of_another();
        }
        match self.open(arn.as_str()).await? {
            // A part of an ARN is enough for Secrets Manager, which may know a longer name that begins so.
            Opened::Text { arn: whole, .. } if kept.is_some() && whole != arn => of_another(),
            Opened::Text { text, .. } => {
                document::read(&text, self.0.partition).map_err(|faults| {
                    let told = |fault| {
                        Violation::refused(POINTER, format!("the secret of secretArn {fault}"))
                    };
                    Failure::Invalid(faults.into_iter().map(told).collect())
                })
            }
            Opened::Binary => refused(
                "must hold text; it is binary: store the JSON object as its SecretString"
                    .to_owned(),
            ),
            Opened::NotFound => refused(
                "must be a secret that exists, with a current value; there is none of this ARN"
                    .to_owned(),
            ),
            Opened::NotAllowed => refused(
                "must be a secret that Gangway may read: allow secretsmanager:GetSecretValue, and kms:Decrypt of its \
                 key, to the function's role"
                    .to_owned(),
            ),
            Opened::Scheduled => refused(
                "must be a secret that can be read; it is scheduled for deletion: restore it first"
                    .to_owned(),
            ),
            Opened::Encryption => refused(
                "must be a secret that can be decrypted: its KMS key is disabled, deleted or not usable"
                    .to_owned(),
            ),
        }
    }

    /// Of a secret that Gangway keeps: AWS account, name, scope and suffix, as its ARN has them.
    fn kept_name<'a>(&self, arn: &'a SecretArn) -> Option<&'a str> {
        let kept = format!("{}/{}/", self.0.prefix, self.0.partition);
        arn.name_and_suffix().strip_prefix(&kept)
    }

    /// What is kept for an account, to look at it again. `None` where nothing is, or not any more.
    pub async fn kept_for<T: Contents>(
        &self,
        partition: Partition,
        account: AccountId,
        name: &AccountName,
        scope: &Scope,
    ) -> Result<Option<Kept<T>>, PortError> {
        let name = self.name(partition, account, name, scope);
        let (opened, known) = join!(self.open(&name), Known::of(self, &name));
        let (secret, text) = match opened? {
            Opened::Text { arn, text } => (arn, text),
            Opened::NotFound | Opened::Scheduled => return Ok(None),
            Opened::NotAllowed => return Err(OPEN.refused(Refusal::NotAllowed, None)),
            Opened::Encryption => return Err(OPEN.refused(Refusal::Encryption, None)),
            Opened::Binary => return Err(OPEN.unreadable("a kept secret is binary")),
        };
        let contents = document::read(&text, partition).map_err(|faults| {
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            OPEN.unreadable(format!("a kept secret {}", faults.join("; ")))
        })?;
        let in_use_for = known?.and_then(|known| known.registered_for().cloned());
        Ok(Some(Kept { contents, secret, in_use_for }))
    }

    /// The text of a secret of the deployment's own, such as a CA bundle, by name or ARN.
    pub async fn text(&self, id: &str) -> Result<SecretString, PortError> {
        let denied = |reason: String| {
            let service = OPEN.service;
            Err(PortError::Denied { service, reason: format!("{reason}: {id}") })
        };
        match self.open(id).await? {
            Opened::Text { text, .. } => Ok(text),
            Opened::NotFound => denied("a secret that the settings name does not exist".to_owned()),
            Opened::Binary => denied("a secret that the settings name is binary".to_owned()),
            Opened::Scheduled => {
                denied("a secret that the settings name is scheduled for deletion".to_owned())
            }
            Opened::NotAllowed => {
                denied("allow secretsmanager:GetSecretValue to the function's role".to_owned())
            }
            Opened::Encryption => denied("the KMS key of a secret cannot be used".to_owned()),
        }
    }

    /// The version is always named: the one in use, whatever else is there.
    async fn open(&self, id: &str) -> Result<Opened, PortError> {
        let request = self.client().get_secret_value().secret_id(id).version_stage(CURRENT);
        match request.send().await {
            Ok(answer) => {
                let arn = secret_arn(OPEN, answer.arn())?;
                let text = answer.secret_string.map(SecretString::from);
                Ok(text.map_or(Opened::Binary, |text| Opened::Text { arn, text }))
            }
            Err(error) => match Refusal::from_sdk(&error) {
                Some(Refusal::NotFound) => Ok(Opened::NotFound),
                Some(Refusal::NotAllowed) => Ok(Opened::NotAllowed),
                Some(Refusal::WrongState) => Ok(Opened::Scheduled),
                Some(Refusal::Encryption) => Ok(Opened::Encryption),
                Some(_) | None => Err(OPEN.failed(&error)),
            },
        }
    }
}

/// Whether a kept secret is one of this name and scope. Its keys are of the AWS account in its name: Gangway has put them there.
fn is_of(kept: &str, (name, scope): (&AccountName, &Scope)) -> bool {
    let named = kept.split_once('/').and_then(|(_aws_account, named)| named.rsplit_once('-'));
    named.is_some_and(|(named, suffix)| {
        suffix.len() == SUFFIX && named == SecretsManager::named(name, scope)
    })
}
