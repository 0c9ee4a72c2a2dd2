//! The Pod Identity roles, if Palette's cluster is in the account to register and if it is in
//! another account.

use gangway_model::{AccountId, RoleArn};
use serde_json::Value;

use super::{
    EksSessions,
    document::{PodIdentityPolicy, TrustPolicyDocument},
};

/// The roles of Palette's pods, and the target roles that EKS assumes for the pods after these
/// roles.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PodIdentityRoles {
    /// The roles if the account to register is the account of Palette's cluster.
    SameAccount { palette: RoleArn, hubble: RoleArn, identity: RoleArn },
    /// The roles if the account to register, the target account, is not the account of Palette's
    /// cluster.
    CrossAccount {
        /// Palette's role in the target account.
        palette_target: RoleArn,
        /// Hubble's role in the target account.
        hubble_target: RoleArn,
        /// Hubble's role in the account of the cluster.
        hubble_local: RoleArn,
        /// The identity service's role in the account of the cluster.
        identity_local: RoleArn,
    },
}

/// The purpose of a Pod Identity role. It determines the permission document and the trust policy
/// of the role.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RolePurpose {
    /// Palette's role, if there is no other account than that of the cluster.
    Palette,
    /// Hubble's role, if there is no other account than that of the cluster.
    Hubble,
    /// The identity service's role, if there is no other account than that of the cluster.
    Identity,
    /// The identity service's role in the account of the cluster, if there is a target account.
    IdentityLocal,
    /// Hubble's role in the account of the cluster, if there is a target account.
    HubbleLocal,
    /// Palette's role in the target account.
    PaletteTarget,
    /// Hubble's role in the target account.
    HubbleTarget,
}

impl RolePurpose {
    /// Returns the id of the purpose, as responses contain it.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Palette => "palette",
            Self::Hubble => "hubble",
            Self::Identity => "identity",
            Self::IdentityLocal => "identity-local",
            Self::HubbleLocal => "hubble-local",
            Self::PaletteTarget => "palette-target",
            Self::HubbleTarget => "hubble-target",
        }
    }

    /// Returns the permission document of the role.
    pub const fn document(self) -> PodIdentityPolicy {
        match self {
            Self::Palette | Self::PaletteTarget => PodIdentityPolicy::Supplement,
            Self::Hubble | Self::HubbleTarget => PodIdentityPolicy::Hubble,
            Self::Identity => PodIdentityPolicy::Identity,
            Self::IdentityLocal => PodIdentityPolicy::IdentityLocal,
            Self::HubbleLocal => PodIdentityPolicy::HubbleLocal,
        }
    }

    const fn trust_policy_document(self) -> TrustPolicyDocument {
        match self {
            Self::PaletteTarget => TrustPolicyDocument::PaletteTarget,
            Self::HubbleTarget => TrustPolicyDocument::HubbleTarget,
            Self::Palette
            | Self::Hubble
            | Self::Identity
            | Self::IdentityLocal
            | Self::HubbleLocal => TrustPolicyDocument::Pods,
        }
    }
}

impl PodIdentityRoles {
    /// Returns the role whose ARN Gangway registers in Palette.
    pub const fn palette(&self) -> &RoleArn {
        match self {
            Self::SameAccount { palette, .. } => palette,
            Self::CrossAccount { palette_target, .. } => palette_target,
        }
    }

    /// Returns the role that the Pod Identity association gives to Hubble's service account.
    pub const fn hubble(&self) -> &RoleArn {
        match self {
            Self::SameAccount { hubble, .. } => hubble,
            Self::CrossAccount { hubble_local, .. } => hubble_local,
        }
    }

    /// Returns the role that the Pod Identity association gives to the identity service's service
    /// account.
    pub const fn identity(&self) -> &RoleArn {
        match self {
            Self::SameAccount { identity, .. } => identity,
            Self::CrossAccount { identity_local, .. } => identity_local,
        }
    }

    /// Returns the target role of the Pod Identity association of Hubble's service account, or
    /// `None` if there is no target account.
    pub const fn hubble_target(&self) -> Option<&RoleArn> {
        match self {
            Self::SameAccount { .. } => None,
            Self::CrossAccount { hubble_target, .. } => Some(hubble_target),
        }
    }

    /// Returns the AWS account of the cluster, which is the account of the role that
    /// [`Self::hubble`] returns.
    pub const fn cluster_account(&self) -> AccountId {
        self.hubble().account()
    }

    /// Returns every role in the order in which the roles must be created. IAM refuses a trust
    /// policy that names a role which does not exist, so the roles in the account of the cluster
    /// come first.
    pub fn in_creation_order(&self) -> Vec<(RolePurpose, &RoleArn)> {
        match self {
            Self::SameAccount { palette, hubble, identity } => {
                vec![
                    (RolePurpose::Palette, palette),
                    (RolePurpose::Hubble, hubble),
                    (RolePurpose::Identity, identity),
                ]
            }
            Self::CrossAccount { palette_target, hubble_target, hubble_local, identity_local } => {
                vec![
                    (RolePurpose::IdentityLocal, identity_local),
                    (RolePurpose::HubbleLocal, hubble_local),
                    (RolePurpose::PaletteTarget, palette_target),
                    (RolePurpose::HubbleTarget, hubble_target),
                ]
            }
        }
    }

    /// Returns the trust policy that a role needs.
    pub fn trust(&self, purpose: RolePurpose, ids: &EksSessions) -> Value {
        purpose.trust_policy_document().render(&[
            ("identityLocalRole", self.identity().as_str()),
            ("hubbleLocalRole", self.hubble().as_str()),
            ("externalIdPrefix", ids.external_id_prefix()),
            ("hubbleExternalId", ids.hubble_external_id()),
        ])
    }

    /// Returns the permission policy that a role needs. Palette's own role also needs the documents
    /// of the permission profile.
    pub fn permissions(&self, purpose: RolePurpose) -> Value {
        purpose.document().render(&[
            ("paletteRole", self.palette().as_str()),
            ("paletteTargetRole", self.palette().as_str()),
            ("identityLocalRole", self.identity().as_str()),
            ("hubbleTargetRole", self.hubble_target().unwrap_or(self.hubble()).as_str()),
        ])
    }
}
