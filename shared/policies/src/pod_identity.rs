//! EKS Pod Identity: the roles of Palette's cluster, their policy documents, and the service
//! accounts that they are associated with.

mod document;
mod grant;
mod roles;
pub mod trust;

use std::fmt;

use gangway_model::AccountId;
use serde_json::Value;

use crate::statement::statements;

pub use document::{NodePolicy, PodIdentityPolicy};
pub use grant::{NODE_AGENT, PermissionQuery};
pub use roles::{PodIdentityRoles, RolePurpose};

/// A Kubernetes service account of Palette that is associated with a role.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ServiceAccount {
    pub namespace: &'static str,
    pub name: &'static str,
}

/// The service account of Hubble, which validates accounts.
pub const HUBBLE_SERVICE_ACCOUNT: ServiceAccount =
    ServiceAccount { namespace: "hubble-system", name: "spectro-hubble" };

/// The service account of the identity service, which associates Palette's role with the pods of
/// each workload cluster.
pub const IDENTITY_SERVICE_ACCOUNT: ServiceAccount =
    ServiceAccount { namespace: "palette-identity", name: "palette-identity" };

/// The service account that reads pack registries. It is associated only if a registry is in ECR
/// and uses Pod Identity.
pub const REGISTRY_SERVICE_ACCOUNT: ServiceAccount =
    ServiceAccount { namespace: "hubble-system", name: "spectro-specman" };

/// Name of the service account in the namespace of each workload cluster. Palette creates the
/// association of this service account with Palette's role.
pub const MANAGER_SERVICE_ACCOUNT_NAME: &str = "palette-manager";

impl fmt::Display for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// Returns the actions that no statement of a session policy (decoded JSON) allows, whatever its
/// conditions and resources are.
pub fn actions_not_covered(session_policy: &Value, actions: &[String]) -> Vec<String> {
    let statements = statements(session_policy);
    let is_covered = |action: &&String| {
        statements.iter().any(|statement| statement.allows() && statement.covers_action(action))
    };
    actions.iter().filter(|action| !is_covered(action)).cloned().collect()
}

/// The EKS cluster that Palette runs on.
#[derive(Clone, Copy, Debug)]
pub struct Cluster<'a> {
    pub name: &'a str,
    pub region: &'a str,
    pub account: AccountId,
}

/// How EKS assumes roles for the cluster's pods: with which external ids, and with session tags or
/// without.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EksSessions {
    prefix: String,
    hubble: String,
    /// The service accounts whose associations have session tags disabled.
    untagged: Vec<ServiceAccount>,
}

impl EksSessions {
    /// Returns the external ids in the format of EKS:
    /// `<region>/<account>/<cluster>/<namespace>/<service account>`.
    pub fn expected(cluster: Cluster<'_>) -> Self {
        let Cluster { name, region, account } = cluster;
        let prefix = format!("{region}/{account}/{name}");
        let hubble = format!("{prefix}/{HUBBLE_SERVICE_ACCOUNT}");
        Self { prefix, hubble, untagged: Vec::new() }
    }

    /// Replaces the expected external ids with those that EKS returned.
    #[must_use]
    pub fn with_issued(mut self, hubble: Option<&str>, identity: Option<&str>) -> Self {
        if let Some(hubble) = hubble {
            hubble.clone_into(&mut self.hubble);
        }
        let own = identity.and_then(|id| id.strip_suffix(&format!("/{IDENTITY_SERVICE_ACCOUNT}")));
        if let Some(prefix) = own {
            prefix.clone_into(&mut self.prefix);
        }
        self
    }

    /// Says that the sessions for a service account have no tags.
    #[must_use]
    pub fn without_tags(mut self, account: ServiceAccount) -> Self {
        self.untagged.push(account);
        self
    }

    pub(crate) fn has_tags(&self, account: ServiceAccount) -> bool {
        !self.untagged.contains(&account)
    }

    /// Returns Hubble's external id.
    pub fn hubble(&self) -> &str {
        &self.hubble
    }

    /// Returns the identity service's external id.
    pub fn identity(&self) -> String {
        format!("{}/{IDENTITY_SERVICE_ACCOUNT}", self.prefix)
    }

    /// Returns the external id of the service account in a workload cluster's namespace.
    pub fn manager(&self, namespace: &str) -> String {
        format!("{}/{namespace}/{MANAGER_SERVICE_ACCOUNT_NAME}", self.prefix)
    }

    /// Returns the part before the namespace.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}
