//! Types of response bodies, with the members that Gangway uses. Members with secrets are missing
//! except in [`PortalCredentials`], so that Gangway does not read them.
//!
//! Every member may be missing or null, because Palette omits empty members, and because versions
//! of Palette differ. Parsing does not fail if a member has another type than in Palette's
//! published API: a text may be a number, and a boolean may be a text. An item of a list that
//! cannot be parsed is left out, and a warning is logged.

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

/// Deserializes a text. Accepts also a number or a boolean. `null` gives an empty text.
fn deserialize_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Array(_) | Value::Object(_) => Err(D::Error::custom("not a text")),
        scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
            Ok(to_text(scalar).unwrap_or_default())
        }
    }
}

/// Deserializes a text that Gangway only shows or compares. Accepts any JSON, and keeps it as text.
fn deserialize_any_as_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Value::deserialize(deserializer).map(|value| to_text(value).unwrap_or_default())
}

/// Deserializes a boolean. Accepts also the text `"true"` or `"false"`. `null` gives `false`.
fn deserialize_boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(false),
        Value::Bool(value) => Ok(value),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().map_err(D::Error::custom),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(D::Error::custom("not a boolean"))
        }
    }
}

/// Deserializes a value. Returns the default, and logs a warning, if the value cannot be parsed.
fn parsable_or_default<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = Box::<RawValue>::deserialize(deserializer)?;
    Ok(parse_or_warn(&value).unwrap_or_default())
}

/// Deserializes a list. Leaves out each item that cannot be parsed, and logs a warning.
fn parsable_items<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let items: Vec<Box<RawValue>> = null_as_default(deserializer)?;
    Ok(items.iter().filter_map(|item| parse_or_warn(item)).collect())
}

/// Deserializes an object. Leaves out each member that cannot be parsed, and logs a warning.
fn parsable_members<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<BTreeMap<String, T>, D::Error> {
    let members: BTreeMap<String, Box<RawValue>> = null_as_default(deserializer)?;
    let member = |(name, value): (_, Box<RawValue>)| Some((name, parse_or_warn(&value)?));
    Ok(members.into_iter().filter_map(member).collect())
}

/// Parses a part of a response. Logs a warning without the content, and returns `None`, if the part
/// cannot be parsed.
fn parse_or_warn<T: DeserializeOwned>(part: &RawValue) -> Option<T> {
    match serde_json::from_str::<Option<T>>(part.get()) {
        Ok(value) => value,
        Err(error) => {
            let expected = std::any::type_name::<T>();
            let (line, column) = (error.line(), error.column());
            tracing::warn!(
                expected,
                line,
                column,
                "a part of Palette's response cannot be read: the part is left out"
            );
            None
        }
    }
}

/// Response to the request to create an account.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CreatedAccount {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) uid: String,
}

/// Page of the list of accounts.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Accounts {
    #[serde(deserialize_with = "parsable_items")]
    items: Vec<Account>,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) listmeta: ListMeta,
}

/// Member `listmeta` of a page, with the token of the next page and the number of all entries.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ListMeta {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) r#continue: String,
    #[serde(deserialize_with = "deserialize_any_as_text")]
    pub(crate) count: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Account {
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) metadata: AccountMetadata,
    #[serde(deserialize_with = "spec_or_unreadable")]
    pub(crate) spec: AwsAccount,
    #[serde(deserialize_with = "parsable_or_default")]
    pub(crate) status: Status,
}

/// Member `metadata` of a cloud account.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AccountMetadata {
    #[serde(deserialize_with = "deserialize_any_as_text")]
    pub(crate) name: String,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) uid: String,
    #[serde(deserialize_with = "parsable_or_default")]
    pub(crate) annotations: BTreeMap<String, Value>,
    #[serde(deserialize_with = "parsable_or_default")]
    pub(crate) labels: BTreeMap<String, Value>,
}

/// Member `spec` of a cloud account.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AwsAccount {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) credential_type: String,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) partition: String,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) access_key: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) sts: Sts,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) pod_identity: PodIdentity,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) secret_spec: SecretSpec,
    #[serde(rename = "policyARNs", deserialize_with = "parsable_items")]
    pub(crate) policy_arns: Vec<String>,
}

/// Role of the method `sts`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Sts {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) arn: String,
}

/// Role of the method `pod-identity`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PodIdentity {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) role_arn: String,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) permission_boundary_arn: String,
}

