//! What AWS holds: accounts with their users, roles, policies and secrets; keys; sessions.
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::eks::Cluster;
use super::lag::ReplicaLag;
use super::managed;
use super::organizations::Organization;
use super::policy::{Document, DocumentKind, NamedDocument};
use super::secrets::Secret;
use super::sqs::Queue;
use crate::clock::Clock;

/// A policy document as it was written, and as it was understood.
#[derive(Debug, Clone)]
pub(crate) struct PolicyText {
    pub(crate) raw: String,
    pub(crate) document: Document,
}

impl PolicyText {
    pub(crate) fn read(raw: &str, kind: DocumentKind) -> Result<PolicyText, String> {
        let value: Value = serde_json::from_str(raw)
            .map_err(|fault| format!("This policy contains invalid Json ({fault})"))?;
        Ok(PolicyText { raw: raw.to_owned(), document: Document::read(&value, kind)? })
    }
}

/// What a user, group or role may do.
#[derive(Debug, Clone, Default)]
pub(crate) struct AttachedPolicies {
    /// ARNs of managed policies, in the order of attachment.
    pub(crate) attached: Vec<String>,
    pub(crate) inline: BTreeMap<String, PolicyText>,
    /// ARN of the policy that bounds it.
    pub(crate) boundary: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) grants: AttachedPolicies,
    pub(crate) groups: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) grants: AttachedPolicies,
}

#[derive(Debug, Clone)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) description: Option<String>,
    pub(crate) trust: PolicyText,
    /// Seconds.
    pub(crate) max_session: i64,
    pub(crate) grants: AttachedPolicies,
    pub(crate) tags: BTreeMap<String, String>,
    /// How many more looks will not find it yet.
    pub(crate) unseen: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) number: u32,
    pub(crate) text: PolicyText,
    pub(crate) created: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) versions: Vec<Version>,
    pub(crate) default: u32,
    pub(crate) next: u32,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) unseen: u32,
}

impl Policy {
    pub(crate) fn current(&self) -> Option<&Version> {
        self.versions.iter().find(|version| version.number == self.default)
    }
}

/// Who a long-lived key belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    Root,
    User(String),
}

#[derive(Debug, Clone)]
pub(crate) struct AccessKey {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) home: AccountKey,
    pub(crate) owner: Owner,
    pub(crate) active: bool,
    pub(crate) created: i64,
    /// When, with which service, in which region.
    pub(crate) used: Option<(i64, String, String)>,
}

/// A role that somebody has assumed.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) expires: i64,
    pub(crate) home: AccountKey,
    pub(crate) role: String,
    pub(crate) name: String,
    pub(crate) tags: BTreeMap<String, String>,
    /// Those of the tags that go on to whatever role it assumes.
    pub(crate) transitive: BTreeMap<String, String>,
    pub(crate) policies: Vec<PolicyText>,
}

/// Where something lives: partition and account id.
pub(crate) type AccountKey = (String, String);

#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) groups: BTreeMap<String, Group>,
    /// By lower-case name: two roles may not differ in case alone.
    pub(crate) roles: BTreeMap<String, Role>,
    /// By ARN.
    pub(crate) policies: BTreeMap<String, Policy>,
    /// Service control policies. None: no organization, nothing is limited.
    pub(crate) scps: Vec<(String, PolicyText)>,
    pub(crate) quotas: BTreeMap<String, u32>,
    /// By region and name.
    pub(crate) secrets: BTreeMap<(String, String), Secret>,
    /// By region and name.
    pub(crate) queues: BTreeMap<(String, String), Queue>,
    /// By region and name.
    pub(crate) clusters: BTreeMap<(String, String), Cluster>,
    /// Suspended or closed: nobody gets in.
    pub(crate) closed: bool,
}

