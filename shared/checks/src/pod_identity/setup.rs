use gangway_model::{EksCluster, PaletteCluster, PolicyArn, RoleArn};
use gangway_policies::pod_identity::{self, EksSessions, PodIdentityRoles};

use crate::RequiredPermissions;

/// The Pod Identity setup to check: the cluster that Palette runs on, the roles of Palette's pods,
/// and the permissions that Palette's role needs.
#[derive(Clone, Copy, Debug)]
pub struct PodIdentitySetup<'a> {
    pub cluster: &'a EksCluster,
    pub roles: &'a PodIdentityRoles,
    /// The permissions boundary of the roles that Palette creates.
    pub boundary: Option<&'a PolicyArn>,
    pub required: RequiredPermissions<'a>,
}

impl PodIdentitySetup<'_> {
    /// Converts the cluster into the type that `gangway_policies` uses.
    pub fn policy_cluster(&self) -> pod_identity::Cluster<'_> {
        policy_cluster(self.cluster)
    }

    /// Returns the session tags and external ids with which EKS is expected to assume roles for
    /// pods.
    pub(super) fn expected_sessions(&self) -> EksSessions {
        EksSessions::expected(self.policy_cluster())
    }
}

/// Converts the cluster into the type that `gangway_policies` uses.
pub fn policy_cluster(cluster: &EksCluster) -> pod_identity::Cluster<'_> {
    pod_identity::Cluster {
        name: cluster.name.as_str(),
        region: cluster.region.as_str(),
        account: cluster.account,
    }
}

/// Returns the cluster and the roles of its pods, as a registration stores them in annotations of
/// the account.
pub fn to_palette_cluster(cluster: &EksCluster, roles: &PodIdentityRoles) -> PaletteCluster {
    PaletteCluster {
        cluster: cluster.clone(),
        hubble_role: roles.hubble().clone(),
        identity_role: roles.identity().clone(),
        hubble_target_role: roles.hubble_target().cloned(),
    }
}

/// Returns the roles of a registered account: Palette's role, and the roles that are stored in
/// annotations of the account.
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
