//! Replicas that lag behind: for a while, readers of a service are shown what there was before.
use std::collections::BTreeMap;
use std::mem::swap;

use super::eks;
use super::secrets::Secret;
use super::store::{Account, Group, Home, Policy, Role, Store, User};
use crate::calls;

/// What readers of a service see, and until when.
#[derive(Debug)]
pub(super) struct Lag {
    until: i64,
    before: BTreeMap<Home, Shelf>,
}

/// What a service holds of one account.
#[derive(Debug)]
enum Shelf {
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

impl Shelf {
    fn of(service: &str, account: &Account) -> Option<Self> {
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
fn replica(service: &str, operation: &str) -> Option<&'static str> {
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
    pub(crate) fn lag(&mut self, service: &str, until: i64) {
        let Some(service) = replica(service, "Get") else { return };
        let kept =
            |(home, account): (&Home, &Account)| Some((home.clone(), Shelf::of(service, account)?));
        let before = self.accounts.iter().filter_map(kept).collect();
        self.lags.insert(service, Lag { until, before });
    }

    /// Serves a call where callers of its kind are sent to.
    pub(super) fn as_readers_see<R>(
        &mut self,
        service: &str,
        operation: &str,
        serve: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let now = self.now();
        self.lags.retain(|_, lag| lag.until > now);
        let lag = replica(service, operation).and_then(|service| self.lags.remove_entry(service));
        let Some((service, mut lag)) = lag else { return serve(self) };
        self.exchange(&mut lag);
        let served = serve(self);
        self.exchange(&mut lag);
        self.lags.insert(service, lag);
        served
    }

    fn exchange(&mut self, lag: &mut Lag) {
        for (home, shelf) in &mut lag.before {
            if let Some(account) = self.accounts.get_mut(home) {
                shelf.exchange(account);
            }
        }
    }
}
