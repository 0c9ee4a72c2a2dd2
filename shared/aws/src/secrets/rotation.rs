//! Reads and changes a secret during a rotation: its versions, the tags about access keys, and the
//! schedule.
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
    CURRENT, PENDING, SecretsManagerStore, deletion,
    metadata::{self, SecretMetadata, SecretState, find_tag_value, to_tag},
    payload::{self, SecretPayload},
    secrets_manager_call,
};
use crate::error::AwsErrorKind;

/// Tag with the time at which a rotation started to create an access key.
const CREATION_TIME_TAG: &str = "gangway:rotation-creates-key";
/// Tag with the id of the access key that a rotation replaces or has replaced.
const OLD_KEY_TAG: &str = "gangway:rotation-old-key";
/// Tag with the state of the old access key: active or inactive.
const OLD_KEY_STATE_TAG: &str = "gangway:rotation-old-key-state";
/// Tag that names the rotation and outcome of the last event that was put.
const PUBLISHED_TAG: &str = "gangway:rotation-told";
/// Number of characters in the id of a version that a registration has staged. The id is a SHA-256
/// hash.
const HASH_CHARS: usize = 64;
/// Value of a tag that has no information. The tag is not removed, because that needs another IAM
/// permission.
const NO_VALUE: &str = "none";

/// Access key that a rotation replaces.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OldKey {
    pub id: AccessKeyId,
    pub is_deactivated: bool,
}

impl OldKey {
    /// Parses the old access key in the tags. Returns `None` if the tags contain no valid id.
    pub(super) fn from_tags(tags: &[Tag]) -> Option<Self> {
        let id = find_tag_value(tags, OLD_KEY_TAG)?.parse().ok()?;
        Some(Self {
            id,
            is_deactivated: find_tag_value(tags, OLD_KEY_STATE_TAG) == Some("inactive"),
        })
    }
}

/// State of the version that a rotation writes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RotationVersion {
    /// The version does not exist, or has no label because another run has removed it.
    NotPending,
    /// The version has the label `AWSPENDING`.
    Pending,
    /// The version has the label `AWSCURRENT`: the rotation has promoted it.
    Current,
}

/// A secret whose access key a rotation replaces.
#[derive(Debug)]
pub struct RotatingSecret {
    pub arn: SecretArn,
    pub uid: Uid,
    pub scope: Scope,
    pub account: AccountId,
    /// Name of the cloud account in Palette.
    pub name: String,
    /// State of the version that the rotation writes.
    pub version: RotationVersion,
    /// When a rotation started to create an access key; `None` if it did not.
    pub creating_since: Option<SystemTime>,
    /// Access key that the rotation replaces or has replaced; `None` if it is deleted.
    pub old_key: Option<OldKey>,
    /// Rotation and outcome of the last event that was put.
    pub published: Option<String>,
    /// `true` if the account was deleted during the rotation.
    pub is_retired: bool,
    metadata: SecretMetadata,
}

