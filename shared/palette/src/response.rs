//! What Palette answers, as far as it is read. Secrets are not named here, so none is taken in.
//!
//! Everything may be missing or null: Palette leaves out what is empty, and versions differ.

use std::collections::BTreeMap;

use gangway_model::{CloudAccount, Scope, StoredCredential, Uid};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::request::annotation;

fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

macro_rules! read {
    ($($(#[$doc:meta])* $name:ident { $($(#[$at:meta])* $field:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct $name {
            $($(#[$at])* #[serde(default, deserialize_with = "or_default")] pub(crate) $field: $type,)*
        }
    )*};
}

read! {
    Created { uid: String }
    Accounts { items: Vec<Account>, listmeta: ListMeta }
    ListMeta { r#continue: String }
    Account { metadata: Meta, spec: AwsAccount, status: Status }
    Meta {
        name: String,
        uid: String,
        annotations: BTreeMap<String, Value>,
        labels: BTreeMap<String, Value>,
    }
    AwsAccount {
        credential_type: String,
        partition: String,
        access_key: String,
        sts: Sts,
        pod_identity: PodIdentity,
        secret_spec: SecretSpec,
        #[serde(rename = "policyARNs")]
        policy_arns: Vec<String>,
    }
    Sts { arn: String }
    PodIdentity { role_arn: String, permission_boundary_arn: String }
    SecretSpec {
        is_cap_validation_enabled: bool,
        agency: String,
        account_name: String,
        mission: String,
        role: String,
        name_prefix: String,
        permission_boundary: String,
    }
    SessionKeys { access_key: String, secret_key: SecretString, secret_token: SecretString, expiration_time: String }
    Features { items: Vec<Feature> }
    Feature { spec: FeatureSpec }
    FeatureSpec { key: String, is_allowed: bool }
    Endpoints { partitions: BTreeMap<String, PartitionEndpoints> }
    PartitionEndpoints { credentials_endpoint: String, regions: BTreeMap<String, RegionEndpoints> }
    RegionEndpoints { services: BTreeMap<String, ServiceEndpoint> }
    ServiceEndpoint { endpoint: String }
    Status { state: String }
    User { org_name: String }
    Trust { account_id: String, external_id: String }
    Policies { policies: Vec<Listed> }
    Listed { arn: String, policy_name: String }
    Projects { items: Vec<Project> }
    Project { metadata: Named }
    Named { name: String, uid: String }
    Overlords { items: Vec<Overlord> }
    Overlord { metadata: Named, status: OverlordStatus }
    OverlordStatus { state: String, health: Health }
    Health { state: String }
}

/// A uid that can be put into a path.
pub(crate) fn uid(text: &str) -> Option<Uid> {
    text.parse().ok()
}

/// What is written, unless it is nothing.
pub(crate) fn non_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl Account {
    /// The account as seen from a scope. `None` if it has no uid to call it by.
    pub(crate) fn into_cloud_account(self, scope: &Scope) -> Option<CloudAccount> {
        let Self { metadata, spec, status } = self;
        let (annotations, labels) =
            (annotations(metadata.annotations), annotations(metadata.labels));
        let noted = |name| annotations.get(name).filter(|note| !note.is_empty());
        let access = spec.access();
        Some(CloudAccount {
            uid: uid(&metadata.uid)?,
            name: metadata.name,
            partition: non_empty(spec.partition).unwrap_or_else(|| "aws".to_owned()),
            access,
            account: noted(annotation::ACCOUNT).and_then(|note| note.parse().ok()),
            profile: noted(annotation::PROFILE).and_then(|note| note.parse().ok()),
            policies: spec.policy_arns,
            description: noted(annotation::DESCRIPTION).cloned(),
            gateway: noted(annotation::GATEWAY).cloned(),
            scope: owning_scope(noted(annotation::SCOPE).map(String::as_str), scope),
            annotations,
            labels,
            state: non_empty(status.state),
        })
    }
}

fn annotations(values: BTreeMap<String, Value>) -> BTreeMap<String, String> {
    values.into_iter().filter_map(|(name, value)| Some((name, annotation(value)?))).collect()
}

/// Whose an account is that is seen from a scope. A project also sees accounts that the tenant shares with it.
fn owning_scope(noted: Option<&str>, seen_from: &Scope) -> Scope {
    match (seen_from, noted) {
        (Scope::Project(_), None | Some("project")) => seen_from.clone(),
        (Scope::Project(_), Some(_)) | (Scope::Tenant, _) => Scope::Tenant,
    }
}

/// Whether an account belongs to this very scope, so that its name is taken there.
pub(crate) fn belongs_to(account: &CloudAccount, scope: &Scope) -> bool {
    let noted = account.annotations.get(annotation::SCOPE).map(String::as_str);
    match scope {
        Scope::Tenant => noted != Some("project"),
        Scope::Project(_) => account.scope == *scope,
    }
}

/// Annotations are texts; whatever else turns up is written as one, so that it can be kept.
fn annotation(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Some(other.to_string())
        }
    }
}

impl SecretSpec {
    /// The account has one of two names, by the partition.
    fn access(&self) -> StoredCredential {
        let account = [&self.account_name, &self.mission].into_iter().find(|name| !name.is_empty());
        StoredCredential::AccessPortal {
            agency: self.agency.clone(),
            account: account.cloned().unwrap_or_default(),
            role: self.role.clone(),
            prefix: self.name_prefix.clone(),
            permission_boundary_arn: self.permission_boundary.clone(),
        }
    }
}

impl AwsAccount {
    fn access(&self) -> StoredCredential {
        match self.credential_type.as_str() {
            // Palette's default, and not always written.
            "secret" | "" if self.secret_spec.is_cap_validation_enabled => {
                self.secret_spec.access()
            }
            "secret" | "" if self.access_key.contains('*') => {
                StoredCredential::AccessKey { access_key_id: String::new() }
            }
            "secret" | "" => StoredCredential::AccessKey { access_key_id: self.access_key.clone() },
            "sts" => StoredCredential::AssumedRole { role_arn: self.sts.arn.clone() },
            "pod-identity" => StoredCredential::PodIdentity {
                role_arn: self.pod_identity.role_arn.clone(),
                permission_boundary_arn: self.pod_identity.permission_boundary_arn.clone(),
            },
            other => StoredCredential::Unrecognized(other.to_owned()),
        }
    }
}
