//! Tenants, their users, projects, gateways and accounts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{behaviour::Behaviour, enclave::SECRET_PARTITION_FLAG, rate::RateLimiter};
use crate::aws::Cluster;

/// The API key of the first tenant's administrator.
pub const ADMIN_KEY: &str = "pk-3f1c9a7e5d2b48c6a0e4-harbour-admin";
/// The API key of a user of the first tenant who may not see cloud accounts.
pub const MEMBER_KEY: &str = "pk-7b60d4c2f8e91a35d7b2-harbour-member";
/// The API key of the second tenant's administrator.
pub const OTHER_TENANT_KEY: &str = "pk-c5e8f3a1b7d9426081fa-lagoon-admin";
/// What the system console's calls carry in `Authorization`.
pub const SYSTEM_TOKEN: &str = "system-console-token-of-the-local-palette";

/// Everything that Palette keeps.
#[derive(Debug)]
pub struct Records {
    /// Its tenants: harbour, then lagoon.
    pub tenants: Vec<Tenant>,
    /// Its users, by API key.
    pub users: BTreeMap<String, User>,
    /// Cloud accounts of every tenant, oldest first.
    pub accounts: Vec<Account>,
    /// Palette's own IAM user in each partition, as the system console was told (D01, F34).
    pub sts_sources: BTreeMap<String, StsSource>,
    /// The access portal of each partition that has one, as the system console was told: its credentials resource (X04).
    pub portals: BTreeMap<String, String>,
    /// Endpoints that the operator has set in place of those (X04), as `v1AwsApiEndpointsConfig` has them.
    pub endpoints: Value,
    /// Flags of the whole instance, and whether each is set (X02). What is no `VerteX` lacks `AwsSecretPartition` (X01).
    pub features: BTreeMap<String, bool>,
    /// The EKS cluster that Palette itself runs on, in each partition where it runs on one (P01).
    pub runs_on: BTreeMap<String, Cluster>,
    /// How it behaves where the documents leave that open.
    pub behaviour: Behaviour,
    pub(super) buckets: RateLimiter,
    /// When the call came that is being served.
    pub(super) now: i64,
    /// What readers of accounts are shown, and until when.
    lag: Option<(i64, Vec<Account>)>,
    serial: u64,
}

/// A customer of Palette.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its uid.
    pub uid: String,
    /// The organisation's name.
    pub organisation: String,
    /// What Palette presents when it assumes a role for this tenant, by partition (D03, F28).
    pub external_ids: BTreeMap<String, String>,
    /// Its projects.
    pub projects: Vec<Named>,
    /// Uids of projects that everybody sees and nobody may look into.
    pub closed: BTreeSet<String>,
    /// Its private cloud gateways.
    pub gateways: Vec<Gateway>,
    /// How many cloud accounts it may have.
    pub quota: usize,
}

/// A name and a uid.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its uid.
    pub uid: String,
    /// Its name.
    pub name: String,
}

/// A private cloud gateway.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Its uid.
    pub uid: String,
    /// Its name.
    pub name: String,
    /// `Running`, `Provisioning`, `Error` …
    pub state: String,
    /// Whether its agent was heard of lately.
    pub healthy: bool,
    /// Whether it is the one inside Palette itself.
    pub system: bool,
}

/// Somebody with an API key.
#[derive(Clone, Debug)]
pub struct User {
    /// Its uid.
    pub uid: String,
    /// The tenant's uid.
    pub tenant: String,
    /// Whether cloud accounts are its business.
    pub admin: bool,
}

/// A cloud account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its uid.
    pub uid: String,
    /// The tenant's uid.
    pub tenant: String,
    /// The project's uid; `None` for the tenant's own.
    pub project: Option<String>,
    /// `metadata` and `spec` as they were sent last, secrets included.
    pub body: Value,
    /// Whether a cluster still runs with it.
    pub in_use: bool,
    /// What came of fetching keys from the access portal last, where they come from there.
    pub refreshed: Option<Option<Token>>,
}

