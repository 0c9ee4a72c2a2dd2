//! Response bodies, as far as Gangway uses them. Members with secrets are not listed, so they are
//! not read.
//!
//! Every member may be missing or null: Palette omits empty ones, and versions differ. A member of
//! another type than Palette publishes takes nothing else away: a text may be a number, a boolean a
//! text, and an item of a list that cannot be read is left out and logged.

use std::collections::BTreeMap;

use gangway_model::{
    CloudAccount, PaletteCluster, Scope, StoredCredential, Uid, time::parse_rfc3339,
};
use secrecy::SecretString;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::{Value, value::RawValue};

use crate::request::annotation;

/// Deserializes `null` as the default.
fn null_as_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Deserializes a text, also from a number or a boolean. `null` is empty.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Array(_) | Value::Object(_) => Err(D::Error::custom("not a text")),
        scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            Ok(to_text(scalar).unwrap_or_default())
        }
    }
}

/// Deserializes a text that is only shown or compared. Any other JSON is kept as text.
fn any_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Value::deserialize(deserializer).map(|value| to_text(value).unwrap_or_default())
}

/// Deserializes a boolean, also from the text `"true"` or `"false"`. `null` is `false`.
fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(false),
        Value::Bool(value) => Ok(value),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().map_err(D::Error::custom),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(D::Error::custom("not a boolean"))
        }
    }
}

/// Deserializes what can be read, else the default.
fn readable<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = Box::<RawValue>::deserialize(deserializer)?;
    Ok(parse_readable(&value).unwrap_or_default())
}

/// Deserializes the items of a list that can be read.
fn readable_items<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let items: Vec<Box<RawValue>> = null_as_default(deserializer)?;
    Ok(items.iter().filter_map(|item| parse_readable(item)).collect())
}

/// Deserializes the members of an object that can be read.
fn readable_members<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<BTreeMap<String, T>, D::Error> {
    let members: BTreeMap<String, Box<RawValue>> = null_as_default(deserializer)?;
    let member = |(name, value): (_, Box<RawValue>)| Some((name, parse_readable(&value)?));
    Ok(members.into_iter().filter_map(member).collect())
}

