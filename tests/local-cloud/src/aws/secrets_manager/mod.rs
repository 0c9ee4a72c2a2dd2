//! Fake Secrets Manager.
mod call;
mod lifecycle;
mod list;
mod rotation;
mod stages;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::call::SecretsCall;
use super::caller::Caller;
use super::error::AwsError;
use super::store::Store;

pub(crate) use rotation::StoredRotation;
pub use rotation::{DueRotation, RotationKind};

#[derive(Debug, Clone)]
pub(crate) struct StoredSecret {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// KMS key as the caller named it; `None` for the AWS managed key.
    pub(crate) kms_key: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) versions: Vec<SecretVersion>,
    pub(crate) created: i64,
    pub(crate) changed: i64,
    pub(crate) accessed: Option<i64>,
    /// End of the recovery window.
    pub(crate) deletion_date: Option<i64>,
    /// Length of the recovery window, in days.
    pub(crate) deletion_days: Option<i64>,
    pub(crate) hidden_reads: u32,
    /// `None` if rotation was never configured.
    pub(crate) rotation: Option<StoredRotation>,
}

/// A version of a secret, with its staging labels.
#[derive(Debug, Clone)]
pub(crate) struct SecretVersion {
    pub(crate) id: String,
    pub(crate) payload: Payload,
    pub(crate) stages: BTreeSet<String>,
    pub(crate) created: i64,
}

/// A secret value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Payload {
    Text(String),
    /// Encoded in base64.
    Binary(String),
    /// Of a version that a rotation is to fill.
    Missing,
}

impl StoredSecret {
    pub(crate) fn version_with_stage(&self, stage: &str) -> Option<&SecretVersion> {
        self.versions.iter().find(|version| version.stages.contains(stage))
    }

    pub(crate) fn version(&self, id: &str) -> Option<&SecretVersion> {
        self.versions.iter().find(|version| version.id == id)
    }
}

pub(crate) fn serve(
    store: &mut Store,
    caller: &Caller,
    operation: &str,
    body: &[u8],
) -> Result<String, AwsError> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    if !body.is_object() {
        return Err(AwsError::new(400, "SerializationException", "The request is no JSON object."));
    }
    let mut call = SecretsCall::new(store, caller, operation, &body);
    let response = match operation {
        "CreateSecret" => lifecycle::create(&mut call),
        "DescribeSecret" => lifecycle::describe(&mut call),
        "DeleteSecret" => lifecycle::delete(&mut call),
        "RestoreSecret" => lifecycle::restore(&mut call),
        "UpdateSecret" => lifecycle::update(&mut call),
        "TagResource" => lifecycle::tag(&mut call),
        "UntagResource" => lifecycle::untag(&mut call),
        "PutSecretValue" => values::put_value(&mut call),
        "GetSecretValue" => values::get_value(&mut call),
        "UpdateSecretVersionStage" => stages::update_version_stage(&mut call),
        "RotateSecret" => rotation::rotate(&mut call),
        "CancelRotateSecret" => rotation::cancel(&mut call),
        "ListSecretVersionIds" => list::list_versions(&mut call),
        "ListSecrets" => list::list_secrets(&call),
        _ => Err(AwsError::new(400, "UnknownOperationException", "")),
    };
    response.map(|value| value.to_string())
}
