//! Secrets, read without permission checks.

use std::collections::BTreeMap;

use crate::aws::secrets_manager::{Payload, StoredSecret};

/// A secret, read without permission checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSnapshot {
    /// The ARN, with its random suffix.
    pub arn: String,
    pub name: String,
    /// KMS key as the caller named it.
    pub kms_key: Option<String>,
    pub tags: BTreeMap<String, String>,
    /// Version ids with their staging labels, oldest first.
    pub versions: Vec<(String, Vec<String>)>,
    /// The value of the version with the label `AWSCURRENT`: text or base64.
    pub current: Option<String>,
    /// The value of the version with the label `AWSPENDING`.
    pub pending: Option<String>,
    /// `true` if the secret is scheduled for deletion.
    pub deleted: bool,
    /// Recovery window of the scheduled deletion, in days.
    pub deletion_days: Option<i64>,
    /// Whether it is rotated automatically; `None` if rotation was never configured.
    pub rotation_enabled: Option<bool>,
}

pub(super) fn snapshot(secret: &StoredSecret) -> SecretSnapshot {
    let value = |stage| {
        secret.version_with_stage(stage).and_then(|version| match &version.payload {
            Payload::Text(value) | Payload::Binary(value) => Some(value.clone()),
            Payload::Missing => None,
        })
    };
    SecretSnapshot {
        arn: secret.arn.clone(),
        name: secret.name.clone(),
        kms_key: secret.kms_key.clone(),
        tags: secret.tags.clone(),
        versions: secret
            .versions
            .iter()
            .map(|one| (one.id.clone(), one.stages.iter().cloned().collect()))
            .collect(),
        current: value("AWSCURRENT"),
        pending: value("AWSPENDING"),
        deleted: secret.deletion_date.is_some(),
        deletion_days: secret.deletion_days,
        rotation_enabled: secret.rotation.as_ref().map(|rotation| rotation.enabled),
    }
}
