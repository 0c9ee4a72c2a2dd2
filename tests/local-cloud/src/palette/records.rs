//! Stored data of Palette.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    behaviour::{Behaviour, KeptAnnotations},
    classified::SECRET_PARTITION_FLAG,
    rate_limit::RateLimiter,
};
use crate::aws::Cluster;

/// API key of the first tenant's administrator.
pub const ADMIN_KEY: &str = "pk-3f1c9a7e5d2b48c6a0e4-harbour-admin";
/// API key of a user of the first tenant who may not see cloud accounts.
pub const MEMBER_KEY: &str = "pk-7b60d4c2f8e91a35d7b2-harbour-member";
/// API key of the second tenant's administrator.
pub const OTHER_TENANT_KEY: &str = "pk-c5e8f3a1b7d9426081fa-lagoon-admin";
/// `Authorization` header of the system console.
pub const SYSTEM_TOKEN: &str = "system-console-token-of-the-local-palette";

/// The data of the instance.
#[derive(Debug)]
pub struct Records {
    /// The tenants harbour and lagoon.
    pub tenants: Vec<Tenant>,
    /// Users by API key.
    pub users: BTreeMap<String, User>,
    /// Cloud accounts of all tenants, oldest first.
    pub accounts: Vec<Account>,
    /// Palette's IAM user in each partition.
    pub sts_sources: BTreeMap<String, StsSource>,
    /// URL of the access portal in each partition.
    pub portals: BTreeMap<String, String>,
    /// Endpoints that the operator has set instead, as in `v1AwsApiEndpointsConfig`.
    pub endpoints: Value,
    /// Feature flags of the instance. Without `VerteX`, `AwsSecretPartition` does not exist.
    pub features: BTreeMap<String, bool>,
    /// Features whose flag was removed because every tenant has them.
    pub graduated_features: BTreeSet<String>,
    /// The EKS cluster that Palette runs on, by partition.
    pub host_clusters: BTreeMap<String, Cluster>,
    /// How the fake behaves where Palette's documentation leaves it open.
    pub behaviour: Behaviour,
    pub(super) rate_limiter: RateLimiter,
    /// Time of the current call.
    pub(super) now: i64,
    /// The accounts that readers see, and until when.
    lag: Option<(i64, Vec<Account>)>,
    serial: u64,
}

/// A tenant.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub uid: String,
    /// Name of the organisation.
    pub organisation: String,
    /// External id by partition.
    pub external_ids: BTreeMap<String, String>,
    pub projects: Vec<Project>,
    /// Uids of projects that are listed but not accessible.
    pub forbidden_projects: BTreeSet<String>,
    /// Private cloud gateways.
    pub gateways: Vec<Gateway>,
    /// Maximum number of cloud accounts.
    pub quota: usize,
}

/// A project.
#[derive(Clone, Debug)]
pub struct Project {
    pub uid: String,
    pub name: String,
}

#[derive(Clone, Debug)]
pub struct Gateway {
    pub uid: String,
    pub name: String,
    /// `Running`, `Provisioning`, `Error`, …
    pub state: String,
    /// Whether its agent is connected.
    pub healthy: bool,
    /// Whether it is Palette's own gateway.
    pub system: bool,
}

/// A user with an API key.
#[derive(Clone, Debug)]
pub struct User {
    pub uid: String,
    /// Uid of the tenant.
    pub tenant: String,
    /// Whether the user may manage cloud accounts.
    pub admin: bool,
}

#[derive(Clone, Debug)]
pub struct Account {
    pub uid: String,
    /// Uid of the tenant.
    pub tenant: String,
    /// Uid of the project; `None` for tenant scope.
    pub project: Option<String>,
    /// `metadata` and `spec` as last sent, including secrets.
    pub body: Value,
    /// Whether a cluster uses it.
    pub in_use: bool,
    /// Result of the last fetch from the access portal: `None` without a portal, `Some(None)` after
    /// a failure.
    pub portal_token: Option<Option<PortalToken>>,
}

