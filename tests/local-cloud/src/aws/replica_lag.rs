//! Imitates eventual consistency: readers of a service see its old state for a while.
use std::collections::BTreeMap;
use std::mem::swap;

use super::dynamodb::StoredTable;
use super::eks;
use super::secrets_manager::StoredSecret;
use super::store::{
    AccountKey, Store, StoredAccount, StoredGroup, StoredPolicy, StoredRole, StoredUser,
};
use crate::call_log;

/// The old state of one service, which readers see until a given time.
#[derive(Debug)]
pub(super) struct ReplicaLag {
    /// In seconds since the Unix epoch.
    until: i64,
    old_data: BTreeMap<AccountKey, ServiceData>,
}

/// The data of one service in one account, as readers of an old state see it.
#[derive(Debug)]
enum ServiceData {
    /// Users, groups and roles by name, and managed policies by ARN.
    Iam {
        users: BTreeMap<String, StoredUser>,
        groups: BTreeMap<String, StoredGroup>,
        roles: BTreeMap<String, StoredRole>,
        policies: BTreeMap<String, StoredPolicy>,
    },
    /// Secrets by region and name.
    Secrets(BTreeMap<(String, String), StoredSecret>),
    /// Pod Identity associations of each cluster, by region and name of the cluster.
    Associations(BTreeMap<(String, String), BTreeMap<String, eks::Association>>),
    /// DynamoDB tables by region and name.
    Tables(BTreeMap<(String, String), StoredTable>),
}

impl ServiceData {
    /// Copies the data of a service in an account. Returns `None` if the service has no replica
    /// here.
    fn copy_from(service: &str, account: &StoredAccount) -> Option<Self> {
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
                    clusters.map(|(key, cluster)| (key.clone(), cluster.associations.clone()));
                Some(Self::Associations(associations.collect()))
            }
            "dynamodb" => Some(Self::Tables(account.tables.clone())),
            _ => None,
        }
    }

    /// Exchanges these data with the current data of the account. A second call restores both.
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

/// Returns the service whose replica serves a call, or `None` if the call needs the current state.
/// STS reads roles from IAM's replica.
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
    /// Makes readers of a service see its present state until `until`, in seconds since the Unix
    /// epoch, whatever is written in the meantime. Ignored for services without replicas.
    pub(crate) fn delay_reads(&mut self, service: &str, until: i64) {
        let Some(service) = replica_service(service, "Get") else { return };
        let copy = |(account_key, account): (&AccountKey, &StoredAccount)| {
            Some((account_key.clone(), ServiceData::copy_from(service, account)?))
        };
        let old_data = self.accounts.iter().filter_map(copy).collect();
        self.replica_lags.insert(service, ReplicaLag { until, old_data });
    }

    /// Serves a call. A read call gets the old state if the service has one, except if it asks for
    /// a consistent read. All other calls get the current state.
    pub(super) fn serve_from_replica<R>(
        &mut self,
        service: &str,
        operation: &str,
        is_consistent: bool,
        serve: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let now = self.now();
        self.replica_lags.retain(|_, lag| lag.until > now);
        let lag = replica_service(service, operation)
            .filter(|_| !is_consistent)
            .and_then(|service| self.replica_lags.remove_entry(service));
        let Some((service, mut lag)) = lag else { return serve(self) };
        self.swap_with_current(&mut lag);
        let response = serve(self);
        self.swap_with_current(&mut lag);
        self.replica_lags.insert(service, lag);
        response
    }

    /// Exchanges the old data of a service with the current data of all accounts.
    fn swap_with_current(&mut self, lag: &mut ReplicaLag) {
        for (account_key, data) in &mut lag.old_data {
            if let Some(account) = self.accounts.get_mut(account_key) {
                data.swap_with(account);
            }
        }
    }
}
