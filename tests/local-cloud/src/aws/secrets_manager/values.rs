//! Puts and gets secret values.
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::call::{SecretsCall, invalid_parameter, invalid_request, not_found};
use super::{Payload, SecretVersion, StoredSecret};
use crate::aws::error::AwsError;

/// Returns the staging labels of a new version.
pub(super) fn stages_or_current(requested: Option<Vec<String>>) -> BTreeSet<String> {
    requested.map_or_else(
        || BTreeSet::from(["AWSCURRENT".to_owned()]),
        |list| list.into_iter().collect(),
    )
}

pub(super) fn put_value(call: &mut SecretsCall<'_>) -> Result<Value, AwsError> {
    let name = call.authorized_secret()?;
    let token = call.token()?;
    let payload = call.payload()?;
    let stages = call.strings("VersionStages")?;
    if stages.as_ref().is_some_and(|list| list.is_empty() || list.len() > 20) {
        return Err(invalid_parameter("A version has between 1 and 20 staging labels."));
    }
    let payload = payload
        .ok_or_else(|| invalid_request("You must provide either SecretString or SecretBinary."))?;
    let stages = stages_or_current(stages);
    add_version(call, &name, token.clone(), payload, stages)?;
    let secret = call.active_secret_mut(&name)?;
    let stages = secret.version(&token).map(|version| version.stages.clone());
    Ok(json!({ "ARN": secret.arn, "Name": name, "VersionId": token, "VersionStages": stages }))
}

/// Adds a version. A repeated call with the same token and value changes nothing.
pub(super) fn add_version(
    call: &mut SecretsCall<'_>,
    name: &str,
    id: String,
    payload: Payload,
    mut stages: BTreeSet<String>,
) -> Result<(), AwsError> {
    let secret = call.active_secret_mut(name)?;
    let (arn, kms) = (secret.arn.clone(), secret.kms_key.clone());
    if let Some(existing) = secret.version(&id) {
        if existing.payload == payload {
            return Ok(());
        }
        if existing.payload == Payload::Missing {
            call.authorize_kms(kms.as_deref(), &arn, &["kms:GenerateDataKey", "kms:Decrypt"])?;
            let now = call.store.now();
            let secret = call.active_secret_mut(name)?;
            if let Some(version) = secret.versions.iter_mut().find(|version| version.id == id) {
                version.payload = payload;
            }
            secret.changed = now;
            return Ok(());
        }
        let message = format!(
            "You can't use ClientRequestToken {id} because that value is already in use for a version of secret {arn}."
        );
        return Err(AwsError::new(400, "ResourceExistsException", message));
    }
    call.authorize_kms(kms.as_deref(), &arn, &["kms:GenerateDataKey", "kms:Decrypt"])?;
    let now = call.store.now();
    let secret = call.active_secret_mut(name)?;
    // The first version always becomes `AWSCURRENT`.
    if secret.versions.is_empty() {
        stages.insert("AWSCURRENT".into());
    }
    for stage in &stages {
        move_label(secret, stage);
    }
    secret.versions.push(SecretVersion { id, payload, stages, created: now });
    secret.changed = now;
    Ok(())
}

/// Removes a staging label from its version. The version that was `AWSCURRENT` becomes
/// `AWSPREVIOUS`.
pub(super) fn move_label(secret: &mut StoredSecret, stage: &str) {
    let Some(holder) = secret.versions.iter().position(|version| version.stages.contains(stage))
    else {
        return;
    };
    if stage == "AWSCURRENT" {
        move_label(secret, "AWSPREVIOUS");
    }
    if let Some(version) = secret.versions.get_mut(holder) {
        version.stages.remove(stage);
        if stage == "AWSCURRENT" {
            version.stages.insert("AWSPREVIOUS".into());
        }
    }
}

pub(super) fn get_value(call: &mut SecretsCall<'_>) -> Result<Value, AwsError> {
    let (id, stage) = (call.string("VersionId")?, call.string("VersionStage")?);
    let label = stage.or(if id.is_none() { Some("AWSCURRENT") } else { None });
    let name = call.authorized_secret_with(|context| {
        let context = label
            .into_iter()
            .fold(context, |all, label| all.with("secretsmanager:VersionStage", label));
        id.into_iter().fold(context, |all, id| all.with("secretsmanager:VersionId", id))
    })?;
    let now = call.store.now();
    let secret = call.active_secret_mut(&name)?.clone();
    let version = match (id, label) {
        (Some(id), _) => {
            let message = format!(
                "Secrets Manager can't find the specified secret value for VersionId: {id}"
            );
            let version = secret.version(id).ok_or_else(|| not_found(message))?;
            if stage.is_some_and(|stage| !version.stages.contains(stage)) {
                return Err(invalid_request(
                    "You provided a VersionStage that is not associated to the provided VersionId.",
                ));
            }
            version
        }
        (None, label) => {
            let label = label.unwrap_or("AWSCURRENT");
            let message = format!(
                "Secrets Manager can't find the specified secret value for staging label: {label}"
            );
            secret.version_with_stage(label).ok_or_else(|| not_found(message))?
        }
    };
    if version.payload == Payload::Missing {
        return Err(not_found(
            "Secrets Manager can't find the specified secret value for the requested version.",
        ));
    }
    call.authorize_kms(secret.kms_key.as_deref(), &secret.arn, &["kms:Decrypt"])?;
    if let Some(secret) = call.find_secret_mut(&name) {
        secret.accessed = Some(now);
    }
    let (member, value) = match &version.payload {
        Payload::Text(text) => ("SecretString", text.as_str()),
        Payload::Binary(binary) => ("SecretBinary", binary.as_str()),
        Payload::Missing => ("SecretString", ""),
    };
    Ok(json!({
        "ARN": secret.arn, "Name": name, "VersionId": version.id, member: value,
        "VersionStages": version.stages, "CreatedDate": version.created,
    }))
}
