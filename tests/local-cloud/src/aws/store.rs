//! Stored state of AWS: accounts, access keys and sessions.
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::dynamodb::StoredTable;
use super::eks::StoredCluster;
use super::events::StoredBus;
use super::iam::SimulatorDoubt;
use super::key_policy::KeyPolicy;
use super::managed_policies;
use super::organizations::StoredOrganization;
use super::policy::{Document, DocumentKind, NamedDocument};
use super::replica_lag::ReplicaLag;
use super::s3::StoredBucket;
use super::secrets_manager::StoredSecret;
use super::sqs::StoredQueue;
use super::stack_responses::IssuedResponse;
use crate::clock::Clock;

/// A policy document: the original text and the parsed document.
#[derive(Debug, Clone)]
pub(crate) struct ParsedPolicy {
    pub(crate) raw: String,
    pub(crate) document: Document,
}

impl ParsedPolicy {
    pub(crate) fn parse(raw: &str, kind: DocumentKind) -> Result<ParsedPolicy, String> {
        let value: Value = serde_json::from_str(raw)
            .map_err(|fault| format!("This policy contains invalid Json ({fault})"))?;
        Ok(ParsedPolicy { raw: raw.to_owned(), document: Document::parse(&value, kind)? })
    }
}

/// Policies of a user, group or role.
#[derive(Debug, Clone, Default)]
pub(crate) struct PrincipalPolicies {
    /// ARNs of managed policies, in the order of attachment.
    pub(crate) attached: Vec<String>,
    pub(crate) inline: BTreeMap<String, ParsedPolicy>,
    /// ARN of the permissions boundary.
    pub(crate) boundary: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct StoredUser {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) policies: PrincipalPolicies,
    pub(crate) groups: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(crate) struct StoredGroup {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) policies: PrincipalPolicies,
}

#[derive(Debug, Clone)]
pub(crate) struct StoredRole {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) description: Option<String>,
    pub(crate) trust: ParsedPolicy,
    /// In seconds.
    pub(crate) max_session: i64,
    pub(crate) policies: PrincipalPolicies,
    pub(crate) tags: BTreeMap<String, String>,
    /// Number of reads that do not see it yet.
    pub(crate) hidden_reads: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct PolicyVersion {
    pub(crate) number: u32,
    pub(crate) text: ParsedPolicy,
    pub(crate) created: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct StoredPolicy {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) versions: Vec<PolicyVersion>,
    pub(crate) default: u32,
    pub(crate) next: u32,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) hidden_reads: u32,
}

impl StoredPolicy {
    pub(crate) fn default_version(&self) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.number == self.default)
    }
}

/// Owner of a long-lived access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    Root,
    User(String),
}

#[derive(Debug, Clone)]
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) account_key: AccountKey,
    pub(crate) owner: Owner,
    pub(crate) active: bool,
    pub(crate) created: i64,
    /// Number of calls for which IAM does not know the key yet.
    pub(crate) unknown_for: u32,
    /// Last use: time, service and region.
    pub(crate) used: Option<(i64, String, String)>,
}

/// A session of an assumed role.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) expires: i64,
    pub(crate) account_key: AccountKey,
    pub(crate) role: String,
    pub(crate) name: String,
    pub(crate) tags: BTreeMap<String, String>,
    /// Tags that are passed on to the next assumed role.
    pub(crate) transitive: BTreeMap<String, String>,
    pub(crate) policies: Vec<ParsedPolicy>,
}

/// Partition and account id.
pub(crate) type AccountKey = (String, String);

#[derive(Debug, Default)]
pub(crate) struct StoredAccount {
    pub(crate) users: BTreeMap<String, StoredUser>,
    pub(crate) groups: BTreeMap<String, StoredGroup>,
    /// By lower-case name, because role names are unique without regard to case.
    pub(crate) roles: BTreeMap<String, StoredRole>,
    /// By ARN.
    pub(crate) policies: BTreeMap<String, StoredPolicy>,
    /// SCPs. Empty: the account is in no organization.
    pub(crate) scps: Vec<(String, ParsedPolicy)>,
    pub(crate) quotas: BTreeMap<String, u32>,
    /// ARNs of the functions that Secrets Manager may invoke.
    pub(crate) rotation_functions: BTreeSet<String>,
    /// By region and name.
    pub(crate) secrets: BTreeMap<(String, String), StoredSecret>,
    /// Policies of customer managed KMS keys, by ARN. Without one, IAM policies alone decide.
    pub(crate) key_policies: BTreeMap<String, KeyPolicy>,
    /// By region and name.
    pub(crate) queues: BTreeMap<(String, String), StoredQueue>,
    /// By region and name.
    pub(crate) buses: BTreeMap<(String, String), StoredBus>,
    /// By region and name.
    pub(crate) tables: BTreeMap<(String, String), StoredTable>,
    /// By name.
    pub(crate) buckets: BTreeMap<String, StoredBucket>,
    /// By region and name.
    pub(crate) clusters: BTreeMap<(String, String), StoredCluster>,
    /// Suspended or closed: all calls fail.
    pub(crate) closed: bool,
}

