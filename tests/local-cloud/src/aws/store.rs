//! State of the fake AWS: accounts with their resources, access keys and sessions.
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::dynamodb::StoredTable;
use super::eks::StoredCluster;
use super::events::StoredBus;
use super::iam::FalseDenial;
use super::key_policy::KeyPolicy;
use super::managed_policies;
use super::organizations::StoredOrganization;
use super::policy::{Document, DocumentKind, NamedDocument};
use super::replica_lag::ReplicaLag;
use super::s3::StoredBucket;
use super::secrets_manager::StoredSecret;
use super::sqs::StoredQueue;
use super::stack_responses::IssuedUrl;
use crate::clock::Clock;

/// A policy document that follows IAM's syntax, as text and parsed.
#[derive(Debug, Clone)]
pub(crate) struct ParsedPolicy {
    /// The JSON text, as the caller sent it.
    pub(crate) raw: String,
    pub(crate) document: Document,
}

impl ParsedPolicy {
    /// Parses the JSON text of a policy document.
    ///
    /// # Errors
    /// AWS's message about the document, if it is not valid.
    pub(crate) fn parse(raw: &str, kind: DocumentKind) -> Result<ParsedPolicy, String> {
        let value: Value = serde_json::from_str(raw)
            .map_err(|error| format!("This policy contains invalid Json ({error})"))?;
        Ok(ParsedPolicy { raw: raw.to_owned(), document: Document::parse(&value, kind)? })
    }
}

/// The policies of one user, group or role, with its permissions boundary.
#[derive(Debug, Clone, Default)]
pub(crate) struct PrincipalPolicies {
    /// ARNs of the attached managed policies, in the order of attachment.
    pub(crate) attached: Vec<String>,
    /// Inline policies by name.
    pub(crate) inline: BTreeMap<String, ParsedPolicy>,
    /// ARN of the managed policy that is the permissions boundary.
    pub(crate) boundary: Option<String>,
}

/// An IAM user, as the fake AWS stores it. Times are in seconds since the Unix epoch.
#[derive(Debug, Clone)]
pub(crate) struct StoredUser {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) policies: PrincipalPolicies,
    /// Names of the groups that the user is a member of.
    pub(crate) groups: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// An IAM group, as the fake AWS stores it.
#[derive(Debug, Clone)]
pub(crate) struct StoredGroup {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) policies: PrincipalPolicies,
}

/// An IAM role, as the fake AWS stores it.
#[derive(Debug, Clone)]
pub(crate) struct StoredRole {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) description: Option<String>,
    /// The trust policy.
    pub(crate) trust: ParsedPolicy,
    /// Maximum session duration, in seconds.
    pub(crate) max_session: i64,
    pub(crate) policies: PrincipalPolicies,
    pub(crate) tags: BTreeMap<String, String>,
    /// For how many more reads the role stays hidden, as after its creation in IAM.
    pub(crate) hidden_reads: u32,
}

/// A version of a managed policy.
#[derive(Debug, Clone)]
pub(crate) struct PolicyVersion {
    /// `1` for version `v1`.
    pub(crate) number: u32,
    pub(crate) policy: ParsedPolicy,
    pub(crate) created: i64,
}

/// A managed policy with its versions, as the fake AWS stores it.
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
    /// Number of the default version.
    pub(crate) default_number: u32,
    /// Number of the next version that is created.
    pub(crate) next_number: u32,
    pub(crate) tags: BTreeMap<String, String>,
    /// For how many more reads the policy stays hidden, as after its creation in IAM.
    pub(crate) hidden_reads: u32,
}

impl StoredPolicy {
    pub(crate) fn default_version(&self) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.number == self.default_number)
    }
}

/// The owner of a long-lived access key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The root user of the account.
    Root,
    /// The IAM user with this name.
    User(String),
}

