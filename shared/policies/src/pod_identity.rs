//! EKS Pod Identity: the roles of Palette's pods, the policy documents of these roles, and the
//! Kubernetes service accounts that are associated with the roles.

mod document;
mod permission_query;
mod roles;
pub mod trust;

use std::fmt;

use gangway_model::AccountId;
use serde_json::Value;

use crate::statement::statements;

pub use document::{NodePolicy, PodIdentityPolicy};
pub use permission_query::{NODE_AGENT, PermissionQuery};
pub use roles::{PodIdentityRoles, RolePurpose};

/// A Kubernetes service account of Palette that a Pod Identity association gives a role to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ServiceAccount {
    pub namespace: &'static str,
    pub name: &'static str,
}

/// The service account of the pods of Hubble, the service of Palette that validates accounts.
pub const HUBBLE_SERVICE_ACCOUNT: ServiceAccount =
    ServiceAccount { namespace: "hubble-system", name: "spectro-hubble" };

/// The service account of the pods of the identity service, which creates the Pod Identity
/// associations of Palette's role for each workload cluster.
pub const IDENTITY_SERVICE_ACCOUNT: ServiceAccount =
    ServiceAccount { namespace: "palette-identity", name: "palette-identity" };

/// The service account of the pods that read pack registries. It has a Pod Identity association
/// only if a registry is in Amazon ECR and Palette reads the registry through Pod Identity.
pub const REGISTRY_SERVICE_ACCOUNT: ServiceAccount =
    ServiceAccount { namespace: "hubble-system", name: "spectro-specman" };

/// The name of the service account that Palette uses for each workload cluster. It is in the
/// cluster's own namespace. The identity service associates it with Palette's role.
pub const MANAGER_SERVICE_ACCOUNT_NAME: &str = "palette-manager";

impl fmt::Display for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// Returns the actions of `actions` that no Allow statement of a session policy (decoded JSON)
/// contains. Ignores the resources and conditions of the statements.
pub fn actions_not_covered(session_policy: &Value, actions: &[String]) -> Vec<String> {
    let statements = statements(session_policy);
    let is_covered = |action: &&String| {
        statements.iter().any(|statement| statement.allows() && statement.covers_action(action))
    };
    actions.iter().filter(|action| !is_covered(action)).cloned().collect()
}

/// The name, region and AWS account of the EKS cluster that Palette runs on.
#[derive(Clone, Copy, Debug)]
pub struct Cluster<'a> {
    pub name: &'a str,
    pub region: &'a str,
    pub account: AccountId,
}

/// The external ids with which EKS assumes roles for the cluster's pods, and the service accounts
/// for which EKS adds no session tags.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EksSessions {
    /// The first part of an external id: `<region>/<account>/<cluster>`.
    prefix: String,
    /// The external id for Hubble's service account.
    hubble: String,
    /// The service accounts in whose associations session tags are disabled.
    untagged: Vec<ServiceAccount>,
}

impl EksSessions {
    /// Returns the external ids that EKS uses for the pods of a cluster. Their format is
    /// `<region>/<account>/<cluster>/<namespace>/<service account>`. All sessions have tags.
    pub fn expected(cluster: Cluster<'_>) -> Self {
        let Cluster { name, region, account } = cluster;
        let prefix = format!("{region}/{account}/{name}");
        let hubble = format!("{prefix}/{HUBBLE_SERVICE_ACCOUNT}");
        Self { prefix, hubble, untagged: Vec::new() }
    }

    /// Replaces the expected external ids with the external ids of the associations of Hubble and
    /// of the identity service, as EKS returned them. `None` keeps the expected external id.
    #[must_use]
    pub fn with_issued(mut self, hubble: Option<&str>, identity: Option<&str>) -> Self {
        if let Some(hubble) = hubble {
            hubble.clone_into(&mut self.hubble);
        }
        let issued_prefix =
            identity.and_then(|id| id.strip_suffix(&format!("/{IDENTITY_SERVICE_ACCOUNT}")));
        if let Some(prefix) = issued_prefix {
            prefix.clone_into(&mut self.prefix);
        }
        self
    }

    /// Records that the role sessions for a service account have no session tags.
    #[must_use]
    pub fn without_tags(mut self, account: ServiceAccount) -> Self {
        self.untagged.push(account);
        self
    }

    /// Returns `true` if the role sessions for a service account have session tags.
    pub(crate) fn has_tags(&self, account: ServiceAccount) -> bool {
        !self.untagged.contains(&account)
    }

    /// Returns the external id for Hubble's service account.
    pub fn hubble_external_id(&self) -> &str {
        &self.hubble
    }

    /// Returns the external id for the identity service's service account.
    pub fn identity_external_id(&self) -> String {
        format!("{}/{IDENTITY_SERVICE_ACCOUNT}", self.prefix)
    }

    /// Returns the external id for the service account [`MANAGER_SERVICE_ACCOUNT_NAME`] in the
    /// namespace of a workload cluster.
    pub fn manager_external_id(&self, namespace: &str) -> String {
        format!("{}/{namespace}/{MANAGER_SERVICE_ACCOUNT_NAME}", self.prefix)
    }

    /// Returns the part of the external ids before the namespace: `<region>/<account>/<cluster>`.
    pub fn external_id_prefix(&self) -> &str {
        &self.prefix
    }
}