/// The state of all accounts.
#[derive(Debug)]
pub(crate) struct Store {
    clock: Arc<Clock>,
    seed: u64,
    random_count: u64,
    /// Number of reads that do not see a new resource.
    pub(crate) hide_new_for_reads: u32,
    /// Number of calls that a new access key cannot sign.
    pub(crate) new_keys_unknown_for: u32,
    pub(crate) source_ip: String,
    pub(crate) accounts: BTreeMap<AccountKey, StoredAccount>,
    pub(crate) keys: HashMap<String, AccessKey>,
    pub(crate) sessions: HashMap<String, Session>,
    /// By partition.
    pub(crate) organizations: BTreeMap<String, StoredOrganization>,
    managed: BTreeMap<String, StoredPolicy>,
    /// Replicas with an old state, by service.
    pub(super) lags: BTreeMap<&'static str, ReplicaLag>,
    /// Presigned URLs for the answers of custom resources, by bucket and key.
    pub(super) stack_responses: BTreeMap<String, IssuedResponse>,
    /// How IAM's simulator is wrong.
    pub(super) simulator_doubt: Option<SimulatorDoubt>,
}

impl Store {
    pub(crate) fn new(clock: Arc<Clock>, seed: u64) -> Store {
        Store {
            clock,
            seed,
            random_count: 0,
            hide_new_for_reads: 0,
            new_keys_unknown_for: 0,
            source_ip: "127.0.0.1".into(),
            accounts: BTreeMap::new(),
            keys: HashMap::new(),
            sessions: HashMap::new(),
            organizations: BTreeMap::new(),
            managed: managed_policies::policies(),
            lags: BTreeMap::new(),
            stack_responses: BTreeMap::new(),
            simulator_doubt: None,
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Returns the time that signature dates are compared with.
    pub(crate) fn wall_clock(&self) -> i64 {
        self.clock.wall_clock()
    }

    /// Returns random bytes, derived from the seed and a counter.
    pub(crate) fn random_bytes(&mut self) -> [u8; 32] {
        self.random_count += 1;
        Sha256::digest(format!("{} {}", self.seed, self.random_count)).into()
    }

    pub(crate) fn generate_request_id(&mut self) -> String {
        format_uuid(&self.random_bytes())
    }

    pub(crate) fn account(&self, account_key: &AccountKey) -> Option<&StoredAccount> {
        self.accounts.get(account_key)
    }

    pub(crate) fn account_mut(&mut self, account_key: &AccountKey) -> &mut StoredAccount {
        self.accounts.entry(account_key.clone()).or_default()
    }

    /// Returns a managed policy by ARN: the account's own, or AWS's.
    pub(crate) fn policy(&self, account_key: &AccountKey, arn: &str) -> Option<&StoredPolicy> {
        let own = self.account(account_key).and_then(|account| account.policies.get(arn));
        own.or_else(|| self.managed_policies(&account_key.0).find(|policy| policy.arn == arn))
    }

    /// Returns the AWS managed policies of a partition.
    pub(crate) fn managed_policies(&self, partition: &str) -> impl Iterator<Item = &StoredPolicy> {
        let prefix = format!("arn:{partition}:iam::aws:");
        self.managed.values().filter(move |policy| policy.arn.starts_with(&prefix))
    }

    /// Returns the policy documents of a user, group or role, with the ids that the simulator
    /// returns.
    pub(crate) fn documents<'a>(
        &'a self,
        account_key: &AccountKey,
        owner: (&'static str, &str),
        policies: &'a PrincipalPolicies,
    ) -> Vec<NamedDocument<'a>> {
        let (kind, name) = owner;
        let inline = policies.inline.iter().map(|(policy, text)| NamedDocument {
            id: format!("{kind}_{name}_{policy}"),
            kind,
            document: &text.document,
        });
        let attached =
            policies.attached.iter().filter_map(|arn| self.managed_document(account_key, arn));
        inline.chain(attached).collect()
    }

    /// Returns the default version of a managed policy.
    pub(crate) fn managed_document(
        &self,
        account_key: &AccountKey,
        arn: &str,
    ) -> Option<NamedDocument<'_>> {
        let policy = self.policy(account_key, arn)?;
        let kind = if policy.arn.contains(":iam::aws:") { "aws-managed" } else { "user-managed" };
        Some(NamedDocument {
            id: policy.name.clone(),
            kind,
            document: &policy.default_version()?.text.document,
        })
    }

    /// Returns the policy documents of a user and its groups.
    pub(crate) fn user_documents<'a>(
        &'a self,
        account_key: &AccountKey,
        user: &'a StoredUser,
    ) -> Vec<NamedDocument<'a>> {
        let mut all = self.documents(account_key, ("user", &user.name), &user.policies);
        let groups = self.account(account_key).map(|account| &account.groups);
        for group in user.groups.iter().filter_map(|name| groups?.get(name)) {
            all.extend(self.documents(account_key, ("group", &group.name), &group.policies));
        }
        all
    }
}

/// Formats random bytes as a UUID.
pub(crate) fn format_uuid(bytes: &[u8; 32]) -> String {
    let hex = encode_hex(&bytes[..16]);
    let part = |from, to| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// Encodes bytes in hexadecimal.
pub(crate) fn encode_hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