/// Everything.
#[derive(Debug)]
pub(crate) struct Store {
    clock: Arc<Clock>,
    seed: u64,
    drawn: u64,
    /// How many looks it takes until something new is seen.
    pub(crate) settling: u32,
    pub(crate) source_ip: String,
    pub(crate) accounts: BTreeMap<AccountKey, Account>,
    pub(crate) keys: HashMap<String, AccessKey>,
    pub(crate) sessions: HashMap<String, Session>,
    /// By partition.
    pub(crate) organizations: BTreeMap<String, Organization>,
    managed: BTreeMap<String, Policy>,
    /// Replicas that lag behind, by service.
    pub(super) lags: BTreeMap<&'static str, ReplicaLag>,
}

impl Store {
    pub(crate) fn new(clock: Arc<Clock>, seed: u64) -> Store {
        Store {
            clock,
            seed,
            drawn: 0,
            settling: 0,
            source_ip: "127.0.0.1".into(),
            accounts: BTreeMap::new(),
            keys: HashMap::new(),
            sessions: HashMap::new(),
            organizations: BTreeMap::new(),
            managed: managed::policies(),
            lags: BTreeMap::new(),
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// What callers' clocks are compared with.
    pub(crate) fn wall(&self) -> i64 {
        self.clock.wall()
    }

    /// Bytes that no other cloud and no other draw of this one yields.
    pub(crate) fn random_bytes(&mut self) -> [u8; 32] {
        self.drawn += 1;
        Sha256::digest(format!("{} {}", self.seed, self.drawn)).into()
    }

    pub(crate) fn request_id(&mut self) -> String {
        uuid(&self.random_bytes())
    }

    pub(crate) fn account(&self, home: &AccountKey) -> Option<&Account> {
        self.accounts.get(home)
    }

    pub(crate) fn account_mut(&mut self, home: &AccountKey) -> &mut Account {
        self.accounts.entry(home.clone()).or_default()
    }

    /// A managed policy by ARN: the account's own, or AWS's.
    pub(crate) fn policy(&self, home: &AccountKey, arn: &str) -> Option<&Policy> {
        let own = self.account(home).and_then(|account| account.policies.get(arn));
        own.or_else(|| self.managed(&home.0).find(|policy| policy.arn == arn))
    }

    /// AWS's own policies in a partition.
    pub(crate) fn managed(&self, partition: &str) -> impl Iterator<Item = &Policy> {
        let prefix = format!("arn:{partition}:iam::aws:");
        self.managed.values().filter(move |policy| policy.arn.starts_with(&prefix))
    }

    /// The documents of one holder of grants, named as the simulator names them.
    pub(crate) fn documents<'a>(
        &'a self,
        home: &AccountKey,
        owner: (&'static str, &str),
        grants: &'a AttachedPolicies,
    ) -> Vec<NamedDocument<'a>> {
        let (kind, name) = owner;
        let inline = grants.inline.iter().map(|(policy, text)| NamedDocument {
            id: format!("{kind}_{name}_{policy}"),
            kind,
            document: &text.document,
        });
        let attached = grants.attached.iter().filter_map(|arn| self.managed_document(home, arn));
        inline.chain(attached).collect()
    }

    /// The default version of a managed policy.
    pub(crate) fn managed_document(
        &self,
        home: &AccountKey,
        arn: &str,
    ) -> Option<NamedDocument<'_>> {
        let policy = self.policy(home, arn)?;
        let kind = if policy.arn.contains(":iam::aws:") { "aws-managed" } else { "user-managed" };
        Some(NamedDocument {
            id: policy.name.clone(),
            kind,
            document: &policy.current()?.text.document,
        })
    }

    /// Everything a user may do, with what its groups bring.
    pub(crate) fn user_documents<'a>(
        &'a self,
        home: &AccountKey,
        user: &'a User,
    ) -> Vec<NamedDocument<'a>> {
        let mut all = self.documents(home, ("user", &user.name), &user.grants);
        let groups = self.account(home).map(|account| &account.groups);
        for group in user.groups.iter().filter_map(|name| groups?.get(name)) {
            all.extend(self.documents(home, ("group", &group.name), &group.grants));
        }
        all
    }
}

/// A UUID from random bytes.
pub(crate) fn uuid(bytes: &[u8; 32]) -> String {
    let hex = hex(&bytes[..16]);
    let part = |from, to| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// Two digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
