//! Secrets Manager: what a secret is, how it is found, and who may touch it.
mod ask;
mod lifecycle;
mod list;
mod stages;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use self::ask::SecretsCall;
use super::caller::Caller;
use super::refusal::AwsError;
use super::store::Store;

/// A secret with all its versions.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// As the caller named it; nothing: the service's own key.
    pub(crate) kms: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) versions: Vec<Version>,
    pub(crate) created: i64,
    pub(crate) changed: i64,
    pub(crate) accessed: Option<i64>,
    /// When it will be gone.
    pub(crate) deletion: Option<i64>,
    pub(crate) unseen: u32,
}

/// One value, and the labels that point to it.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) payload: Payload,
    pub(crate) stages: BTreeSet<String>,
    pub(crate) created: i64,
}

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Payload {
    PolicyText(String),
    /// Base64.
    Binary(String),
}

impl Secret {
    pub(crate) fn staged(&self, stage: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.stages.contains(stage))
    }

    pub(crate) fn version(&self, id: &str) -> Option<&Version> {
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
    let mut ask = SecretsCall::new(store, caller, operation, &body);
    let answer = match operation {
        "CreateSecret" => lifecycle::create(&mut ask),
        "DescribeSecret" => lifecycle::describe(&mut ask),
        "DeleteSecret" => lifecycle::delete(&mut ask),
        "RestoreSecret" => lifecycle::restore(&mut ask),
        "UpdateSecret" => lifecycle::update(&mut ask),
        "TagResource" => lifecycle::tag(&mut ask),
        "UntagResource" => lifecycle::untag(&mut ask),
        "PutSecretValue" => values::put(&mut ask),
        "GetSecretValue" => values::get(&mut ask),
        "UpdateSecretVersionStage" => stages::update(&mut ask),
        "ListSecretVersionIds" => list::versions(&mut ask),
        "ListSecrets" => list::secrets(&ask),
        _ => Err(AwsError::new(400, "UnknownOperationException", "")),
    };
    answer.map(|value| value.to_string())
}
