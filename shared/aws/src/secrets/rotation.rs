//! The rotation of a secret: its versions, what is noted about access keys, and its schedule.
//!
//! `docs/consistency.md` describes the protocol.

use std::time::SystemTime;

use aws_sdk_secretsmanager::{
    operation::describe_secret::DescribeSecretOutput,
    types::{RotationRulesType, Tag},
};
use aws_smithy_types::DateTime;
use gangway_model::{
    AccessKey, AccessKeyId, AccountId, AuthMethod, CloudAccount, Credential, Scope, SecretArn, Uid,
    UpstreamError,
    stores::{PendingDeletion, SecretStatus, SecretStore as _, StagedSecret},
    time::{parse_rfc3339, to_rfc3339},
};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

use super::{
    CURRENT, PENDING, SecretsManagerStore, call, deletion,
    metadata::{self, SecretMetadata, SecretState, tag, value},
    payload::{self, SecretPayload},
};
use crate::error::AwsErrorKind;

/// When a rotation was about to create an access key.
const CREATING: &str = "gangway:rotation-creates-key";
/// The access key that a rotation puts out of use, or has.
const OLD_KEY: &str = "gangway:rotation-old-key";
/// Whether that key has been deactivated.
const OLD_KEY_STATE: &str = "gangway:rotation-old-key-state";
/// The rotation about whose outcome an event was put last.
const PUBLISHED: &str = "gangway:rotation-told";
/// Length of the id of a version that a registration has staged.
const HASH_CHARS: usize = 64;
/// Value of a tag that says nothing. Removing a tag needs another permission.
const NONE: &str = "none";

/// The access key that a rotation puts out of use.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OldKey {
    pub id: AccessKeyId,
    pub is_deactivated: bool,
}

impl OldKey {
    pub(super) fn from_tags(tags: &[Tag]) -> Option<Self> {
        let id = value(tags, OLD_KEY)?.parse().ok()?;
        Some(Self { id, is_deactivated: value(tags, OLD_KEY_STATE) == Some("inactive") })
    }
}

/// The version that a rotation fills.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RotationVersion {
    /// The secret has no such version, or another run has taken its label.
    NotPending,
    Pending,
    /// The rotation has put it in use.
    Current,
}

/// A secret with access keys that a rotation changes.
#[derive(Debug)]
pub struct RotatingSecret {
    pub arn: SecretArn,
    pub uid: Uid,
    pub scope: Scope,
    pub account: AccountId,
    /// Name of the account in Palette.
    pub name: String,
    pub version: RotationVersion,
    /// When a rotation was about to create an access key.
    pub creating_since: Option<SystemTime>,
    pub old_key: Option<OldKey>,
    /// The rotation and outcome that the last event was about.
    pub published: Option<String>,
    /// The account was deleted while its key was rotated.
    pub is_retired: bool,
    metadata: SecretMetadata,
}

impl RotatingSecret {
    /// Returns `None` for a secret that holds no access keys of a registered account.
    fn new(
        store: &SecretsManagerStore,
        arn: SecretArn,
        response: &DescribeSecretOutput,
        token: &str,
    ) -> Option<Self> {
        let tags = response.tags();
        let prefix = store.stored_prefix();
        let (account, name) = response.name()?.strip_prefix(&prefix)?.split_once('/')?;
        let (account, name) = (account.parse().ok()?, account_name(name));
        let (uid, scope) = metadata::owner(tags)?;
        let metadata = SecretMetadata::from_response(arn.clone(), response);
        let is_static = metadata.is_of_method(AuthMethod::StaticCredentials);
        let is_retired = metadata.state == Some(SecretState::PendingDeletion);
        let is_owned = is_retired || metadata.registered_for() == Some(&uid);
        if !is_owned || metadata.scheduled || !is_static {
            return None;
        }
        let version = if metadata.current() == Some(token) {
            RotationVersion::Current
        } else if metadata.pending() == Some(token) {
            RotationVersion::Pending
        } else {
            RotationVersion::NotPending
        };
        let old_key = metadata.old_key.clone();
        let creating_since = value(tags, CREATING).and_then(parse_rfc3339);
        let published = value(tags, PUBLISHED).map(str::to_owned);
        Some(Self {
            arn,
            uid,
            scope,
            account,
            name,
            version,
            creating_since,
            old_key,
            published,
            is_retired,
            metadata,
        })
    }
}