/// Parses a part of a response. The warning does not quote it.
fn parse_readable<T: DeserializeOwned>(part: &RawValue) -> Option<T> {
    match serde_json::from_str::<Option<T>>(part.get()) {
        Ok(value) => value,
        Err(error) => {
            let expected = std::any::type_name::<T>();
            let (line, column) = (error.line(), error.column());
            tracing::warn!(
                expected,
                line,
                column,
                "a part of Palette's response cannot be read; it is left out"
            );
            None
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Created {
    #[serde(deserialize_with = "text")]
    pub(crate) uid: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Accounts {
    #[serde(deserialize_with = "readable_items")]
    items: Vec<Account>,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) listmeta: ListMeta,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ListMeta {
    #[serde(deserialize_with = "text")]
    pub(crate) r#continue: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Account {
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) metadata: Meta,
    #[serde(deserialize_with = "readable_spec")]
    pub(crate) spec: AwsAccount,
    #[serde(deserialize_with = "readable")]
    pub(crate) status: Status,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Meta {
    #[serde(deserialize_with = "any_text")]
    pub(crate) name: String,
    #[serde(deserialize_with = "text")]
    pub(crate) uid: String,
    #[serde(deserialize_with = "readable")]
    pub(crate) annotations: BTreeMap<String, Value>,
    #[serde(deserialize_with = "readable")]
    pub(crate) labels: BTreeMap<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AwsAccount {
    #[serde(deserialize_with = "text")]
    pub(crate) credential_type: String,
    #[serde(deserialize_with = "text")]
    pub(crate) partition: String,
    #[serde(deserialize_with = "text")]
    pub(crate) access_key: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) sts: Sts,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) pod_identity: PodIdentity,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) secret_spec: SecretSpec,
    #[serde(rename = "policyARNs", deserialize_with = "readable_items")]
    pub(crate) policy_arns: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Sts {
    #[serde(deserialize_with = "text")]
    pub(crate) arn: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PodIdentity {
    #[serde(deserialize_with = "text")]
    pub(crate) role_arn: String,
    #[serde(deserialize_with = "text")]
    pub(crate) permission_boundary_arn: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SecretSpec {
    #[serde(deserialize_with = "boolean")]
    pub(crate) is_cap_validation_enabled: bool,
    #[serde(deserialize_with = "text")]
    pub(crate) agency: String,
    #[serde(deserialize_with = "text")]
    pub(crate) account_name: String,
    #[serde(deserialize_with = "text")]
    pub(crate) mission: String,
    #[serde(deserialize_with = "text")]
    pub(crate) role: String,
    #[serde(deserialize_with = "text")]
    pub(crate) name_prefix: String,
    #[serde(deserialize_with = "text")]
    pub(crate) permission_boundary: String,
    #[serde(deserialize_with = "text")]
    pub(crate) policy: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SessionKeys {
    #[serde(deserialize_with = "text")]
    pub(crate) access_key: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) secret_key: SecretString,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) secret_token: SecretString,
    #[serde(deserialize_with = "text")]
    pub(crate) expiration_time: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Features {
    #[serde(deserialize_with = "readable_items")]
    pub(crate) items: Vec<Feature>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Feature {
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) spec: FeatureSpec,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FeatureSpec {
    #[serde(deserialize_with = "text")]
    pub(crate) key: String,
    #[serde(deserialize_with = "boolean")]
    pub(crate) is_allowed: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Endpoints {
    #[serde(deserialize_with = "readable_members")]
    pub(crate) partitions: BTreeMap<String, PartitionEndpoints>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PartitionEndpoints {
    #[serde(deserialize_with = "text")]
    pub(crate) credentials_endpoint: String,
    #[serde(deserialize_with = "readable_members")]
    pub(crate) regions: BTreeMap<String, RegionEndpoints>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RegionEndpoints {
    #[serde(deserialize_with = "text")]
    pub(crate) dns_suffix: String,
    #[serde(deserialize_with = "readable_members")]
    pub(crate) services: BTreeMap<String, ServiceEndpoint>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ServiceEndpoint {
    #[serde(deserialize_with = "text")]
    pub(crate) endpoint: String,
    #[serde(deserialize_with = "text")]
    pub(crate) endpoint_fips: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Status {
    #[serde(deserialize_with = "text")]
    pub(crate) state: String,
    /// Go's zero time for accounts without an access portal.
    #[serde(deserialize_with = "text")]
    pub(crate) token_expiry: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct User {
    #[serde(deserialize_with = "text")]
    pub(crate) org_name: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct StsSource {
    #[serde(deserialize_with = "any_text")]
    pub(crate) account_id: String,
    #[serde(deserialize_with = "any_text")]
    pub(crate) external_id: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Policies {
    #[serde(deserialize_with = "readable_items")]
    pub(crate) policies: Vec<Policy>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Policy {
    #[serde(deserialize_with = "text")]
    pub(crate) arn: String,
    #[serde(deserialize_with = "text")]
    pub(crate) policy_name: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Projects {
    #[serde(deserialize_with = "readable_items")]
    pub(crate) items: Vec<Project>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Project {
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) metadata: Named,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Named {
    #[serde(deserialize_with = "any_text")]
    pub(crate) name: String,
    #[serde(deserialize_with = "text")]
    pub(crate) uid: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Overlords {
    #[serde(deserialize_with = "readable_items")]
    pub(crate) items: Vec<Overlord>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Overlord {
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) metadata: Named,
    #[serde(deserialize_with = "readable")]
    pub(crate) status: OverlordStatus,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct OverlordStatus {
    #[serde(deserialize_with = "text")]
    pub(crate) state: String,
    #[serde(deserialize_with = "readable")]
    pub(crate) health: Health,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Health {
    #[serde(deserialize_with = "text")]
    pub(crate) state: String,
}

/// Kind of the credential of an account that cannot be read whole.
const UNREADABLE: &str = "unreadable";

/// Parses a uid, which can then be part of a path.
pub(crate) fn uid(text: &str) -> Option<Uid> {
    text.parse().ok()
}

pub(crate) fn non_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl Accounts {
    /// Returns the accounts and the continuation of the list.
    pub(crate) fn into_parts(self) -> (Vec<Account>, String) {
        (self.items, self.listmeta.r#continue)
    }
}

/// Deserializes the `spec` of an account. If a member cannot be read, the credential is of an
/// unknown kind: the account is still listed, shown, replaced and deleted.
fn readable_spec<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AwsAccount, D::Error> {
    let spec = Box::<RawValue>::deserialize(deserializer)?;
    let unreadable = || AwsAccount {
        credential_type: UNREADABLE.to_owned(),
        partition: parse_readable(&spec)
            .map(|Partition { partition }| partition)
            .unwrap_or_default(),
        ..AwsAccount::default()
    };
    Ok(match spec.get() {
        "null" => AwsAccount::default(),
        _ => parse_readable(&spec).unwrap_or_else(unreadable),
    })
}

/// The partition of an account whose other members cannot be read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Partition {
    #[serde(deserialize_with = "text")]
    partition: String,
}

impl Account {
    /// Converts an account that `scope` lists. Returns `None` if it has no uid.
    pub(crate) fn into_cloud_account(self, scope: &Scope) -> Option<CloudAccount> {
        let Self { metadata, spec, status } = self;
        let (annotations, labels) = (to_texts(metadata.annotations), to_texts(metadata.labels));
        let annotation = |name| annotations.get(name).filter(|value| !value.is_empty());
        let access = spec.stored_credential();
        Some(CloudAccount {
            uid: uid(&metadata.uid)?,
            name: metadata.name,
            partition: non_empty(spec.partition).unwrap_or_else(|| "aws".to_owned()),
            access,
            account: annotation(annotation::ACCOUNT).and_then(|id| id.parse().ok()),
            profile: annotation(annotation::PROFILE).and_then(|id| id.parse().ok()),
            region: annotation(annotation::REGION).and_then(|region| region.parse().ok()),
            waived_checks: annotation(annotation::WAIVED_CHECKS)
                .map(|ids| ids.split(',').map(str::to_owned).collect())
                .unwrap_or_default(),
            palette_cluster: palette_cluster(&annotations),
            policies: spec.policy_arns,
            portal_policy: non_empty(spec.secret_spec.policy),
            description: annotation(annotation::DESCRIPTION).cloned(),
            gateway: annotation(annotation::GATEWAY).cloned(),
            scope: owning_scope(annotation(annotation::SCOPE).map(String::as_str), scope),
            annotations,
            labels,
            state: non_empty(status.state),
            token_expiry: parse_rfc3339(&status.token_expiry),
        })
    }
}

fn to_texts(values: BTreeMap<String, Value>) -> BTreeMap<String, String> {
    values.into_iter().filter_map(|(name, value)| Some((name, to_text(value)?))).collect()
}

/// Returns the cluster and roles from Gangway's annotations. `None` if one is missing or invalid.
fn palette_cluster(annotations: &BTreeMap<String, String>) -> Option<PaletteCluster> {
    let annotation_value = |name: &str| annotations.get(name).filter(|value| !value.is_empty());
    Some(PaletteCluster {
        cluster: annotation_value(annotation::EKS_CLUSTER)?.parse().ok()?,
        hubble_role: annotation_value(annotation::HUBBLE_ROLE)?.parse().ok()?,
        identity_role: annotation_value(annotation::IDENTITY_ROLE)?.parse().ok()?,
        hubble_target_role: match annotation_value(annotation::HUBBLE_TARGET_ROLE) {
            Some(role) => Some(role.parse().ok()?),
            None => None,
        },
    })
}

/// Returns the scope that an account belongs to. The list of a project also contains accounts that
/// the tenant shares with it.
fn owning_scope(annotation: Option<&str>, listed_in: &Scope) -> Scope {
    match (listed_in, annotation) {
        (Scope::Project(_), None | Some("project")) => listed_in.clone(),
        (Scope::Project(_), Some(_)) | (Scope::Tenant, _) => Scope::Tenant,
    }
}

/// Returns `true` if the account belongs to `scope` itself, so that its name is taken there.
pub(crate) fn belongs_to(account: &CloudAccount, scope: &Scope) -> bool {
    let owner = account.annotations.get(annotation::SCOPE).map(String::as_str);
    match scope {
        Scope::Tenant => owner != Some("project"),
        Scope::Project(_) => account.scope == *scope,
    }
}

/// Converts the value of an annotation or label. Other JSON than a string is kept as text.
fn to_text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Some(other.to_string())
        }
    }
}

impl SecretSpec {
    fn stored_credential(&self) -> StoredCredential {
        // The partition decides which of the two members has the account.
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
    fn stored_credential(&self) -> StoredCredential {
        match self.credential_type.as_str() {
            // `secret` is Palette's default and may be omitted.
            "secret" | "" if self.secret_spec.is_cap_validation_enabled => {
                self.secret_spec.stored_credential()
            }
            "secret" | "" if self.access_key.contains('*') => {
                StoredCredential::AccessKey { access_key_id: String::new() }
            }
            "secret" | "" => StoredCredential::AccessKey { access_key_id: self.access_key.clone() },
            "sts" => StoredCredential::StsRole { role_arn: self.sts.arn.clone() },
            "pod-identity" => StoredCredential::PodIdentity {
                role_arn: self.pod_identity.role_arn.clone(),
                permission_boundary_arn: self.pod_identity.permission_boundary_arn.clone(),
            },
            other => StoredCredential::Unrecognized(other.to_owned()),
        }
    }
}
