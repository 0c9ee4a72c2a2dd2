//! Creates, describes, updates, tags, deletes and restores secrets.
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::call::{SecretsCall, invalid_parameter, invalid_request, validation_error};
use super::values::{add_version, stages_or_current};
use super::{SecretVersion, StoredRotation, StoredSecret};
use crate::aws::error::AwsError;

pub(super) fn create(call: &mut SecretsCall<'_>) -> Result<Value, AwsError> {
    let name = call.required("Name")?.to_owned();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    if name.len() > 512 || !name.chars().all(allowed) {
        return Err(validation_error(
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        ));
    }
    let (tags, payload) = (call.tags()?, call.payload()?);
    let token = if payload.is_some() { Some(call.token()?) } else { None };
    let kms = call.string("KmsKeyId")?.map(str::to_owned);
    let arn = format!("{}-{}", call.arn(&name), call.store.generate_alphanumeric(6));
    let mut context = call.store.context(call.caller).with("secretsmanager:Name", &name);
    if let Some(kms) = &kms {
        context = context.with("secretsmanager:KmsKeyId", kms);
    }
    for (tag, value) in &tags {
        context = context.with(&format!("aws:RequestTag/{tag}"), value);
    }
    context = context.with_list("aws:TagKeys", tags.keys().cloned().collect());
    call.store.authorize(call.caller, "secretsmanager:CreateSecret", &arn, &name, &context)?;
    if !tags.is_empty() {
        call.store.authorize(call.caller, "secretsmanager:TagResource", &arn, &name, &context)?;
    }

    if let Some(existing) = call.find_secret_mut(&name) {
        if existing.deletion_date.is_some() {
            return Err(invalid_request(
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
            ));
        }
        // A repeated call with the same token returns the same secret.
        let same = token
            .as_deref()
            .and_then(|token| existing.version(token))
            .is_some_and(|one| Some(&one.payload) == payload.as_ref());
        if same {
            return Ok(json!({ "ARN": existing.arn, "Name": name, "VersionId": token }));
        }
        let message = format!("The operation failed because the secret {name} already exists.");
        return Err(AwsError::new(400, "ResourceExistsException", message));
    }
    if payload.is_some() {
        // Secrets Manager first tries the key, before the secret has an ARN.
        for secret in ["RequestToValidateKeyAccess", arn.as_str()] {
            call.authorize_kms(kms.as_deref(), secret, &["kms:GenerateDataKey", "kms:Decrypt"])?;
        }
    }
    let now = call.store.now();
    let version = |(id, payload)| SecretVersion {
        id,
        payload,
        stages: BTreeSet::from(["AWSCURRENT".to_owned()]),
        created: now,
    };
    let secret = StoredSecret {
        arn: arn.clone(),
        name: name.clone(),
        description: call.string("Description")?.map(str::to_owned),
        kms_key: kms,
        tags,
        versions: token.clone().zip(payload).map(version).into_iter().collect(),
        created: now,
        changed: now,
        accessed: None,
        deletion_date: None,
        deletion_days: None,
        hidden_reads: call.store.hide_new_for_reads,
        rotation: None,
    };
    let key = (call.caller.region.clone(), name.clone());
    call.store.account_mut(&call.caller.account_key).secrets.insert(key, secret);
    Ok(with_version_id(json!({ "ARN": arn, "Name": name }), token))
}

fn with_version_id(mut response: Value, token: Option<String>) -> Value {
    if let (Some(token), Some(object)) = (token, response.as_object_mut()) {
        object.insert("VersionId".into(), token.into());
    }
    response
}

