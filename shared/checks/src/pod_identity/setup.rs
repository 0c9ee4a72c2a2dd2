//! The Pod Identity setup that is to be checked.

use gangway_model::{EksCluster, PaletteCluster, PolicyArn, RoleArn};
use gangway_policies::pod_identity::{self, EksSessions, PodIdentityRoles};

use crate::RequiredPermissions;

/// A Pod Identity setup: the cluster that Palette runs on, the roles of its pods, and what
/// Palette's role must be allowed.
#[derive(Clone, Copy, Debug)]
pub struct PodIdentitySetup<'a> {
    pub cluster: &'a EksCluster,
    pub roles: &'a PodIdentityRoles,
    /// Permissions boundary of the roles that Palette creates.
    pub boundary: Option<&'a PolicyArn>,
    pub required: RequiredPermissions<'a>,
}

impl PodIdentitySetup<'_> {
    /// Returns the cluster as the policy documents name it.
    pub fn policy_cluster(&self) -> pod_identity::Cluster<'_> {
        policy_cluster(self.cluster)
    }

    /// Returns how EKS is expected to assume roles for pods.
    pub(super) fn expected_sessions(&self) -> EksSessions {
        EksSessions::expected(self.policy_cluster())
    }
}

/// Returns a cluster as the policy documents name it.
pub fn policy_cluster(cluster: &EksCluster) -> pod_identity::Cluster<'_> {
    pod_identity::Cluster {
        name: cluster.name.as_str(),
        region: cluster.region.as_str(),
        account: cluster.account,
    }
}

/// Returns what a registration stores about the cluster and the roles of its pods.
pub fn to_palette_cluster(cluster: &EksCluster, roles: &PodIdentityRoles) -> PaletteCluster {
    PaletteCluster {
        cluster: cluster.clone(),
        hubble_role: roles.hubble().clone(),
        identity_role: roles.identity().clone(),
        hubble_target_role: roles.hubble_target().cloned(),
    }
}

/// Returns the roles of a registered account: Palette's role, and those stored as annotations.
pub fn from_palette_cluster(
    palette_role: &RoleArn,
    palette_cluster: &PaletteCluster,
) -> PodIdentityRoles {
    let PaletteCluster { hubble_role, identity_role, hubble_target_role, .. } = palette_cluster;
    match hubble_target_role {
        None => PodIdentityRoles::SameAccount {
            palette: palette_role.clone(),
            hubble: hubble_role.clone(),
            identity: identity_role.clone(),
        },
        Some(hubble_target) => PodIdentityRoles::CrossAccount {
            palette_target: palette_role.clone(),
            hubble_target: hubble_target.clone(),
            hubble_local: hubble_role.clone(),
            identity_local: identity_role.clone(),
        },
    }
}