/// A long-lived access key of an IAM user or of the root user.
#[derive(Debug, Clone)]
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) account_key: AccountKey,
    pub(crate) owner: Owner,
    pub(crate) active: bool,
    pub(crate) created: i64,
    /// For how many more calls AWS rejects the key, because it is new.
    pub(crate) rejected_calls: u32,
    /// Time, service and region of the last successful authentication.
    pub(crate) last_use: Option<(i64, String, String)>,
}

/// A role session, with its temporary credentials.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) secret: String,
    pub(crate) token: String,
    /// When the session expires, in seconds since the Unix epoch.
    pub(crate) expires: i64,
    /// The account of the role.
    pub(crate) account_key: AccountKey,
    /// The name of the role.
    pub(crate) role: String,
    pub(crate) name: String,
    /// Session tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// Session tags that are passed on to the session of each role that this session assumes.
    pub(crate) transitive: BTreeMap<String, String>,
    /// Session policies.
    pub(crate) policies: Vec<ParsedPolicy>,
}

/// The partition id and the account id, which together identify an account.
pub(crate) type AccountKey = (String, String);

/// An AWS account with all its resources.
#[derive(Debug, Default)]
pub(crate) struct StoredAccount {
    /// Users by name.
    pub(crate) users: BTreeMap<String, StoredUser>,
    /// Groups by name.
    pub(crate) groups: BTreeMap<String, StoredGroup>,
    /// Roles by lower-case name, because two role names may not differ only in case.
    pub(crate) roles: BTreeMap<String, StoredRole>,
    /// Customer managed policies by ARN.
    pub(crate) policies: BTreeMap<String, StoredPolicy>,
    /// The service control policies (SCPs) that apply to the account, by name. If there are none,
    /// no SCP limits the account.
    pub(crate) scps: Vec<(String, ParsedPolicy)>,
    /// Quotas that differ from AWS's defaults, by their names in `GetAccountSummary`.
    pub(crate) quotas: BTreeMap<String, u32>,
    /// ARNs of the Lambda functions that Secrets Manager may invoke for rotation.
    pub(crate) rotation_functions: BTreeSet<String>,
    /// Secrets by region and name.
    pub(crate) secrets: BTreeMap<(String, String), StoredSecret>,
    /// Policies of customer managed KMS keys, by the ARN of the key. IAM policies alone decide
    /// about a key without a policy.
    pub(crate) key_policies: BTreeMap<String, KeyPolicy>,
    /// SQS queues by region and name.
    pub(crate) queues: BTreeMap<(String, String), StoredQueue>,
    /// Event buses by region and name.
    pub(crate) buses: BTreeMap<(String, String), StoredBus>,
    /// DynamoDB tables by region and name.
    pub(crate) tables: BTreeMap<(String, String), StoredTable>,
    /// S3 buckets by name.
    pub(crate) buckets: BTreeMap<String, StoredBucket>,
    /// EKS clusters by region and name.
    pub(crate) clusters: BTreeMap<(String, String), StoredCluster>,
    /// Whether the account is suspended or closed: then all calls fail.
    pub(crate) closed: bool,
}

/// The state of the fake AWS: all accounts, access keys and sessions.
#[derive(Debug)]
pub(crate) struct Store {
    clock: Arc<Clock>,
    seed: u64,
    /// How many times random bytes were generated.
    random_count: u64,
    /// From how many reads each new role, policy and secret is hidden.
    pub(crate) hide_new_for_reads: u32,
    /// For how many calls AWS rejects each new access key.
    pub(crate) new_key_rejected_calls: u32,
    /// The condition key `aws:SourceIp` of all calls.
    pub(crate) source_ip: String,
    pub(crate) accounts: BTreeMap<AccountKey, StoredAccount>,
    /// Long-lived access keys by access key id.
    pub(crate) keys: HashMap<String, AccessKey>,
    /// Role sessions by access key id.
    pub(crate) sessions: HashMap<String, Session>,
    /// Organizations by partition.
    pub(crate) organizations: BTreeMap<String, StoredOrganization>,
    /// AWS managed policies by ARN.
    aws_managed_policies: BTreeMap<String, StoredPolicy>,
    /// Old states of services that readers still see, by service.
    pub(super) replica_lags: BTreeMap<&'static str, ReplicaLag>,
    /// Presigned URLs for the responses of custom resources, by bucket and key.
    pub(super) stack_responses: BTreeMap<String, IssuedUrl>,
    /// How `SimulatePrincipalPolicy` wrongly denies every action; `None` if its results are
    /// correct.
    pub(super) false_denial: Option<FalseDenial>,
}