/// When an account's keys were fetched from its portal, and when they end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Token {
    /// Seconds since the Unix epoch.
    pub generated: i64,
    /// As the portal told it.
    pub expires: String,
}

impl Account {
    /// `metadata.name`.
    pub fn name(&self) -> &str {
        self.body.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
    }

    /// `spec`.
    pub fn spec(&self) -> &Value {
        self.body.get("spec").unwrap_or(&Value::Null)
    }
}

/// An IAM user of Palette's own AWS account in one partition.
#[derive(Clone, Debug)]
pub struct StsSource {
    /// The account's number, as the operator typed it.
    pub account: String,
    /// The public half of the user's key.
    pub access_key: String,
    /// The private half.
    pub secret_key: String,
}

impl Records {
    /// Two tenants, three users, no account, no STS source.
    pub(super) fn with_defaults() -> Self {
        let mut records = Self {
            tenants: Vec::new(),
            users: BTreeMap::new(),
            accounts: Vec::new(),
            sts_sources: BTreeMap::new(),
            runs_on: BTreeMap::new(),
            portals: BTreeMap::new(),
            endpoints: json!({"partitions": {}}),
            features: BTreeMap::from([(SECRET_PARTITION_FLAG.to_owned(), false)]),
            now: 0,
            lag: None,
            behaviour: Behaviour::default(),
            buckets: RateLimiter::default(),
            serial: 0,
        };
        let harbour = records.add_tenant("harbour", &[(ADMIN_KEY, true), (MEMBER_KEY, false)]);
        let lagoon = records.add_tenant("lagoon", &[(OTHER_TENANT_KEY, true)]);
        records.tenants = vec![harbour, lagoon];
        records
    }

    fn add_tenant(&mut self, organisation: &str, keys: &[(&str, bool)]) -> Tenant {
        let uid = self.fresh_uid();
        for (key, admin) in keys {
            let user = User { uid: self.fresh_uid(), tenant: uid.clone(), admin: *admin };
            self.users.insert((*key).to_owned(), user);
        }
        let external_ids = ["aws", "aws-us-gov"].map(|partition| {
            (partition.to_owned(), format!("{organisation}-{partition}-{}", self.fresh_uid()))
        });
        let projects = ["Default", "Payments"]
            .map(|name| Named { uid: self.fresh_uid(), name: name.to_owned() });
        let gateways = [
            ("System Private Gateway", "Running", true, true),
            ("dc-east", "Running", true, false),
            ("dc-west", "Provisioning", false, false),
        ]
        .map(|(name, state, healthy, system)| Gateway {
            uid: self.fresh_uid(),
            name: name.to_owned(),
            state: state.to_owned(),
            healthy,
            system,
        });
        Tenant {
            uid,
            organisation: organisation.to_owned(),
            external_ids: external_ids.into(),
            projects: projects.into(),
            closed: BTreeSet::new(),
            gateways: gateways.into(),
            quota: 200,
        }
    }

    /// A uid that nothing has yet: 24 hexadecimal digits.
    pub fn fresh_uid(&mut self) -> String {
        self.serial += 1;
        let scattered = self.serial.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{:08x}{scattered:016x}", 0x65f0_0000_u64 + self.serial)
    }

    /// Until then, readers are shown the accounts that there are now.
    pub(crate) fn delay_reads(&mut self, until: i64) {
        self.lag = Some((until, self.accounts.clone()));
    }

    /// Reads accounts where readers are sent to: a replica, while it lags behind.
    pub(super) fn with_replica<R>(&mut self, read: impl FnOnce(&Self) -> R) -> R {
        let Some((until, before)) = self.lag.take().filter(|(until, _)| *until > self.now) else {
            return read(self);
        };
        let there = std::mem::replace(&mut self.accounts, before);
        let seen = read(self);
        let before = std::mem::replace(&mut self.accounts, there);
        self.lag = Some((until, before));
        seen
    }

    /// A tenant, by uid.
    pub fn tenant(&self, uid: &str) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.uid == uid)
    }

    /// The first account of that name, whosever it is.
    pub fn account_named(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.name() == name)
    }
}