/// Returns the name of an account from the last part of its secret's name, which may have escapes,
/// and an `@` before the project.
fn account_name(part: &str) -> String {
    let part = part.split_once('@').map_or(part, |(name, _project)| name);
    let mut pieces = part.split('=');
    let mut name: Vec<u8> = pieces.next().unwrap_or_default().into();
    for piece in pieces {
        let byte = piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        name.extend(byte);
        name.extend(piece.get(2..).unwrap_or_default().as_bytes());
    }
    String::from_utf8_lossy(&name).into_owned()
}

/// How often secrets are rotated, and by which function.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RotationSchedule {
    /// ARN of the rotation function.
    pub function: String,
    /// Days between two rotations.
    pub days: u16,
}

/// What Secrets Manager shows about the rotation of a secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RotationStatus {
    pub is_enabled: bool,
    pub last: Option<SystemTime>,
    pub next: Option<SystemTime>,
    /// The schedule, if it is one in days.
    schedule: Option<RotationSchedule>,
}

impl SecretsManagerStore {
    /// Returns the secret that a rotation is about. `token` is the id of the version that it fills.
    /// Returns `None` if it is no secret with the access keys of a registered account.
    pub async fn rotating(
        &self,
        id: &str,
        token: &str,
    ) -> Result<Option<RotatingSecret>, UpstreamError> {
        let call = call("secretsmanager:DescribeSecret");
        let response = match self.client().describe_secret().secret_id(id).send().await {
            Ok(response) => response,
            Err(error) if AwsErrorKind::from_sdk(&error) == Some(AwsErrorKind::NotFound) => {
                return Ok(None);
            }
            Err(error) => return Err(call.to_upstream_error(&error)),
        };
        let arn = super::secret_arn(call, response.arn())?;
        Ok(RotatingSecret::new(self, arn, &response, token))
    }

    /// Returns the access key that is in use.
    pub async fn current_key(&self, secret: &SecretArn) -> Result<AccessKey, UpstreamError> {
        let (_, key) = self.key_of(secret, None).await?.ok_or(UpstreamError::NotFound {
            service: crate::error::SECRETS_MANAGER,
            resource: "current version of the secret",
        })?;
        Ok(key)
    }

    /// Returns the access key of a pending version. Returns `None` if nothing was stored in it yet.
    pub async fn pending_key(
        &self,
        secret: &SecretArn,
        token: &str,
    ) -> Result<Option<AccessKey>, UpstreamError> {
        let key = self.key_of(secret, Some((token, Some(PENDING)))).await?;
        Ok(key.map(|(_, key)| key))
    }

    /// Returns the access key of a version without a label.
    pub async fn abandoned_key(
        &self,
        secret: &SecretArn,
        token: &str,
    ) -> Result<Option<AccessKey>, UpstreamError> {
        Ok(self.key_of(secret, Some((token, None))).await?.map(|(_, key)| key))
    }

    /// Returns `true` if a registration staged this version, and not a rotation: its id is the hash
    /// of its content.
    pub async fn is_staged_by_registration(
        &self,
        secret: &SecretArn,
        token: &str,
    ) -> Result<bool, UpstreamError> {
        if token.len() != HASH_CHARS {
            return Ok(false);
        }
        let content = self.key_of(secret, Some((token, Some(PENDING)))).await?;
        Ok(content.is_some_and(|(hash, _)| hash == token))
    }