impl Store {
    pub(crate) fn new(clock: Arc<Clock>, seed: u64) -> Store {
        Store {
            clock,
            seed,
            random_count: 0,
            hide_new_for_reads: 0,
            new_key_rejected_calls: 0,
            source_ip: "127.0.0.1".into(),
            accounts: BTreeMap::new(),
            keys: HashMap::new(),
            sessions: HashMap::new(),
            organizations: BTreeMap::new(),
            aws_managed_policies: managed_policies::build_policies(),
            replica_lags: BTreeMap::new(),
            stack_responses: BTreeMap::new(),
            false_denial: None,
        }
    }

    /// Returns the time of the local cloud, in seconds since the Unix epoch.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Returns the time that dates of signatures are compared with, in seconds since the Unix
    /// epoch.
    pub(crate) fn wall_clock(&self) -> i64 {
        self.clock.wall_clock()
    }

    /// Returns the next pseudo-random bytes. They depend only on the seed and on the number of
    /// calls.
    pub(crate) fn random_bytes(&mut self) -> [u8; 32] {
        self.random_count += 1;
        Sha256::digest(format!("{} {}", self.seed, self.random_count)).into()
    }

    /// Returns a new request id: a UUID.
    pub(crate) fn generate_request_id(&mut self) -> String {
        format_uuid(&self.random_bytes())
    }

    /// Returns an account, or `None` if no test has created it.
    pub(crate) fn account(&self, account_key: &AccountKey) -> Option<&StoredAccount> {
        self.accounts.get(account_key)
    }

    /// Returns an account to change. Creates the account if necessary.
    pub(crate) fn account_mut(&mut self, account_key: &AccountKey) -> &mut StoredAccount {
        self.accounts.entry(account_key.clone()).or_default()
    }

    /// Returns the managed policy with this ARN: a customer managed policy of the account, or an
    /// AWS managed policy.
    pub(crate) fn policy(&self, account_key: &AccountKey, arn: &str) -> Option<&StoredPolicy> {
        let own = self.account(account_key).and_then(|account| account.policies.get(arn));
        own.or_else(|| self.managed_policies(&account_key.0).find(|policy| policy.arn == arn))
    }

    /// Returns the AWS managed policies of a partition.
    pub(crate) fn managed_policies(&self, partition: &str) -> impl Iterator<Item = &StoredPolicy> {
        let prefix = format!("arn:{partition}:iam::aws:");
        self.aws_managed_policies.values().filter(move |policy| policy.arn.starts_with(&prefix))
    }

    /// Returns the documents of all policies of a user, group or role, with the ids that
    /// `SimulatePrincipalPolicy` returns. `owner` is `user`, `group` or `role`, and its name.
    pub(crate) fn documents<'a>(
        &'a self,
        account_key: &AccountKey,
        owner: (&'static str, &str),
        policies: &'a PrincipalPolicies,
    ) -> Vec<NamedDocument<'a>> {
        let (kind, name) = owner;
        let inline = policies.inline.iter().map(|(policy_name, policy)| NamedDocument {
            id: format!("{kind}_{name}_{policy_name}"),
            kind,
            document: &policy.document,
        });
        let attached =
            policies.attached.iter().filter_map(|arn| self.managed_document(account_key, arn));
        inline.chain(attached).collect()
    }

    /// Returns the document of the default version of the managed policy with this ARN.
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
            document: &policy.default_version()?.policy.document,
        })
    }

    /// Returns the documents of all policies of a user and of its groups.
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
    let digits = encode_hex(&bytes[..16]);
    let part = |from, to| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// Encodes bytes as lower-case hexadecimal digits.
pub(crate) fn encode_hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