impl RotatingSecret {
    /// Returns `None` if the secret does not contain the access key of a registered account, or of
    /// an account that was deleted during the rotation.
    fn new(
        store: &SecretsManagerStore,
        arn: SecretArn,
        response: &DescribeSecretOutput,
        token: &str,
    ) -> Option<Self> {
        let tags = response.tags();
        let prefix = store.stored_secret_prefix();
        let (account, name) = response.name()?.strip_prefix(&prefix)?.split_once('/')?;
        let (account, name) = (account.parse().ok()?, parse_account_name(name));
        let (uid, scope) = metadata::parse_owner(tags)?;
        let metadata = SecretMetadata::from_response(arn.clone(), response);
        let is_static = metadata.is_of_method(AuthMethod::StaticCredentials);
        let is_retired = metadata.state == Some(SecretState::PendingDeletion);
        let is_owned = is_retired || metadata.registered_for() == Some(&uid);
        if !is_owned || metadata.is_scheduled_for_deletion || !is_static {
            return None;
        }
        let version = if metadata.current_version() == Some(token) {
            RotationVersion::Current
        } else if metadata.pending_version() == Some(token) {
            RotationVersion::Pending
        } else {
            RotationVersion::NotPending
        };
        let old_key = metadata.old_key.clone();
        let creating_since = find_tag_value(tags, CREATION_TIME_TAG).and_then(parse_rfc3339);
        let published = find_tag_value(tags, PUBLISHED_TAG).map(str::to_owned);
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

/// Returns the account name in the last part of the name of a secret. Decodes the escapes, such as
/// `=20` for a space, and removes the `@` and the project.
fn parse_account_name(part: &str) -> String {
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

/// Schedule of rotations, and the function that rotates.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RotationSchedule {
    /// ARN of the rotation function.
    pub function: String,
    /// Number of days between two rotations.
    pub days: u16,
}

/// State of the rotation of a secret, as Secrets Manager returns it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RotationStatus {
    pub is_enabled: bool,
    /// When the secret was last rotated.
    pub last: Option<SystemTime>,
    /// When Secrets Manager will rotate the secret next.
    pub next: Option<SystemTime>,
    /// Schedule of the rotation. `None` if the secret has none, or if its schedule is not in days.
    schedule: Option<RotationSchedule>,
}

impl SecretsManagerStore {
    /// Reads the secret that a rotation is about. `id` is its name or ARN, `token` is the id of the
    /// version that the rotation writes. Returns `None` if the secret does not exist, or if it does
    /// not contain the access key of a registered account.
    pub async fn rotating(
        &self,
        id: &str,
        token: &str,
    ) -> Result<Option<RotatingSecret>, UpstreamError> {
        let call = secrets_manager_call("secretsmanager:DescribeSecret");
        let response = match self.client().describe_secret().secret_id(id).send().await {
            Ok(response) => response,
            Err(error) if AwsErrorKind::from_sdk(&error) == Some(AwsErrorKind::NotFound) => {
                return Ok(None);
            }
            Err(error) => return Err(call.to_upstream_error(&error)),
        };
        let arn = super::parse_secret_arn(call, response.arn())?;
        Ok(RotatingSecret::new(self, arn, &response, token))
    }

    /// Reads the access key in the current version of a secret.
    pub async fn current_key(&self, secret: &SecretArn) -> Result<AccessKey, UpstreamError> {
        let (_, key) = self.read_key(secret, None).await?.ok_or(UpstreamError::NotFound {
            service: crate::error::SECRETS_MANAGER,
            resource: "current version of the secret",
        })?;
        Ok(key)
    }

    /// Reads the access key in a pending version of a secret. Returns `None` if nothing was stored
    /// in this version yet.
    pub async fn pending_key(
        &self,
        secret: &SecretArn,
        token: &str,
    ) -> Result<Option<AccessKey>, UpstreamError> {
        let key = self.read_key(secret, Some((token, Some(PENDING)))).await?;
        Ok(key.map(|(_, key)| key))
    }

    /// Reads the access key in a version that may have no label. Returns `None` if the version does
    /// not exist.
    pub async fn abandoned_key(
        &self,
        secret: &SecretArn,
        token: &str,
    ) -> Result<Option<AccessKey>, UpstreamError> {
        Ok(self.read_key(secret, Some((token, None))).await?.map(|(_, key)| key))
    }

    /// Returns `true` if a registration, not a rotation, has staged this version. A registration
    /// uses the hash of the content as the id of the version.
    pub async fn is_staged_by_registration(
        &self,
        secret: &SecretArn,
        token: &str,
    ) -> Result<bool, UpstreamError> {
        if token.len() != HASH_CHARS {
            return Ok(false);
        }
        let content = self.read_key(secret, Some((token, Some(PENDING)))).await?;
        Ok(content.is_some_and(|(hash, _)| hash == token))
    }