    /// Reads the key of a version with a label, and the hash of its content. `None` for the version
    /// in use.
    async fn key_of(
        &self,
        secret: &SecretArn,
        version: Option<(&str, Option<&str>)>,
    ) -> Result<Option<(String, AccessKey)>, UpstreamError> {
        let call = call("secretsmanager:GetSecretValue");
        let request = self.client().get_secret_value().secret_id(secret.as_str());
        let request = match version {
            Some((version, label)) => {
                request.version_id(version).set_version_stage(label.map(str::to_owned))
            }
            None => request.version_stage(CURRENT),
        };
        let text = match request.send().await {
            Ok(response) => response.secret_string.map(SecretString::from),
            Err(error) => match AwsErrorKind::from_sdk(&error) {
                Some(AwsErrorKind::NotFound) => return Ok(None),
                Some(_) | None => return Err(call.to_upstream_error(&error)),
            },
        };
        let text = text.ok_or_else(|| call.invalid_response("a stored secret is binary"))?;
        let hash = {
            use secrecy::ExposeSecret as _;
            #[expect(clippy::disallowed_methods, reason = "only its hash is used")]
            let text = text.expose_secret();
            hex::encode(Sha256::digest(text.as_bytes()))
        };
        let key = payload::parse(&text, self.0.partition).map_err(|errors| {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            call.invalid_response(format!("a stored secret {}", errors.join("; ")))
        })?;
        Ok(Some((hash, key)))
    }

    /// Stores a new access key in the pending version. Idempotent for the same key.
    pub async fn put_pending_key(
        &self,
        secret: &SecretArn,
        token: &str,
        key: &AccessKey,
    ) -> Result<(), UpstreamError> {
        let call = call("secretsmanager:PutSecretValue");
        let credential = Credential::AccessKey(key.clone());
        let Some(payload) = SecretPayload::from_credential(&credential, self.0.partition) else {
            return Err(call.invalid_response("an access key has no content"));
        };
        let request = self.client().put_secret_value().secret_id(secret.as_str());
        let request = request.client_request_token(token).secret_string(payload.text.as_str());
        let response = request.version_stages(PENDING).send().await;
        response.map(drop).map_err(|error| call.to_upstream_error(&error))
    }

    /// Takes the label of a pending version that can never be put in use: it would block each later
    /// rotation.
    pub async fn give_up_pending(
        &self,
        secret: &SecretArn,
        token: &str,
    ) -> Result<(), UpstreamError> {
        let call = call("secretsmanager:UpdateSecretVersionStage");
        let request = self.client().update_secret_version_stage().secret_id(secret.as_str());
        let request = request.version_stage(PENDING).remove_from_version_id(token);
        let response = request.send().await;
        response.map(drop).map_err(|error| call.to_upstream_error(&error))
    }

    /// Notes that an access key is about to be created, or, with `None`, that the note means
    /// nothing any more.
    pub async fn note_creation(
        &self,
        secret: &SecretArn,
        now: Option<SystemTime>,
    ) -> Result<(), UpstreamError> {
        let text = now.map_or_else(|| NONE.to_owned(), to_rfc3339);
        self.set_tags(secret, vec![tag(CREATING, &text)]).await
    }

    /// Notes the access key that the rotation puts out of use, or, with `None`, that it is deleted.
    pub async fn note_old_key(
        &self,
        secret: &SecretArn,
        old: Option<&OldKey>,
    ) -> Result<(), UpstreamError> {
        let id = old.map_or(NONE, |old| old.id.as_str());
        let state = match old {
            Some(old) if old.is_deactivated => "inactive",
            Some(_) => "active",
            None => NONE,
        };
        self.set_tags(secret, vec![tag(OLD_KEY, id), tag(OLD_KEY_STATE, state)]).await
    }

    /// Notes that an event was put.
    pub async fn note_published(
        &self,
        secret: &SecretArn,
        published: &str,
    ) -> Result<(), UpstreamError> {
        self.set_tags(secret, vec![tag(PUBLISHED, published)]).await
    }

    async fn set_tags(&self, secret: &SecretArn, tags: Vec<Tag>) -> Result<(), UpstreamError> {
        let call = call("secretsmanager:TagResource");
        let request = self.client().tag_resource().secret_id(secret.as_str());
        let response = request.set_tags(Some(tags)).send().await;
        response.map(drop).map_err(|error| call.to_upstream_error(&error))
    }

    /// Puts the pending version of a rotation in use.
    pub async fn promote_rotated(
        &self,
        secret: &RotatingSecret,
        token: &str,
    ) -> Result<(), UpstreamError> {
        self.promote(&secret.staged(token), &secret.uid).await
    }

