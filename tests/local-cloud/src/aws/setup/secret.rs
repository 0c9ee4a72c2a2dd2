//! Secrets, looked into with no permission asked.

use std::collections::BTreeMap;

use crate::aws::secrets::{Payload, Secret};

/// A secret as a test sees it, with no permission asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSeen {
    /// With its six random characters.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The key it is encrypted with, as its creator named it.
    pub kms_key: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Version ids and their labels, oldest first, unlabelled ones too.
    pub versions: Vec<(String, Vec<String>)>,
    /// The value of AWSCURRENT: text, or base64 of bytes.
    pub current: Option<String>,
    /// The value of AWSPENDING.
    pub pending: Option<String>,
    /// In its recovery window.
    pub deleted: bool,
}

pub(super) fn snapshot(secret: &Secret) -> SecretSeen {
    let value = |stage| {
        secret.staged(stage).map(|version| match &version.payload {
            Payload::PolicyText(value) | Payload::Binary(value) => value.clone(),
        })
    };
    SecretSeen {
        arn: secret.arn.clone(),
        name: secret.name.clone(),
        kms_key: secret.kms.clone(),
        tags: secret.tags.clone(),
        versions: secret
            .versions
            .iter()
            .map(|one| (one.id.clone(), one.stages.iter().cloned().collect()))
            .collect(),
        current: value("AWSCURRENT"),
        pending: value("AWSPENDING"),
        deleted: secret.deletion.is_some(),
    }
}
