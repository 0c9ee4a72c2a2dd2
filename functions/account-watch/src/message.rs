//! The messages in the queue of the watch.

use std::{collections::BTreeMap, str::FromStr, time::SystemTime};

use gangway_model::{
    CloudAccount, PaletteCluster, StoredCredential,
    time::{parse_rfc3339, to_rfc3339},
};
use gangway_registration::drift::DriftComparison;
use serde::{Deserialize, Serialize};

/// The member `source` of the messages, which logs show as the source of an event.
const SOURCE: &str = "gangway";

/// A message of the watch's queue: one task of one run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct WatchMessage {
    /// Id of the run: the id of the scheduled event, or the request id of the invocation.
    pub(crate) id: String,
    source: String,
    #[serde(flatten)]
    pub(crate) work: Work,
}

/// The task that a message asks for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Work {
    /// List the accounts of a scope, from this page on, and send a message for each.
    ListScope {
        scope: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    },
    /// Report all accounts, once the other messages of the run are handled.
    Report {
        /// How often the message was sent again with a delay.
        delays: u32,
    },
    /// Validate an account again.
    CheckAccount { account: Box<ListedAccount> },
    /// Record what `account-vended` found when it compared a vended account with what Gangway
    /// makes.
    RecordDrift { comparison: DriftComparison },
}

impl WatchMessage {
    pub(crate) fn new(run: &str, work: Work) -> Self {
        Self { id: run.to_owned(), source: SOURCE.to_owned(), work }
    }

    /// Returns the message as JSON.
    pub(crate) fn to_body(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

impl Work {
    /// Returns the identifier, for logs.
    pub(crate) const fn id(&self) -> &'static str {
        match self {
            Self::ListScope { .. } => "list-scope",
            Self::CheckAccount { .. } => "check-account",
            Self::Report { .. } => "report",
            Self::RecordDrift { .. } => "record-drift",
        }
    }
}

/// The data of an account that its validation needs, as Palette's list returns it. A message
/// contains this data so that the validation need not read the account from Palette. It contains no
/// secret.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedAccount {
    uid: String,
    scope: String,
    name: String,
    partition: String,
    #[serde(with = "StoredCredentialJson")]
    access: StoredCredential,
    #[serde(skip_serializing_if = "Option::is_none")]
    aws_account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    waived_checks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    palette_cluster: Option<PaletteClusterJson>,
    policies: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_expiry: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(remote = "StoredCredential", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum StoredCredentialJson {
    AccessKey {
        access_key_id: String,
    },
    StsRole {
        role_arn: String,
    },
    PodIdentity {
        role_arn: String,
        permission_boundary_arn: String,
    },
    AccessPortal {
        agency: String,
        account: String,
        role: String,
        prefix: String,
        permission_boundary_arn: String,
    },
    Unrecognized(String),
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct PaletteClusterJson {
    cluster: String,
    hubble_role: String,
    identity_role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hubble_target_role: Option<String>,
}

impl From<CloudAccount> for ListedAccount {
    fn from(account: CloudAccount) -> Self {
        Self {
            uid: account.uid.to_string(),
            scope: account.scope.to_string(),
            name: account.name,
            partition: account.partition,
            access: account.access,
            aws_account_id: account.account.map(|id| id.to_string()),
            permission_profile: account.profile.map(|profile| profile.to_string()),
            region: account.region.map(|region| region.to_string()),
            waived_checks: account.waived_checks,
            palette_cluster: account.palette_cluster.map(Into::into),
            policies: account.policies,
            gateway: account.gateway,
            state: account.state,
            token_expiry: account.token_expiry.map(to_rfc3339),
        }
    }
}

impl ListedAccount {
    /// Returns the account, without annotations and labels of other tools. Returns `None` if a
    /// value of the message is not valid.
    pub(crate) fn into_account(self) -> Option<CloudAccount> {
        Some(CloudAccount {
            uid: self.uid.parse().ok()?,
            name: self.name,
            partition: self.partition,
            access: self.access,
            account: parse_optional(self.aws_account_id).ok()?,
            profile: parse_optional(self.permission_profile).ok()?,
            region: parse_optional(self.region).ok()?,
            waived_checks: self.waived_checks,
            palette_cluster: match self.palette_cluster {
                Some(cluster) => Some(cluster.into_cluster()?),
                None => None,
            },
            policies: self.policies,
            portal_policy: None,
            annotations: BTreeMap::new(),
            labels: BTreeMap::new(),
            description: None,
            gateway: self.gateway,
            scope: self.scope.parse().ok()?,
            state: self.state,
            token_expiry: parse_optional_time(self.token_expiry).ok()?,
        })
    }
}

impl From<PaletteCluster> for PaletteClusterJson {
    fn from(palette: PaletteCluster) -> Self {
        Self {
            cluster: palette.cluster.arn(),
            hubble_role: palette.hubble_role.to_string(),
            identity_role: palette.identity_role.to_string(),
            hubble_target_role: palette.hubble_target_role.map(|role| role.to_string()),
        }
    }
}

impl PaletteClusterJson {
    fn into_cluster(self) -> Option<PaletteCluster> {
        Some(PaletteCluster {
            cluster: self.cluster.parse().ok()?,
            hubble_role: self.hubble_role.parse().ok()?,
            identity_role: self.identity_role.parse().ok()?,
            hubble_target_role: parse_optional(self.hubble_target_role).ok()?,
        })
    }
}

/// The error for a text of a message that cannot be parsed as its type.
struct InvalidText;

/// Parses an optional text.
fn parse_optional<T: FromStr>(text: Option<String>) -> Result<Option<T>, InvalidText> {
    text.map(|text| text.parse().map_err(|_invalid| InvalidText)).transpose()
}

fn parse_optional_time(text: Option<String>) -> Result<Option<SystemTime>, InvalidText> {
    text.map(|text| parse_rfc3339(&text).ok_or(InvalidText)).transpose()
}

/// Parses the body of a message. Returns `None` if the body is not a message of the watch.
pub(crate) fn parse_body(body: &str) -> Option<WatchMessage> {
    serde_json::from_str(body).ok().filter(|message: &WatchMessage| message.source == SOURCE)
}