    /// Returns `true` if the version of a rotation is in use.
    pub async fn is_rotated_active(
        &self,
        secret: &RotatingSecret,
        token: &str,
    ) -> Result<bool, UpstreamError> {
        self.is_active(&secret.staged(token), &secret.uid).await
    }

    /// Returns `true` if the secret of another registered account of this AWS account holds this
    /// access key.
    pub async fn is_key_of_another_account(
        &self,
        secret: &RotatingSecret,
        key: &AccessKeyId,
    ) -> Result<bool, UpstreamError> {
        let prefix = format!("{}{}/", self.stored_prefix(), secret.account);
        for other in deletion::list(self, &prefix, &[]).await? {
            let Some(arn) = other.arn().and_then(|arn| arn.parse::<SecretArn>().ok()) else {
                continue;
            };
            let is_static =
                value(other.tags(), metadata::METHOD) == Some(AuthMethod::StaticCredentials.id());
            if arn == secret.arn || !is_static || !metadata::is_registered(other.tags()) {
                continue;
            }
            if self.key_of(&arn, None).await?.is_some_and(|(_, other)| other.id == *key) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Leaves the marked secrets whose keys are being rotated to the rotation, which deletes the
    /// new key and then the secret. Returns the others, and how many these are.
    pub async fn leave_to_rotation(
        &self,
        PendingDeletion(marked): PendingDeletion,
    ) -> Result<(PendingDeletion, usize), UpstreamError> {
        let mut others = Vec::new();
        let mut left = 0;
        for secret in marked {
            if self.is_rotating(&secret).await? {
                self.attempt_again(&secret).await?;
                left += 1;
            } else {
                others.push(secret);
            }
        }
        Ok((PendingDeletion(others), left))
    }

    /// Returns `true` if a rotation of the secret has begun and not ended.
    async fn is_rotating(&self, secret: &SecretArn) -> Result<bool, UpstreamError> {
        let call = call("secretsmanager:DescribeSecret");
        let shown = match self.client().describe_secret().secret_id(secret.as_str()).send().await {
            Ok(shown) => shown,
            Err(error) if AwsErrorKind::from_sdk(&error) == Some(AwsErrorKind::NotFound) => {
                return Ok(false);
            }
            Err(error) => return Err(call.to_upstream_error(&error)),
        };
        let is_enabled = shown.rotation_enabled().unwrap_or_default();
        let metadata = SecretMetadata::from_response(secret.clone(), &shown);
        // The id of a version that a registration has staged is a hash.
        let is_own = |version: &str| version.len() != HASH_CHARS;
        let is_pending = metadata.pending().is_some_and(is_own);
        Ok(is_enabled
            && !metadata.scheduled
            && is_pending
            && metadata.pending() != metadata.current())
    }

    /// Makes Secrets Manager try an unfinished rotation again now.
    async fn attempt_again(&self, secret: &SecretArn) -> Result<(), UpstreamError> {
        let call = call("secretsmanager:RotateSecret");
        let request = self.client().rotate_secret().secret_id(secret.as_str());
        match request.send().await {
            Ok(_) => Ok(()),
            // Its answer if it tries again. If it does not, the secret was deleted since.
            Err(error) => match AwsErrorKind::from_sdk(&error) {
                Some(AwsErrorKind::InvalidState | AwsErrorKind::NotFound) => Ok(()),
                Some(_) | None => Err(call.to_upstream_error(&error)),
            },
        }
    }

    /// Schedules the deletion of the secret of an account that was deleted while its key was
    /// rotated.
    pub async fn delete_retired(&self, secret: &RotatingSecret) -> Result<(), UpstreamError> {
        let marked = PendingDeletion(vec![secret.arn.clone()]);
        deletion::delete_marked(self, &secret.uid, marked).await.map(drop)
    }

    /// Returns what Secrets Manager shows about the rotation of a secret, by its ARN or name.
    /// `None` if it does not exist.
    pub async fn rotation_status(&self, id: &str) -> Result<Option<RotationStatus>, UpstreamError> {
        let call = call("secretsmanager:DescribeSecret");
        let shown = match self.client().describe_secret().secret_id(id).send().await {
            Ok(shown) => shown,
            Err(error) if AwsErrorKind::from_sdk(&error) == Some(AwsErrorKind::NotFound) => {
                return Ok(None);
            }
            Err(error) => return Err(call.to_upstream_error(&error)),
        };
        let time = |date: Option<&DateTime>| date.and_then(|date| SystemTime::try_from(*date).ok());
        let days = shown.rotation_rules().and_then(RotationRulesType::automatically_after_days);
        let days = days.and_then(|days| u16::try_from(days).ok());
        let function = shown.rotation_lambda_arn().map(str::to_owned);
        let schedule =
            function.zip(days).map(|(function, days)| RotationSchedule { function, days });
        Ok(Some(RotationStatus {
            is_enabled: shown.rotation_enabled().unwrap_or_default(),
            last: time(shown.last_rotated_date()),
            next: time(shown.next_rotation_date()),
            schedule,
        }))
    }

    /// Returns what Secrets Manager shows about the rotation of an account's secret. `None` if
    /// there is none.
    pub async fn rotation_of_account(
        &self,
        account: &CloudAccount,
    ) -> Result<Option<RotationStatus>, UpstreamError> {
        let (Some(aws_account), Ok(name)) = (account.aws_account(), account.name.parse()) else {
            return Ok(None);
        };
        let name = self.name(self.0.partition, aws_account, &name, &account.scope);
        self.rotation_status(&name).await
    }

    /// Turns the rotation of a secret on, unless it is on with this schedule. Rotates nothing now.
    pub async fn enable_rotation(
        &self,
        secret: &SecretArn,
        schedule: &RotationSchedule,
    ) -> Result<(), UpstreamError> {
        let known = self.rotation_status(secret.as_str()).await?;
        let is_on = known
            .is_some_and(|known| known.is_enabled && known.schedule.as_ref() == Some(schedule));
        if is_on {
            return Ok(());
        }
        self.rotate(secret, schedule, false).await
    }

    /// Turns the rotation of a secret off, if it is on.
    pub async fn disable_rotation(&self, secret: &SecretArn) -> Result<(), UpstreamError> {
        let known = self.rotation_status(secret.as_str()).await?;
        if !known.is_some_and(|known| known.is_enabled) {
            return Ok(());
        }
        let call = call("secretsmanager:CancelRotateSecret");
        let response = self.client().cancel_rotate_secret().secret_id(secret.as_str()).send().await;
        response.map(drop).map_err(|error| call.to_upstream_error(&error))
    }

    /// Starts a rotation now, and turns rotation on. Returns `false` if an earlier rotation is not
    /// complete: Secrets Manager tries that one again.
    pub async fn rotate_now(
        &self,
        secret: &SecretArn,
        schedule: &RotationSchedule,
    ) -> Result<bool, UpstreamError> {
        match self.rotate(secret, schedule, true).await {
            Ok(()) => Ok(true),
            Err(UpstreamError::Rejected { reason, .. })
                if reason.ends_with("InvalidRequestException") =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn rotate(
        &self,
        secret: &SecretArn,
        RotationSchedule { function, days }: &RotationSchedule,
        immediately: bool,
    ) -> Result<(), UpstreamError> {
        let call = call("secretsmanager:RotateSecret");
        let rules = RotationRulesType::builder().automatically_after_days(i64::from(*days)).build();
        let request = self.client().rotate_secret().secret_id(secret.as_str());
        let request = request.rotation_lambda_arn(function).rotation_rules(rules);
        let response = request.rotate_immediately(immediately).send().await;
        response.map(drop).map_err(|error| call.to_upstream_error(&error))
    }
}

impl RotatingSecret {
    fn staged(&self, token: &str) -> StagedSecret {
        StagedSecret {
            secret: self.arn.clone(),
            method: AuthMethod::StaticCredentials,
            settings: self.metadata.settings_or_default(),
            version: token.to_owned(),
            status: SecretStatus::OtherVersionActive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_accounts_come_from_names_of_secrets() {
        for name in ["prod", "Team Payments", "grün=2", "a@b"] {
            let parsed: gangway_model::AccountName = name.parse().unwrap();
            let part = parsed.to_secret_name_part();
            assert_eq!(account_name(&part), name);
            assert_eq!(account_name(&format!("{part}@5f0c1a2b3c4d5e6f70818293")), name);
        }
    }
}