/// Returns the fields of `DescribeSecret` and `ListSecrets`.
pub(super) fn description_json(secret: &StoredSecret) -> Map<String, Value> {
    let tags: Vec<_> =
        secret.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    // Versions without a staging label are deprecated and not returned.
    let labelled = secret.versions.iter().filter(|version| !version.stages.is_empty());
    let stages: Map<String, Value> =
        labelled.map(|version| (version.id.clone(), json!(version.stages))).collect();
    let rotation = secret.rotation.as_ref();
    let members = [
        ("ARN", Some(json!(secret.arn))),
        ("Name", Some(json!(secret.name))),
        ("Description", secret.description.as_ref().map(|text| json!(text))),
        ("KmsKeyId", secret.kms_key.as_ref().map(|key| json!(key))),
        ("CreatedDate", Some(json!(secret.created))),
        ("LastChangedDate", Some(json!(secret.changed))),
        ("LastAccessedDate", secret.accessed.map(|date| json!(date / 86_400 * 86_400))),
        ("DeletedDate", secret.deletion_date.map(|date| json!(date))),
        ("Tags", (!tags.is_empty()).then(|| json!(tags))),
        ("RotationEnabled", rotation.map(|it| json!(it.enabled))),
        ("RotationLambdaARN", rotation.map(|it| json!(it.lambda))),
        ("RotationRules", rotation.map(|it| it.rules.clone())),
        ("LastRotatedDate", rotation.and_then(|it| it.last).map(|date| json!(date))),
        ("NextRotationDate", rotation.and_then(StoredRotation::next).map(|date| json!(date))),
        ("VersionIdsToStages", (!stages.is_empty()).then(|| json!(stages))),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

pub(super) fn describe(call: &mut SecretsCall<'_>) -> Result<Value, AwsError> {
    let name = call.authorized_secret()?;
    Ok(call
        .find_secret_mut(&name)
        .map(|secret| Value::Object(description_json(secret)))
        .unwrap_or_default())
}

pub(super) fn update(call: &mut SecretsCall<'_>) -> Result<Value, AwsError> {
    let name = call.authorized_secret()?;
    let payload = call.payload()?;
    let (description, kms) = (
        call.string("Description")?.map(str::to_owned),
        call.string("KmsKeyId")?.map(str::to_owned),
    );
    let now = call.store.now();
    let secret = call.active_secret_mut(&name)?;
    secret.description = description.or_else(|| secret.description.take());
    secret.kms_key = kms.or_else(|| secret.kms_key.take());
    secret.changed = now;
    let arn = secret.arn.clone();
    let mut token = None;
    if let Some(payload) = payload {
        let id = call.token()?;
        add_version(call, &name, id.clone(), payload, stages_or_current(None))?;
        token = Some(id);
    }
    Ok(with_version_id(json!({ "ARN": arn, "Name": name }), token))
}

pub(super) fn tag(call: &mut SecretsCall<'_>) -> Result<Value, AwsError> {
    let tags = call.tags()?;
    let keys = tags.keys().cloned().collect();
    let name = call.authorized_secret_with(|mut context| {
        for (tag, value) in &tags {
            context = context.with(&format!("aws:RequestTag/{tag}"), value);
        }
        context.with_list("aws:TagKeys", keys)
    })?;
    let secret = call.active_secret_mut(&name)?;
    secret.tags.extend(tags);
    Ok(json!({}))
}

pub(super) fn untag(call: &mut SecretsCall<'_>) -> Result<Value, AwsError> {
    let keys = call.strings("TagKeys")?.unwrap_or_default();
    let name =
        call.authorized_secret_with(|context| context.with_list("aws:TagKeys", keys.clone()))?;
    let secret = call.active_secret_mut(&name)?;
    secret.tags.retain(|key, _| !keys.contains(key));
    Ok(json!({}))
}

pub(super) fn delete(call: &mut SecretsCall<'_>) -> Result<Value, AwsError> {
    let days = call.member("RecoveryWindowInDays").map(|days| days.as_i64().unwrap_or(-1));
    let force = call.member("ForceDeleteWithoutRecovery").and_then(Value::as_bool).unwrap_or(false);
    if force && days.is_some() {
        return Err(invalid_parameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        ));
    }
    if days.is_some_and(|days| !(7..=30).contains(&days)) {
        return Err(invalid_parameter(
            "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        ));
    }
    let days = days.unwrap_or(30);
    let name = call.authorized_secret_with(|context| {
        let context = context.with("secretsmanager:ForceDeleteWithoutRecovery", force.to_string());
        if force {
            context
        } else {
            context.with("secretsmanager:RecoveryWindowInDays", days.to_string())
        }
    });
    let name = name?;
    let now = call.store.now();
    let deletes_at = if force { now } else { now + days * 86_400 };
    let secret = call.active_secret_mut(&name)?;
    secret.deletion_date = Some(deletes_at);
    secret.deletion_days = (!force).then_some(days);
    Ok(json!({ "ARN": secret.arn, "Name": name, "DeletionDate": deletes_at }))
}

/// Restores a secret. Has no effect on a secret that is not deleted.
pub(super) fn restore(call: &mut SecretsCall<'_>) -> Result<Value, AwsError> {
    let name = call.authorized_secret()?;
    let secret = call.find_secret_mut(&name);
    let arn = secret.map(|secret| {
        secret.deletion_date = None;
        secret.deletion_days = None;
        secret.arn.clone()
    });
    Ok(json!({ "ARN": arn, "Name": name }))
}
