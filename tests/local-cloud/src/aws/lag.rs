//! Replicas that lag behind: for a while, readers of a service are shown what there was before.
use std::collections::BTreeMap;
use std::mem::swap;

use super::eks;
use super::secrets::Secret;
use super::store::{Account, AccountKey, Group, Policy, Role, Store, User};
use crate::calls;

/// What readers of a service see, and until when.
#[derive(Debug)]
pub(super) struct ReplicaLag {
    until: i64,
    before: BTreeMap<AccountKey, LaggingData>,
}

/// What a service holds of one account.
#[derive(Debug)]
enum LaggingData {
    Iam {
        users: BTreeMap<String, User>,
        groups: BTreeMap<String, Group>,
        roles: BTreeMap<String, Role>,
        policies: BTreeMap<String, Policy>,
    },
    Secrets(BTreeMap<(String, String), Secret>),
    /// By cluster.
    Associations(BTreeMap<(String, String), BTreeMap<String, eks::Association>>),
}

impl LaggingData {
    fn copy_of(service: &str, account: &Account) -> Option<Self> {
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
            _ => None,
        }
    }

    /// Takes the place of what there is; a second time puts everything back.
    fn exchange(&mut self, account: &mut Account) {
        match self {
            Self::Iam { users, groups, roles, policies } => {
                swap(users, &mut account.users);
                swap(groups, &mut account.groups);
                swap(roles, &mut account.roles);
                swap(policies, &mut account.policies);
            }
            Self::Secrets(secrets) => swap(secrets, &mut account.secrets),
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

/// Whose replica a call is answered by. STS looks roles up where IAM's readers do.
fn replica_of(service: &str, operation: &str) -> Option<&'static str> {
    if calls::changes(service, operation) {
        return None;
    }
    match service {
        "iam" | "sts" => Some("iam"),
        "secretsmanager" => Some("secretsmanager"),
        "eks" => Some("eks"),
        _ => None,
    }
}

impl Store {
    /// Until then, readers of a service are shown what there is now. Services that are not known to lag do not.
    pub(crate) fn delay_reads(&mut self, service: &str, until: i64) {
        let Some(service) = replica_of(service, "Get") else { return };
        let shown = |(home, account): (&AccountKey, &Account)| {
            Some((home.clone(), LaggingData::copy_of(service, account)?))
        };
        let before = self.accounts.iter().filter_map(shown).collect();
        self.lags.insert(service, ReplicaLag { until, before });
    }

    /// Serves a call where callers of its kind are sent to.
    pub(super) fn with_replica<R>(
        &mut self,
        service: &str,
        operation: &str,
        serve: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let now = self.now();
        self.lags.retain(|_, lag| lag.until > now);
        let lag =
            replica_of(service, operation).and_then(|service| self.lags.remove_entry(service));
        let Some((replica, mut lag)) = lag else { return serve(self) };
        self.exchange(&mut lag);
        let answer = serve(self);
        self.exchange(&mut lag);
        self.lags.insert(replica, lag);
        answer
    }

    fn exchange(&mut self, lag: &mut ReplicaLag) {
        for (home, shelf) in &mut lag.before {
            if let Some(account) = self.accounts.get_mut(home) {
                shelf.exchange(account);
            }
        }
    }
}
