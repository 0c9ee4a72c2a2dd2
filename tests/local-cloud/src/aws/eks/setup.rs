//! Fixtures of EKS: creates, changes and inspects clusters.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::state::{self, Association};
use crate::aws::{Account, Aws};

/// A handle to a cluster. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cluster {
    account: Account,
    key: (String, String),
}

/// Settings of a new cluster.
#[derive(Debug, Clone)]
pub struct NewCluster<'a> {
    pub name: &'a str,
    pub region: &'a str,
    /// For example `1.33`.
    pub version: &'a str,
    /// URL of its Kubernetes API.
    pub endpoint: &'a str,
    /// PEM of the CA of that API.
    pub ca_pem: &'a str,
}

/// An association, read without permission checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssociationSnapshot {
    /// `a-…`
    pub id: String,
    /// ARN of the role.
    pub role: String,
    /// ARN of the target role.
    pub target: Option<String>,
    /// The external id that EKS issued.
    pub external_id: Option<String>,
}

impl Aws {
    /// Creates or replaces a cluster. It is active and has neither nodes nor add-ons.
    pub fn create_cluster(&self, account: &Account, new: &NewCluster<'_>) -> Cluster {
        let mut store = self.store();
        let key = (new.region.to_owned(), new.name.to_owned());
        let founded = state::StoredCluster {
            name: new.name.to_owned(),
            created: store.now(),
            status: "ACTIVE".to_owned(),
            version: new.version.to_owned(),
            platform: "eks.20".to_owned(),
            endpoint: new.endpoint.to_owned(),
            ca_pem: new.ca_pem.to_owned(),
            private_endpoint: false,
            auto_mode: false,
            connector_provider: None,
            nodegroups: BTreeMap::new(),
            fargate_profiles: BTreeSet::new(),
            addons: BTreeMap::new(),
            associations: BTreeMap::new(),
            access_entries: BTreeMap::new(),
            objects: BTreeMap::new(),
            revision: 1,
        };
        store.account_mut(account.account_key()).clusters.insert(key.clone(), founded);
        Cluster { account: account.clone(), key }
    }
}

impl Cluster {
    pub fn name(&self) -> &str {
        &self.key.1
    }

    pub fn region(&self) -> &str {
        &self.key.0
    }

    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// Reads or changes the cluster's state.
    ///
    /// # Panics
    /// If the cluster was deleted.
    pub(crate) fn with_state<R>(&self, work: impl FnOnce(&mut state::StoredCluster) -> R) -> R {
        let mut store = self.account.aws().store();
        let found = store.account_mut(self.account.account_key()).clusters.get_mut(&self.key);
        work(found.expect("the cluster exists"))
    }

    /// Reads the state of a cluster that may have been removed.
    pub(crate) fn read_state<R>(
        &self,
        work: impl FnOnce(&state::StoredCluster) -> R,
    ) -> Result<R, String> {
        let store = self.account.aws().store();
        let found =
            store.account(self.account.account_key()).and_then(|all| all.clusters.get(&self.key));
        let (region, name) = &self.key;
        found.map(work).ok_or_else(|| format!("there is no cluster {name} in {region}"))
    }

    /// Removes the cluster from EKS.
    pub(crate) fn delete(&self) {
        self.account
            .aws()
            .store()
            .account_mut(self.account.account_key())
            .clusters
            .remove(&self.key);
    }

    /// Associates a service account with a role and replaces its association, without permission
    /// checks.
    pub fn associate(
        &self,
        (namespace, service_account): (&str, &str),
        role: &str,
        target: Option<&str>,
    ) -> String {
        self.dissociate((namespace, service_account));
        let (id, now) = {
            let mut store = self.account.aws().store();
            (store.generate_lower_case_id("a-", 17), store.now())
        };
        let (account, (region, cluster)) = (self.account.id(), &self.key);
        let external_id = format!("{region}/{account}/{cluster}/{namespace}/{service_account}");
        let association = Association {
            id: id.clone(),
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
            role: role.to_owned(),
            target: target.map(str::to_owned),
            external_id: target.is_some().then_some(external_id),
            disable_session_tags: false,
            policy: None,
            owner: None,
            tags: BTreeMap::new(),
            created: now,
            modified: now,
            token: None,
            stale_reads: 0,
            previous: None,
        };
        self.with_state(|cluster| cluster.associations.insert(id.clone(), association));
        id
    }

    /// Gives the association of a service account a session policy. EKS then disables session tags.
    pub fn set_session_policy(&self, service_account: (&str, &str), policy: Option<&Value>) {
        self.with_association(service_account, |association| {
            association.policy = policy.map(Value::to_string);
            association.disable_session_tags = policy.is_some();
        });
    }

    /// Disables or enables the session tags of the association of a service account.
    pub fn disable_session_tags(&self, service_account: (&str, &str), disabled: bool) {
        self.with_association(service_account, |association| {
            association.disable_session_tags = disabled;
        });
    }

    fn with_association(
        &self,
        (namespace, name): (&str, &str),
        change: impl FnOnce(&mut Association),
    ) {
        self.with_state(|cluster| {
            let mut all = cluster.associations.values_mut();
            all.find(|one| one.namespace == namespace && one.service_account == name).map(change)
        });
    }

    /// Makes an add-on the owner of an association. Only the add-on can then change it.
    ///
    /// # Panics
    /// If there is no such association.
    pub fn set_association_owner(&self, (namespace, service_account): (&str, &str), addon: &str) {
        let (account, (region, name)) = (&self.account, &self.key);
        let (partition, id) = (account.partition(), account.id());
        let owner = format!("arn:{partition}:eks:{region}:{id}:addon/{name}/{addon}/1");
        self.with_state(|cluster| {
            let mut all = cluster.associations.values_mut();
            let found = all.find(|one| {
                (one.namespace.as_str(), one.service_account.as_str())
                    == (namespace, service_account)
            });
            found.expect("an association").owner = Some(owner);
        });
    }

    /// Removes the association of a service account.
    pub fn dissociate(&self, (namespace, service_account): (&str, &str)) {
        self.with_state(|cluster| {
            cluster.associations.retain(|_, one| {
                (one.namespace.as_str(), one.service_account.as_str())
                    != (namespace, service_account)
            });
        });
    }

    /// Returns all associations by namespace and service account.
    pub fn associations(&self) -> Vec<((String, String), AssociationSnapshot)> {
        self.with_state(|cluster| {
            let pair = |one: &Association| {
                let visible = AssociationSnapshot {
                    id: one.id.clone(),
                    role: one.role.clone(),
                    target: one.target.clone(),
                    external_id: one.external_id.clone(),
                };
                ((one.namespace.clone(), one.service_account.clone()), visible)
            };
            cluster.associations.values().map(pair).collect()
        })
    }

    /// The association of a service account.
    pub fn association(
        &self,
        (namespace, service_account): (&str, &str),
    ) -> Option<AssociationSnapshot> {
        let mut all = self.associations().into_iter();
        let found =
            all.find(|((space, account), _)| space == namespace && account == service_account);
        found.map(|(_, visible)| visible)
    }

    /// Returns a Kubernetes object by its API path, such as
    /// `/api/v1/namespaces/kube-system/configmaps/palette-global-config`.
    pub fn object(&self, path: &str) -> Option<Value> {
        self.read_state(|cluster| cluster.objects.get(path).cloned()).ok().flatten()
    }
}
