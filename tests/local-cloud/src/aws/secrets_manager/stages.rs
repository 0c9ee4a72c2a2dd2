//! Moves staging labels between versions.
use serde_json::{Value, json};

use super::call::{SecretsCall, invalid_parameter, not_found};
use super::values::move_label;
use crate::aws::error::AwsError;

pub(super) fn update_version_stage(call: &mut SecretsCall<'_>) -> Result<Value, AwsError> {
    let stage = call.required("VersionStage")?;
    let (to, from) = (call.string("MoveToVersionId")?, call.string("RemoveFromVersionId")?);
    let name =
        call.authorized_secret_with(|context| context.with("secretsmanager:VersionStage", stage))?;
    let now = call.store.now();
    let secret = call.active_secret_mut(&name)?;
    let holder = secret.version_with_stage(stage).map(|version| version.id.clone());
    for id in to.iter().chain(&from) {
        if secret.version(id).is_none() {
            return Err(not_found(format!(
                "Secrets Manager can't find the specified secret value for VersionId: {id}"
            )));
        }
    }
    if to.is_none() && from.is_none() {
        return Err(invalid_parameter(
            "You must provide either a MoveToVersionId or a RemoveFromVersionId.",
        ));
    }
    match (&holder, from) {
        (holder, Some(from)) if holder.as_deref() != Some(from) => {
            return Err(invalid_parameter(format!(
                "The staging label {stage} isn't currently attached to version {from}."
            )));
        }
        (Some(holder), None) if Some(holder.as_str()) != to => {
            return Err(invalid_parameter(format!(
                "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version \
                 {holder}, so you must explicitly reference that version in RemoveFromVersionId."
            )));
        }
        _ => {}
    }
    if to.is_none() && stage == "AWSCURRENT" {
        return Err(invalid_parameter(
            "You can only move staging label AWSCURRENT to a different secret version. It can\u{2019}t be completely removed.",
        ));
    }
    if holder.as_deref() != to {
        if to.is_some() {
            move_label(secret, stage);
        } else if let Some(version) =
            secret.versions.iter_mut().find(|version| version.stages.contains(stage))
        {
            version.stages.remove(stage);
        }
        if let Some(version) =
            secret.versions.iter_mut().find(|version| Some(version.id.as_str()) == to)
        {
            version.stages.insert(stage.to_owned());
        }
        secret.changed = now;
    }
    Ok(json!({ "ARN": secret.arn, "Name": name }))
}
