//! What EKS holds of a cluster, and what its Kubernetes API does.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A cluster.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    pub(crate) name: String,
    pub(crate) created: i64,
    pub(crate) status: String,
    pub(crate) version: String,
    pub(crate) platform: String,
    /// URL of its Kubernetes API.
    pub(crate) endpoint: String,
    /// The authority of that API: PEM.
    pub(crate) authority: String,
    /// Nobody from outside its VPC reaches its API.
    pub(crate) private: bool,
    /// EKS manages the nodes, and brings the agent.
    pub(crate) auto_mode: bool,
    /// Who provides a cluster that is only registered with EKS.
    pub(crate) connected: Option<String>,
    pub(crate) nodegroups: BTreeMap<String, Nodegroup>,
    pub(crate) fargate: BTreeSet<String>,
    pub(crate) addons: BTreeMap<String, Addon>,
    /// By id.
    pub(crate) associations: BTreeMap<String, Association>,
    /// Access entries: ARN of a role or user, and what Kubernetes lets it do.
    pub(crate) access: BTreeMap<String, Access>,
    /// By the path that the Kubernetes API gives it.
    pub(crate) objects: BTreeMap<String, Value>,
    /// Counts every change of an object.
    pub(crate) revision: u64,
}

/// A managed node group.
#[derive(Debug, Clone)]
pub(crate) struct Nodegroup {
    pub(crate) status: String,
    /// ARN.
    pub(crate) node_role: String,
}

/// An add-on.
#[derive(Debug, Clone)]
pub(crate) struct Addon {
    pub(crate) status: String,
    pub(crate) version: String,
    /// Code and message of each issue.
    pub(crate) issues: Vec<(String, String)>,
}

/// A Pod Identity association.
#[derive(Debug, Clone)]
pub(crate) struct Association {
    pub(crate) id: String,
    pub(crate) namespace: String,
    pub(crate) service_account: String,
    pub(crate) role: String,
    pub(crate) target: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) disable_session_tags: bool,
    /// ARN of the add-on that owns it.
    pub(crate) owner: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) created: i64,
    pub(crate) modified: i64,
    /// Of the call that made it.
    pub(crate) token: Option<String>,
    /// How many more looks see what was there before.
    pub(crate) stale: u32,
    /// That; nothing where it is new.
    pub(crate) before: Option<Box<Association>>,
}

impl Association {
    /// What the next reader sees.
    pub(crate) fn look(&mut self) -> Option<Association> {
        if self.stale == 0 {
            return Some(Association { before: None, ..self.clone() });
        }
        self.stale -= 1;
        self.before.as_deref().cloned()
    }
}

/// What Kubernetes lets somebody do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Access(pub(crate) BTreeSet<Rule>);

/// One thing that RBAC allows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rule {
    /// `get`, `list`, `create`.
    pub(crate) verb: &'static str,
    /// `pods`, `configmaps`.
    pub(crate) resource: &'static str,
    /// Nothing stands for the whole cluster.
    pub(crate) namespace: Option<&'static str>,
}

impl Access {
    /// Whether this may be done; in no namespace stands for in all of them.
    pub(crate) fn allows(&self, verb: &str, resource: &str, namespace: Option<&str>) -> bool {
        self.0.iter().any(|rule| {
            rule.verb == verb
                && rule.resource == resource
                && (rule.namespace.is_none() || rule.namespace == namespace)
        })
    }
}