/// Member `secretSpec` of a cloud account: settings of the access portal.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SecretSpec {
    #[serde(deserialize_with = "deserialize_boolean")]
    pub(crate) is_cap_validation_enabled: bool,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) agency: String,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) account_name: String,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) mission: String,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) role: String,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) name_prefix: String,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) permission_boundary: String,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) policy: String,
}

/// Temporary credentials that Palette has fetched from an access portal.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PortalCredentials {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) access_key: String,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) secret_key: SecretString,
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) secret_token: SecretString,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) expiration_time: String,
}

/// List of feature flags.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Features {
    #[serde(deserialize_with = "parsable_items")]
    pub(crate) items: Vec<Feature>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Feature {
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) spec: FeatureSpec,
}

/// Name and value of a feature flag.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FeatureSpec {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) key: String,
    #[serde(deserialize_with = "deserialize_boolean")]
    pub(crate) is_allowed: bool,
}

/// AWS endpoints that the operator of Palette has set, by partition.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Endpoints {
    #[serde(deserialize_with = "parsable_members")]
    pub(crate) partitions: BTreeMap<String, PartitionEndpoints>,
}

/// AWS endpoints of one partition.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PartitionEndpoints {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) credentials_endpoint: String,
    #[serde(deserialize_with = "parsable_members")]
    pub(crate) regions: BTreeMap<String, RegionEndpoints>,
}

/// AWS endpoints of one region.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RegionEndpoints {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) dns_suffix: String,
    #[serde(deserialize_with = "parsable_members")]
    pub(crate) services: BTreeMap<String, ServiceEndpoint>,
}

/// Endpoints of one AWS service.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ServiceEndpoint {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) endpoint: String,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) endpoint_fips: String,
}

/// Member `status` of a cloud account.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Status {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) state: String,
    /// When the credentials of the access portal expire. Palette returns the zero time of Go for
    /// accounts without an access portal.
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) token_expiry: String,
}

/// User of the API key.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct User {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) org_name: String,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) tenant_uid: String,
}

/// Limits of a tenant.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ResourceLimits {
    #[serde(deserialize_with = "parsable_items")]
    pub(crate) resources: Vec<ResourceLimit>,
}

/// Number of resources of one kind that a tenant may have.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ResourceLimit {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) kind: String,
    #[serde(deserialize_with = "deserialize_any_as_text")]
    pub(crate) limit: String,
}

/// Page of the list of cloud accounts of every cloud. Only the number of accounts is read.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AccountSummaries {
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) listmeta: ListMeta,
}

/// AWS account from which Palette assumes roles, and the external id of the tenant.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct StsSource {
    #[serde(deserialize_with = "deserialize_any_as_text")]
    pub(crate) account_id: String,
    #[serde(deserialize_with = "deserialize_any_as_text")]
    pub(crate) external_id: String,
}

/// List of IAM policies.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Policies {
    #[serde(deserialize_with = "parsable_items")]
    pub(crate) policies: Vec<Policy>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Policy {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) arn: String,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) policy_name: String,
}

/// List of projects.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Projects {
    #[serde(deserialize_with = "parsable_items")]
    pub(crate) items: Vec<Project>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Project {
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) metadata: NameAndUid,
}

/// Member `metadata` of a project or private cloud gateway: name and uid.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct NameAndUid {
    #[serde(deserialize_with = "deserialize_any_as_text")]
    pub(crate) name: String,
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) uid: String,
}

/// List of private cloud gateways, which Palette calls *overlords*.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Overlords {
    #[serde(deserialize_with = "parsable_items")]
    pub(crate) items: Vec<Overlord>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Overlord {
    #[serde(deserialize_with = "null_as_default")]
    pub(crate) metadata: NameAndUid,
    #[serde(deserialize_with = "parsable_or_default")]
    pub(crate) status: OverlordStatus,
}

/// State and health of a private cloud gateway.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct OverlordStatus {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) state: String,
    #[serde(deserialize_with = "parsable_or_default")]
    pub(crate) health: Health,
}

/// Health of the cluster of a private cloud gateway.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Health {
    #[serde(deserialize_with = "deserialize_text")]
    pub(crate) state: String,
}

/// Credential type of an account whose `spec` cannot be parsed completely.
const UNREADABLE_CREDENTIAL_TYPE: &str = "unreadable";

/// Parses a uid. The result can be part of a path.
pub(crate) fn parse_uid(text: &str) -> Option<Uid> {
    text.parse().ok()
}

