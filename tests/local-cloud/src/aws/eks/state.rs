//! State of a cluster: EKS resources and Kubernetes objects.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub(crate) struct StoredCluster {
    pub(crate) name: String,
    pub(crate) created: i64,
    pub(crate) status: String,
    pub(crate) version: String,
    pub(crate) platform: String,
    /// URL of its Kubernetes API.
    pub(crate) endpoint: String,
    /// PEM of the CA of that API.
    pub(crate) ca_pem: String,
    /// The API is reachable from inside the VPC only.
    pub(crate) private_endpoint: bool,
    /// EKS Auto Mode: EKS manages the nodes and installs the agent.
    pub(crate) auto_mode: bool,
    /// Provider of a cluster that is only connected to EKS.
    pub(crate) connector_provider: Option<String>,
    pub(crate) nodegroups: BTreeMap<String, Nodegroup>,
    pub(crate) fargate_profiles: BTreeSet<String>,
    pub(crate) addons: BTreeMap<String, Addon>,
    pub(crate) associations: BTreeMap<String, Association>,
    /// Access entries: ARN of the principal, and its Kubernetes permissions.
    pub(crate) access_entries: BTreeMap<String, AccessRules>,
    /// The objects by API path.
    pub(crate) objects: BTreeMap<String, Value>,
    /// Increases with every change of an object.
    pub(crate) revision: u64,
}

impl StoredCluster {
    /// Returns an add-on as the next reader sees it. A new one is active after a few reads, and the
    /// agent has its `DaemonSet` then.
    pub(crate) fn read_addon(&mut self, name: &str) -> Option<Addon> {
        let addon = self.addons.get_mut(name)?;
        if addon.creating_reads > 0 {
            addon.creating_reads -= 1;
            let creating = Addon { status: "CREATING".to_owned(), ..addon.clone() };
            if addon.creating_reads == 0 && name == "eks-pod-identity-agent" {
                let path = "/apis/apps/v1/namespaces/kube-system/daemonsets/eks-pod-identity-agent";
                self.put_object(Some("kube-system"), path.to_owned(), agent_daemon_set(3));
            }
            return Some(creating);
        }
        Some(addon.clone())
    }
}

/// Returns the `DaemonSet` of the agent on three nodes.
pub(crate) fn agent_daemon_set(ready: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "eks-pod-identity-agent"},
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}},
            "template": {"metadata": {"labels": {"app": "agent"}}},
        },
        "status": {
            "currentNumberScheduled": 3, "desiredNumberScheduled": 3,
            "numberMisscheduled": 0, "numberReady": ready,
        },
    })
}

#[derive(Debug, Clone)]
pub(crate) struct Nodegroup {
    pub(crate) status: String,
    /// ARN.
    pub(crate) node_role: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Addon {
    pub(crate) status: String,
    pub(crate) version: String,
    /// Code and message of each health issue.
    pub(crate) issues: Vec<(String, String)>,
    /// How many more reads find it `CREATING`.
    pub(crate) creating_reads: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct Association {
    pub(crate) id: String,
    pub(crate) namespace: String,
    pub(crate) service_account: String,
    pub(crate) role: String,
    pub(crate) target: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) disable_session_tags: bool,
    /// Session policy in JSON.
    pub(crate) policy: Option<String>,
    /// ARN of the add-on that owns it.
    pub(crate) owner: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) created: i64,
    pub(crate) modified: i64,
    /// `clientRequestToken` of the call that created it.
    pub(crate) token: Option<String>,
    /// How many more reads return the previous state.
    pub(crate) stale_reads: u32,
    /// The previous state; `None` for a new association.
    pub(crate) previous: Option<Box<Association>>,
}

impl Association {
    /// Returns what the next reader sees.
    pub(crate) fn visible_state(&mut self) -> Option<Association> {
        if self.stale_reads == 0 {
            return Some(Association { previous: None, ..self.clone() });
        }
        self.stale_reads -= 1;
        self.previous.as_deref().cloned()
    }
}

/// Kubernetes permissions of one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessRules(pub(crate) BTreeSet<RbacRule>);

/// One RBAC rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RbacRule {
    /// `get`, `list` or `create`.
    pub(crate) verb: &'static str,
    /// Such as `pods` or `configmaps`.
    pub(crate) resource: &'static str,
    /// `None` allows every namespace.
    pub(crate) namespace: Option<&'static str>,
}

impl AccessRules {
    /// Returns `true` if a rule allows this. `namespace` `None` means all namespaces.
    pub(crate) fn allows(&self, verb: &str, resource: &str, namespace: Option<&str>) -> bool {
        self.0.iter().any(|rule| {
            rule.verb == verb
                && rule.resource == resource
                && (rule.namespace.is_none() || rule.namespace == namespace)
        })
    }
}
