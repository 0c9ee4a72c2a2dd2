//! Eventual consistency: readers of a service see an old state for a while.
use std::collections::BTreeMap;
use std::mem::swap;

use super::dynamodb::StoredTable;
use super::eks;
use super::secrets_manager::StoredSecret;
use super::store::{
    AccountKey, Store, StoredAccount, StoredGroup, StoredPolicy, StoredRole, StoredUser,
};
use crate::call_log;

/// The old state of a service, and when it expires.
#[derive(Debug)]
pub(super) struct ReplicaLag {
    until: i64,
    previous: BTreeMap<AccountKey, LaggingData>,
}

/// The data of one service in one account.
#[derive(Debug)]
enum LaggingData {
    Iam {
        users: BTreeMap<String, StoredUser>,
        groups: BTreeMap<String, StoredGroup>,
        roles: BTreeMap<String, StoredRole>,
        policies: BTreeMap<String, StoredPolicy>,
    },
    Secrets(BTreeMap<(String, String), StoredSecret>),
    /// By region and cluster name.
    Associations(BTreeMap<(String, String), BTreeMap<String, eks::Association>>),
    /// By region and name.
    Tables(BTreeMap<(String, String), StoredTable>),
}

impl LaggingData {
    fn snapshot(service: &str, account: &StoredAccount) -> Option<Self> {
        match service {
            "iam" => Some(Self::Iam {
                users: account.users.clone(),
                groups: account.groups.clone(),
                roles: account.roles.clone(),
                policies: account.policies.clone(),
            }),
            "secretsmanager" => Some(Self::Secrets(account.secrets.clone())),
            "eks" => {
                let clusters = account.clusters.iter();
                let associations =
                    clusters.map(|(key, one)| (key.clone(), one.associations.clone()));
                Some(Self::Associations(associations.collect()))
            }
            "dynamodb" => Some(Self::Tables(account.tables.clone())),
            _ => None,
        }
    }

    /// Swaps this data with the account's current data. A second call swaps it back.
    fn swap_with(&mut self, account: &mut StoredAccount) {
        match self {
            Self::Iam { users, groups, roles, policies } => {
                swap(users, &mut account.users);
                swap(groups, &mut account.groups);
                swap(roles, &mut account.roles);
                swap(policies, &mut account.policies);
            }
            Self::Secrets(secrets) => swap(secrets, &mut account.secrets),
            Self::Tables(tables) => swap(tables, &mut account.tables),
            Self::Associations(clusters) => {
                for (key, associations) in clusters {
                    if let Some(cluster) = account.clusters.get_mut(key) {
                        swap(associations, &mut cluster.associations);
                    }
                }
            }
        }
    }
}

/// Returns the service whose replica serves the call. STS reads roles from IAM's replica.
fn replica_service(service: &str, operation: &str) -> Option<&'static str> {
    if call_log::is_write_operation(service, operation) {
        return None;
    }
    match service {
        "iam" | "sts" => Some("iam"),
        "secretsmanager" => Some("secretsmanager"),
        "eks" => Some("eks"),
        "dynamodb" => Some("dynamodb"),
        _ => None,
    }
}

impl Store {
    /// Makes readers of a service see the present state until `until`. Ignored for services without
    /// replicas.
    pub(crate) fn delay_reads(&mut self, service: &str, until: i64) {
        let Some(service) = replica_service(service, "Get") else { return };
        let snapshot_of = |(account_key, account): (&AccountKey, &StoredAccount)| {
            Some((account_key.clone(), LaggingData::snapshot(service, account)?))
        };
        let previous = self.accounts.iter().filter_map(snapshot_of).collect();
        self.lags.insert(service, ReplicaLag { until, previous });
    }

    /// Serves a read call from the replica, and other calls from the current state, as well as reads
    /// that ask to be consistent.
    pub(super) fn with_replica<R>(
        &mut self,
        service: &str,
        operation: &str,
        is_consistent: bool,
        serve: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let now = self.now();
        self.lags.retain(|_, lag| lag.until > now);
        let lag = replica_service(service, operation)
            .filter(|_| !is_consistent)
            .and_then(|service| self.lags.remove_entry(service));
        let Some((replica, mut lag)) = lag else { return serve(self) };
        self.swap_all(&mut lag);
        let response = serve(self);
        self.swap_all(&mut lag);
        self.lags.insert(replica, lag);
        response
    }

    fn swap_all(&mut self, lag: &mut ReplicaLag) {
        for (account_key, data) in &mut lag.previous {
            if let Some(account) = self.accounts.get_mut(account_key) {
                data.swap_with(account);
            }
        }
    }
}
