//! EKS Pod Identity: the roles of one cluster of Palette's, with their documents, and the service accounts that get them.

mod document;
mod grant;
mod roles;
pub mod trust;

use std::fmt;

use gangway_model::AccountId;

pub use document::{NodePolicy, PodIdentityPolicy};
pub use grant::{NODE_AGENT, PermissionQuery};
pub use roles::{PodIdentityRoles, RolePurpose};

/// A service account of Palette's that EKS gives a role to (P20, P21).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ServiceAccount {
    /// Its Kubernetes namespace.
    pub namespace: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// The service that validates accounts.
pub const HUBBLE_SERVICE_ACCOUNT: ServiceAccount =
    ServiceAccount { namespace: "hubble-system", name: "spectro-hubble" };

/// The service that hands Palette's role to the pods of each workload cluster.
pub const IDENTITY_SERVICE_ACCOUNT: ServiceAccount =
    ServiceAccount { namespace: "palette-identity", name: "palette-identity" };

/// The service that reads pack registries; associated only where one is in ECR and uses Pod Identity (P28).
pub const REGISTRY_SERVICE_ACCOUNT: ServiceAccount =
    ServiceAccount { namespace: "hubble-system", name: "spectro-specman" };

/// The service account that Palette associates with its own role by itself, in a namespace for each workload cluster.
pub const MANAGER_SERVICE_ACCOUNT: &str = "palette-manager";

impl fmt::Display for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// The cluster that Palette runs on.
#[derive(Clone, Copy, Debug)]
pub struct Cluster<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its region.
    pub region: &'a str,
    /// The account that it is in.
    pub account: AccountId,
}

/// What EKS presents when it has one of the cluster's roles assume a target role (P17, P23).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExternalIds {
    prefix: String,
    hubble: String,
}

impl ExternalIds {
    /// As EKS composes them: `<region>/<account>/<cluster>/<namespace>/<service account>`.
    pub fn expected(cluster: Cluster<'_>) -> Self {
        let Cluster { name, region, account } = cluster;
        let prefix = format!("{region}/{account}/{name}");
        Self { hubble: format!("{prefix}/{HUBBLE_SERVICE_ACCOUNT}"), prefix }
    }

    /// The same, but for those that EKS tells: what it issued counts, not what we would compose.
    #[must_use]
    pub fn issued(mut self, hubble: Option<&str>, identity: Option<&str>) -> Self {
        if let Some(hubble) = hubble {
            hubble.clone_into(&mut self.hubble);
        }
        let own = identity.and_then(|id| id.strip_suffix(&format!("/{IDENTITY_SERVICE_ACCOUNT}")));
        if let Some(prefix) = own {
            prefix.clone_into(&mut self.prefix);
        }
        self
    }

    /// Hubble's.
    pub fn hubble(&self) -> &str {
        &self.hubble
    }

    /// The identity service's own.
    pub fn identity(&self) -> String {
        format!("{}/{IDENTITY_SERVICE_ACCOUNT}", self.prefix)
    }

    /// That of the service account which Palette makes in a namespace for a workload cluster.
    pub fn manager(&self, namespace: &str) -> String {
        format!("{}/{namespace}/{MANAGER_SERVICE_ACCOUNT}", self.prefix)
    }

    /// The part before the namespace.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}