    /// Reads the access key of a version, and the hash of the content. `version` is the id of the
    /// version, and a label that it must have; `None` means the current version. Returns `None` if
    /// there is no such version.
    async fn read_key(
        &self,
        secret: &SecretArn,
        version: Option<(&str, Option<&str>)>,
    ) -> Result<Option<(String, AccessKey)>, UpstreamError> {
        let call = secrets_manager_call("secretsmanager:GetSecretValue");
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

    /// Stores a new access key in the pending version. The same call twice with the same key has
    /// the effect of one call.
    pub async fn put_pending_key(
        &self,
        secret: &SecretArn,
        token: &str,
        key: &AccessKey,
    ) -> Result<(), UpstreamError> {
        let call = secrets_manager_call("secretsmanager:PutSecretValue");
        let credential = Credential::AccessKey(key.clone());
        let Some(payload) = SecretPayload::from_credential(&credential, self.0.partition) else {
            return Err(call.invalid_response("an access key has no content"));
        };
        let request = self.client().put_secret_value().secret_id(secret.as_str());
        let request = request.client_request_token(token).secret_string(payload.text.as_str());
        let response = request.version_stages(PENDING).send().await;
        response.map(drop).map_err(|error| call.to_upstream_error(&error))
    }

    /// Removes the label `AWSPENDING` from a version that cannot be promoted. With the label, the
    /// version would block each later rotation.
    pub async fn give_up_pending(
        &self,
        secret: &SecretArn,
        token: &str,
    ) -> Result<(), UpstreamError> {
        let call = secrets_manager_call("secretsmanager:UpdateSecretVersionStage");
        let request = self.client().update_secret_version_stage().secret_id(secret.as_str());
        let request = request.version_stage(PENDING).remove_from_version_id(token);
        let response = request.send().await;
        response.map(drop).map_err(|error| call.to_upstream_error(&error))
    }

    /// Records in a tag that the rotation starts to create an access key at the time `now`. With
    /// `None`, clears the tag.
    pub async fn note_creation(
        &self,
        secret: &SecretArn,
        now: Option<SystemTime>,
    ) -> Result<(), UpstreamError> {
        let text = now.map_or_else(|| NO_VALUE.to_owned(), to_rfc3339);
        self.set_tags(secret, vec![to_tag(CREATION_TIME_TAG, &text)]).await
    }

    /// Records in tags which access key the rotation replaces, and whether it is deactivated. With
    /// `None`, clears the tags, because the key is deleted.
    pub async fn note_old_key(
        &self,
        secret: &SecretArn,
        old: Option<&OldKey>,
    ) -> Result<(), UpstreamError> {
        let id = old.map_or(NO_VALUE, |old| old.id.as_str());
        let state = match old {
            Some(old) if old.is_deactivated => "inactive",
            Some(_) => "active",
            None => NO_VALUE,
        };
        self.set_tags(secret, vec![to_tag(OLD_KEY_TAG, id), to_tag(OLD_KEY_STATE_TAG, state)]).await
    }

    /// Records in a tag that an event was put. `published` names the rotation and its outcome.
    pub async fn note_published(
        &self,
        secret: &SecretArn,
        published: &str,
    ) -> Result<(), UpstreamError> {
        self.set_tags(secret, vec![to_tag(PUBLISHED_TAG, published)]).await
    }

    async fn set_tags(&self, secret: &SecretArn, tags: Vec<Tag>) -> Result<(), UpstreamError> {
        let call = secrets_manager_call("secretsmanager:TagResource");
        let request = self.client().tag_resource().secret_id(secret.as_str());
        let response = request.set_tags(Some(tags)).send().await;
        response.map(drop).map_err(|error| call.to_upstream_error(&error))
    }

    /// Promotes the version of a rotation. `token` is the id of the version.
    pub async fn promote_rotated(
        &self,
        secret: &RotatingSecret,
        token: &str,
    ) -> Result<(), UpstreamError> {
        self.promote(&secret.to_staged_secret(token), &secret.uid).await
    }

    /// Returns `true` if the version of a rotation is current, and the secret is registered for its
    /// account.
    pub async fn is_rotated_active(
        &self,
        secret: &RotatingSecret,
        token: &str,
    ) -> Result<bool, UpstreamError> {
        self.is_active(&secret.to_staged_secret(token), &secret.uid).await
    }

    /// Returns `true` if the secret of another registered account in the same AWS account contains
    /// this access key.
    pub async fn is_key_of_another_account(
        &self,
        secret: &RotatingSecret,
        key: &AccessKeyId,
    ) -> Result<bool, UpstreamError> {
        let prefix = format!("{}{}/", self.stored_secret_prefix(), secret.account);
        for other in deletion::list_secrets(self, &prefix, &[]).await? {
            let Some(arn) = other.arn().and_then(|arn| arn.parse::<SecretArn>().ok()) else {
                continue;
            };
            let is_static = find_tag_value(other.tags(), metadata::METHOD_TAG)
                == Some(AuthMethod::StaticCredentials.id());
            if arn == secret.arn || !is_static || !metadata::is_registered(other.tags()) {
                continue;
            }
            if self.read_key(&arn, None).await?.is_some_and(|(_, other)| other.id == *key) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes Secrets Manager resume the rotation of each marked secret that has an unfinished
    /// rotation. The rotation then deletes the new access key and the secret. Returns the marked
    /// secrets without a rotation, and the number of secrets with a rotation.
    pub async fn leave_to_rotation(
        &self,
        PendingDeletion(marked): PendingDeletion,
    ) -> Result<(PendingDeletion, usize), UpstreamError> {
        let mut others = Vec::new();
        let mut resumed = 0;
        for secret in marked {
            if self.is_rotating(&secret).await? {
                self.resume_rotation(&secret).await?;
                resumed += 1;
            } else {
                others.push(secret);
            }
        }
        Ok((PendingDeletion(others), resumed))
    }

    /// Returns `true` if a rotation of the secret has begun and has not ended.
    async fn is_rotating(&self, secret: &SecretArn) -> Result<bool, UpstreamError> {
        let call = secrets_manager_call("secretsmanager:DescribeSecret");
        let shown = match self.client().describe_secret().secret_id(secret.as_str()).send().await {
            Ok(shown) => shown,
            Err(error) if AwsErrorKind::from_sdk(&error) == Some(AwsErrorKind::NotFound) => {
                return Ok(false);
            }
            Err(error) => return Err(call.to_upstream_error(&error)),
        };
        let is_enabled = shown.rotation_enabled().unwrap_or_default();
        let metadata = SecretMetadata::from_response(secret.clone(), &shown);
        // A version whose id has the length of a hash was staged by a registration, not by a
        // rotation.
        let is_of_rotation = |version: &str| version.len() != HASH_CHARS;
        let is_pending = metadata.pending_version().is_some_and(is_of_rotation);
        Ok(is_enabled
            && !metadata.is_scheduled_for_deletion
            && is_pending
            && metadata.pending_version() != metadata.current_version())
    }

    /// Makes Secrets Manager continue an unfinished rotation now.
    async fn resume_rotation(&self, secret: &SecretArn) -> Result<(), UpstreamError> {
        let call = secrets_manager_call("secretsmanager:RotateSecret");
        let request = self.client().rotate_secret().secret_id(secret.as_str());
        match request.send().await {
            Ok(_) => Ok(()),
            // Secrets Manager returns `InvalidRequestException` when it continues the rotation. The
            // secret may also have been deleted.
            Err(error) => match AwsErrorKind::from_sdk(&error) {
                Some(AwsErrorKind::InvalidState | AwsErrorKind::NotFound) => Ok(()),
                Some(_) | None => Err(call.to_upstream_error(&error)),
            },
        }
    }

    /// Schedules deletion of a secret whose account was deleted during the rotation.
    pub async fn delete_retired(&self, secret: &RotatingSecret) -> Result<(), UpstreamError> {
        let marked = PendingDeletion(vec![secret.arn.clone()]);
        deletion::delete_marked(self, &secret.uid, marked).await.map(drop)
    }

    /// Reads the state of the rotation of a secret. `id` is the name or ARN of the secret. Returns
    /// `None` if the secret does not exist.
    pub async fn read_rotation_status(
        &self,
        id: &str,
    ) -> Result<Option<RotationStatus>, UpstreamError> {
        let call = secrets_manager_call("secretsmanager:DescribeSecret");
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

    /// Reads the state of the rotation of an account's secret. Returns `None` if the account has no
    /// secret.
    pub async fn rotation_of_account(
        &self,
        account: &CloudAccount,
    ) -> Result<Option<RotationStatus>, UpstreamError> {
        let (Some(aws_account), Ok(name)) = (account.aws_account(), account.name.parse()) else {
            return Ok(None);
        };
        let name = self.secret_name(self.0.partition, aws_account, &name, &account.scope);
        self.read_rotation_status(&name).await
    }

    /// Enables the rotation of a secret with this schedule. Does nothing if it is already enabled
    /// with this schedule. Does not start a rotation now.
    pub async fn enable_rotation(
        &self,
        secret: &SecretArn,
        schedule: &RotationSchedule,
    ) -> Result<(), UpstreamError> {
        let known = self.read_rotation_status(secret.as_str()).await?;
        let is_enabled_with_schedule = known
            .is_some_and(|known| known.is_enabled && known.schedule.as_ref() == Some(schedule));
        if is_enabled_with_schedule {
            return Ok(());
        }
        self.call_rotate_secret(secret, schedule, false).await
    }

    /// Disables the rotation of a secret. Does nothing if it is already disabled.
    pub async fn disable_rotation(&self, secret: &SecretArn) -> Result<(), UpstreamError> {
        let known = self.read_rotation_status(secret.as_str()).await?;
        if !known.is_some_and(|known| known.is_enabled) {
            return Ok(());
        }
        let call = secrets_manager_call("secretsmanager:CancelRotateSecret");
        let response = self.client().cancel_rotate_secret().secret_id(secret.as_str()).send().await;
        response.map(drop).map_err(|error| call.to_upstream_error(&error))
    }

    /// Enables the rotation of a secret with this schedule, and starts a rotation now. Returns
    /// `false` if an earlier rotation is not complete; Secrets Manager then continues the earlier
    /// rotation.
    pub async fn rotate_now(
        &self,
        secret: &SecretArn,
        schedule: &RotationSchedule,
    ) -> Result<bool, UpstreamError> {
        match self.call_rotate_secret(secret, schedule, true).await {
            Ok(()) => Ok(true),
            Err(UpstreamError::Rejected { reason, .. })
                if reason.ends_with("InvalidRequestException") =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Calls `RotateSecret`. With `starts_now`, starts a rotation now.
    async fn call_rotate_secret(
        &self,
        secret: &SecretArn,
        RotationSchedule { function, days }: &RotationSchedule,
        starts_now: bool,
    ) -> Result<(), UpstreamError> {
        let call = secrets_manager_call("secretsmanager:RotateSecret");
        let rules = RotationRulesType::builder().automatically_after_days(i64::from(*days)).build();
        let request = self.client().rotate_secret().secret_id(secret.as_str());
        let request = request.rotation_lambda_arn(function).rotation_rules(rules);
        let response = request.rotate_immediately(starts_now).send().await;
        response.map(drop).map_err(|error| call.to_upstream_error(&error))
    }
}

impl RotatingSecret {
    /// Returns the version of the rotation in the form that the functions for staged secrets take.
    fn to_staged_secret(&self, token: &str) -> StagedSecret {
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
    fn account_name_is_parsed_from_the_name_of_its_secret() {
        for name in ["prod", "Team Payments", "grün=2", "a@b"] {
            let parsed: gangway_model::AccountName = name.parse().unwrap();
            let part = parsed.to_secret_name_part();
            assert_eq!(parse_account_name(&part), name);
            assert_eq!(parse_account_name(&format!("{part}@5f0c1a2b3c4d5e6f70818293")), name);
        }
    }
}