/// When credentials were fetched from the portal, and when they expire.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PortalToken {
    /// In seconds since the Unix epoch.
    pub generated: i64,
    /// Expiration as the portal returned it.
    pub expires: String,
}

impl Account {
    pub fn name(&self) -> &str {
        self.body.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
    }

    pub fn spec(&self) -> &Value {
        self.body.get("spec").unwrap_or(&Value::Null)
    }
}

/// Palette's IAM user in one partition.
#[derive(Clone, Debug)]
pub struct StsSource {
    /// Account id as the operator entered it.
    pub account: String,
    /// Access key id.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: String,
}

impl Records {
    /// Creates two tenants with three users, and nothing else.
    pub(super) fn with_defaults() -> Self {
        let mut records = Self {
            tenants: Vec::new(),
            users: BTreeMap::new(),
            accounts: Vec::new(),
            sts_sources: BTreeMap::new(),
            host_clusters: BTreeMap::new(),
            portals: BTreeMap::new(),
            endpoints: json!({"partitions": {}}),
            features: BTreeMap::from([(SECRET_PARTITION_FLAG.to_owned(), false)]),
            graduated_features: BTreeSet::new(),
            now: 0,
            lag: None,
            behaviour: Behaviour {
                annotations: KeptAnnotations::from_env(),
                ..Behaviour::default()
            },
            rate_limiter: RateLimiter::default(),
            serial: 0,
        };
        let harbour = records.add_tenant("harbour", &[(ADMIN_KEY, true), (MEMBER_KEY, false)]);
        let lagoon = records.add_tenant("lagoon", &[(OTHER_TENANT_KEY, true)]);
        records.tenants = vec![harbour, lagoon];
        records
    }

    fn add_tenant(&mut self, organisation: &str, keys: &[(&str, bool)]) -> Tenant {
        let uid = self.new_uid();
        for (key, admin) in keys {
            let user = User { uid: self.new_uid(), tenant: uid.clone(), admin: *admin };
            self.users.insert((*key).to_owned(), user);
        }
        let external_ids = ["aws", "aws-us-gov"].map(|partition| {
            (partition.to_owned(), format!("{organisation}-{partition}-{}", self.new_uid()))
        });
        let projects = ["Default", "Payments"]
            .map(|name| Project { uid: self.new_uid(), name: name.to_owned() });
        let gateways = [
            ("System Private Gateway", "Running", true, true),
            ("dc-east", "Running", true, false),
            ("dc-west", "Provisioning", false, false),
        ]
        .map(|(name, state, healthy, system)| Gateway {
            uid: self.new_uid(),
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
            forbidden_projects: BTreeSet::new(),
            gateways: gateways.into(),
            quota: 200,
        }
    }

    /// Returns a new uid: 24 hexadecimal digits.
    pub fn new_uid(&mut self) -> String {
        self.serial += 1;
        let scattered = self.serial.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{:08x}{scattered:016x}", 0x65f0_0000_u64 + self.serial)
    }

    /// Makes readers see the present accounts until `until`.
    pub(crate) fn delay_reads(&mut self, until: i64) {
        self.lag = Some((until, self.accounts.clone()));
    }

    /// Reads accounts from the replica while it lags.
    pub(super) fn with_replica<R>(&mut self, read: impl FnOnce(&Self) -> R) -> R {
        let Some((until, stale)) = self.lag.take().filter(|(until, _)| *until > self.now) else {
            return read(self);
        };
        let current = std::mem::replace(&mut self.accounts, stale);
        let seen = read(self);
        let stale = std::mem::replace(&mut self.accounts, current);
        self.lag = Some((until, stale));
        seen
    }

    /// Returns a tenant by uid.
    pub fn tenant(&self, uid: &str) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.uid == uid)
    }

    /// Returns the first account with a name, in any scope.
    pub fn find_account(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.name() == name)
    }
}