/// Returns `None` for an empty text.
pub(crate) fn non_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl Accounts {
    /// Returns the accounts of the page, and the token of the next page. The token is empty on the
    /// last page.
    pub(crate) fn into_parts(self) -> (Vec<Account>, String) {
        (self.items, self.listmeta.r#continue)
    }
}

/// Deserializes the `spec` of an account. If a member cannot be parsed, returns a `spec` of an
/// unknown credential type, so that Gangway can still list, show, replace and delete the account.
fn spec_or_unreadable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AwsAccount, D::Error> {
    let spec = Box::<RawValue>::deserialize(deserializer)?;
    let unreadable = || AwsAccount {
        credential_type: UNREADABLE_CREDENTIAL_TYPE.to_owned(),
        partition: parse_or_warn(&spec)
            .map(|PartitionOnly { partition }| partition)
            .unwrap_or_default(),
        ..AwsAccount::default()
    };
    Ok(match spec.get() {
        "null" => AwsAccount::default(),
        _ => parse_or_warn(&spec).unwrap_or_else(unreadable),
    })
}

/// Partition of an account. It is parsed alone if the other members of `spec` cannot be parsed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct PartitionOnly {
    #[serde(deserialize_with = "deserialize_text")]
    partition: String,
}

impl Account {
    /// Converts an account that Palette has returned in `scope`. Returns `None` if the account has
    /// no valid uid.
    pub(crate) fn into_cloud_account(self, scope: &Scope) -> Option<CloudAccount> {
        let Self { metadata, spec, status } = self;
        let (annotations, labels) = (to_texts(metadata.annotations), to_texts(metadata.labels));
        let annotation = |name| annotations.get(name).filter(|value| !value.is_empty());
        let access = spec.to_stored_credential();
        Some(CloudAccount {
            uid: parse_uid(&metadata.uid)?,
            name: metadata.name,
            partition: non_empty(spec.partition).unwrap_or_else(|| "aws".to_owned()),
            access,
            account: annotation(annotation::ACCOUNT).and_then(|id| id.parse().ok()),
            profile: annotation(annotation::PROFILE).and_then(|id| id.parse().ok()),
            region: annotation(annotation::REGION).and_then(|region| region.parse().ok()),
            waived_checks: annotation(annotation::WAIVED_CHECKS)
                .map(|ids| ids.split(',').map(str::to_owned).collect())
                .unwrap_or_default(),
            palette_cluster: parse_palette_cluster(&annotations),
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

/// Converts the values of annotations or labels. Leaves out values that are null.
fn to_texts(values: BTreeMap<String, Value>) -> BTreeMap<String, String> {
    values.into_iter().filter_map(|(name, value)| Some((name, to_text(value)?))).collect()
}

/// Parses the EKS cluster of Palette and its roles in Gangway's annotations. Returns `None` if a
/// required annotation is missing, or if one is invalid.
fn parse_palette_cluster(annotations: &BTreeMap<String, String>) -> Option<PaletteCluster> {
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

/// Returns the scope that an account belongs to. The list of a project also contains accounts of
/// the tenant, if the tenant shares them with the project.
fn owning_scope(annotation: Option<&str>, listed_in: &Scope) -> Scope {
    match (listed_in, annotation) {
        (Scope::Project(_), None | Some("project")) => listed_in.clone(),
        (Scope::Project(_), Some(_)) | (Scope::Tenant, _) => Scope::Tenant,
    }
}

/// Returns `true` if the account belongs to `scope`. The tenant may share an account with a
/// project; the account then does not belong to the project.
pub(crate) fn belongs_to(account: &CloudAccount, scope: &Scope) -> bool {
    let owner = account.annotations.get(annotation::SCOPE).map(String::as_str);
    match scope {
        Scope::Tenant => owner != Some("project"),
        Scope::Project(_) => account.scope == *scope,
    }
}

/// Converts a JSON value to a text. Returns `None` for null. Keeps numbers, booleans, arrays and
/// objects as JSON text.
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
    fn to_stored_credential(&self) -> StoredCredential {
        // The partition decides whether `accountName` or `mission` contains the account.
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
    fn to_stored_credential(&self) -> StoredCredential {
        match self.credential_type.as_str() {
            // Palette may omit the credential type `secret`, because it is the default.
            "secret" | "" if self.secret_spec.is_cap_validation_enabled => {
                self.secret_spec.to_stored_credential()
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
