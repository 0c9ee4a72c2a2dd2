//! Data that the fake Palette stores: tenants, users and cloud accounts.

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
/// API key of a user of the first tenant without permission for cloud accounts.
pub const MEMBER_KEY: &str = "pk-7b60d4c2f8e91a35d7b2-harbour-member";
/// API key of the second tenant's administrator.
pub const OTHER_TENANT_KEY: &str = "pk-c5e8f3a1b7d9426081fa-lagoon-admin";
/// Value of the `Authorization` header that gives access to the routes of the system console.
pub const SYSTEM_TOKEN: &str = "system-console-token-of-the-local-palette";

/// All data of one Palette instance.
#[derive(Debug)]
pub struct Records {
    /// The tenants `harbour` and `lagoon`.
    pub tenants: Vec<Tenant>,
    /// Users by API key.
    pub users: BTreeMap<String, User>,
    /// Cloud accounts of all tenants in the order of creation.
    pub accounts: Vec<Account>,
    /// The IAM user by which Palette assumes customers' roles, by partition.
    pub sts_sources: BTreeMap<String, StsSource>,
    /// Default URL of the access portal, by partition.
    pub portals: BTreeMap<String, String>,
    /// AWS endpoints that the operator of the instance has set, in the format of Palette's schema
    /// `v1AwsApiEndpointsConfig`.
    pub endpoints: Value,
    /// Feature flags of the instance, by name. In an edition other than `VerteX`, the flag
    /// `AwsSecretPartition` does not exist.
    pub features: BTreeMap<String, bool>,
    /// Names of the features that every tenant has, so that Palette removed their flags.
    pub graduated_features: BTreeSet<String>,
    /// The EKS cluster that Palette runs on, by partition.
    pub host_clusters: BTreeMap<String, Cluster>,
    /// How the fake behaves where Palette's documentation does not say what happens.
    pub behaviour: Behaviour,
    pub(super) rate_limiter: RateLimiter,
    /// Time of the current call, in seconds since the Unix epoch.
    pub(super) now: i64,
    /// While reads are stale: the time at which they become current, and the accounts that they
    /// return until then.
    stale_reads: Option<(i64, Vec<Account>)>,
    /// Number of uids that were created.
    uid_count: u64,
}

/// A tenant of Palette.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub uid: String,
    /// Name of the organisation to which the tenant belongs.
    pub organisation: String,
    /// External id that a role must demand from Palette, by partition.
    pub external_ids: BTreeMap<String, String>,
    pub projects: Vec<Project>,
    /// Uids of the projects that are listed, but for which a request is denied.
    pub forbidden_projects: BTreeSet<String>,
    /// The tenant's private cloud gateways.
    pub gateways: Vec<Gateway>,
    /// Maximum number of cloud accounts in all scopes of the tenant.
    pub quota: usize,
}

/// A project of a tenant.
#[derive(Clone, Debug)]
pub struct Project {
    pub uid: String,
    pub name: String,
}

/// A private cloud gateway, which Palette's API calls an overlord.
#[derive(Clone, Debug)]
pub struct Gateway {
    pub uid: String,
    pub name: String,
    /// State, such as `Running`, `Provisioning` or `Error`.
    pub state: String,
    /// Whether the gateway's agent is connected.
    pub healthy: bool,
    /// Whether it is the gateway that Palette itself provides.
    pub system: bool,
}

/// A user with an API key.
#[derive(Clone, Debug)]
pub struct User {
    pub uid: String,
    /// Uid of the user's tenant.
    pub tenant: String,
    /// Whether the user may manage cloud accounts.
    pub admin: bool,
}

/// A cloud account that is registered in Palette.
#[derive(Clone, Debug)]
pub struct Account {
    pub uid: String,
    /// Uid of the account's tenant.
    pub tenant: String,
    /// Uid of the account's project; `None` for tenant scope.
    pub project: Option<String>,
    /// `metadata` and `spec` of the last `POST` or `PUT`, including secrets.
    pub body: Value,
    /// Whether a cluster uses the account, so that it cannot be deleted.
    pub in_use: bool,
    /// Result of the last request to the access portal. `None` if the account uses no portal,
    /// `Some(None)` if the request failed.
    pub portal_token: Option<Option<PortalToken>>,
}

/// When Palette got the credentials of an account from the access portal, and when they expire.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PortalToken {
    /// Time of the request to the portal, in seconds since the Unix epoch.
    pub generated: i64,
    /// Expiration in ISO 8601, as the portal returned it.
    pub expires: String,
}

impl Account {
    /// Returns the account's name, or an empty string if the account has none.
    pub fn name(&self) -> &str {
        self.body.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns the `spec` of the account, or `null` if the account has none.
    pub fn spec(&self) -> &Value {
        self.body.get("spec").unwrap_or(&Value::Null)
    }
}

/// The IAM user by which Palette assumes customers' roles in one partition.
#[derive(Clone, Debug)]
pub struct StsSource {
    /// AWS account id as the operator of the instance entered it.
    pub account: String,
    /// Access key id of the user.
    pub access_key: String,
    /// Secret access key of the user.
    pub secret_key: String,
}

impl Records {
    /// Creates the tenants `harbour` and `lagoon` with their users, projects and gateways, and no
    /// cloud accounts.
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
            stale_reads: None,
            behaviour: Behaviour {
                annotations: KeptAnnotations::from_env(),
                ..Behaviour::default()
            },
            rate_limiter: RateLimiter::default(),
            uid_count: 0,
        };
        let harbour = records.create_tenant("harbour", &[(ADMIN_KEY, true), (MEMBER_KEY, false)]);
        let lagoon = records.create_tenant("lagoon", &[(OTHER_TENANT_KEY, true)]);
        records.tenants = vec![harbour, lagoon];
        records
    }

    /// Adds users with the given API keys, and returns their new tenant. `true` makes a user an
    /// administrator.
    fn create_tenant(&mut self, organisation: &str, keys: &[(&str, bool)]) -> Tenant {
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
        self.uid_count += 1;
        let hash = self.uid_count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{:08x}{hash:016x}", 0x65f0_0000_u64 + self.uid_count)
    }

    /// Makes reads return the present accounts until the time `until`, in seconds since the Unix
    /// epoch.
    pub(crate) fn delay_reads(&mut self, until: i64) {
        self.stale_reads = Some((until, self.accounts.clone()));
    }

    /// Calls `read` with the old accounts while reads are stale, and with the current ones
    /// otherwise.
    pub(super) fn with_replica<R>(&mut self, read: impl FnOnce(&Self) -> R) -> R {
        let Some((until, stale)) = self.stale_reads.take().filter(|(until, _)| *until > self.now)
        else {
            return read(self);
        };
        let current = std::mem::replace(&mut self.accounts, stale);
        let result = read(self);
        let stale = std::mem::replace(&mut self.accounts, current);
        self.stale_reads = Some((until, stale));
        result
    }

    /// Returns the tenant with this uid.
    pub fn tenant(&self, uid: &str) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.uid == uid)
    }

    /// Returns the first account with this name in any scope of any tenant.
    pub fn find_account(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.name() == name)
    }
}
