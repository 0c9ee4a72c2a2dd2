//! The roles of both cases, in an order that works.

use gangway_model::{AccountId, RoleArn};
use serde_json::Value;

use super::{
    ExternalIds,
    document::{PodIdentityPolicy, TrustPolicyDocument},
};

/// The roles that Palette's pods get, and those that they go on to assume.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PodIdentityRoles {
    /// Palette works in the account of its own cluster.
    SameAccount {
        /// What Palette does in the account.
        palette: RoleArn,
        /// What Hubble validates with.
        hubble: RoleArn,
        /// What the identity service passes Palette's role on with.
        identity: RoleArn,
    },
    /// Palette works in another account than that of its cluster.
    CrossAccount {
        /// What Palette does in the target account.
        palette_target: RoleArn,
        /// What Hubble validates with in the target account.
        hubble_target: RoleArn,
        /// What Hubble has in the cluster's account.
        hubble_local: RoleArn,
        /// What the identity service has in the cluster's account.
        identity_local: RoleArn,
    },
}

/// What a role is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RolePurpose {
    /// Palette's own (P11, P12).
    Palette,
    /// Hubble's (P13).
    Hubble,
    /// The identity service's (P14).
    Identity,
    /// The identity service's in the cluster's account (P16).
    IdentityLocal,
    /// Hubble's in the cluster's account (P19).
    HubbleLocal,
    /// Palette's own in the target account (P17).
    PaletteTarget,
    /// Hubble's in the target account (P18).
    HubbleTarget,
}

impl RolePurpose {
    /// As answers spell it.
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

    /// Its permission document.
    pub const fn document(self) -> PodIdentityPolicy {
        match self {
            Self::Palette | Self::PaletteTarget => PodIdentityPolicy::Supplement,
            Self::Hubble | Self::HubbleTarget => PodIdentityPolicy::Hubble,
            Self::Identity => PodIdentityPolicy::Identity,
            Self::IdentityLocal => PodIdentityPolicy::IdentityLocal,
            Self::HubbleLocal => PodIdentityPolicy::HubbleLocal,
        }
    }

    const fn trust(self) -> TrustPolicyDocument {
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
    /// The role that Palette is told (P30).
    pub const fn palette(&self) -> &RoleArn {
        match self {
            Self::SameAccount { palette, .. } => palette,
            Self::CrossAccount { palette_target, .. } => palette_target,
        }
    }

    /// The role that is associated with Hubble's service account (P20).
    pub const fn hubble(&self) -> &RoleArn {
        match self {
            Self::SameAccount { hubble, .. } => hubble,
            Self::CrossAccount { hubble_local, .. } => hubble_local,
        }
    }

    /// The role that is associated with the identity service's service account (P21).
    pub const fn identity(&self) -> &RoleArn {
        match self {
            Self::SameAccount { identity, .. } => identity,
            Self::CrossAccount { identity_local, .. } => identity_local,
        }
    }

    /// The target role of Hubble's association (P22).
    pub const fn hubble_target(&self) -> Option<&RoleArn> {
        match self {
            Self::SameAccount { .. } => None,
            Self::CrossAccount { hubble_target, .. } => Some(hubble_target),
        }
    }

    /// The account of the cluster, in which EKS needs the roles that it gives to pods (P15).
    pub const fn cluster_account(&self) -> AccountId {
        self.hubble().account()
    }

    /// Every role, in the order in which they can be made: IAM refuses a trust that names a role which is not there yet, so
    /// those of the cluster's account come first (T8).
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

    /// The trust policy that a role is to have.
    pub fn trust(&self, part: RolePurpose, ids: &ExternalIds) -> Value {
        part.trust().render(&[
            ("identityLocalRole", self.identity().as_str()),
            ("hubbleLocalRole", self.hubble().as_str()),
            ("externalIdPrefix", ids.prefix()),
            ("hubbleExternalId", ids.hubble()),
        ])
    }

    /// The permission policy that a role is to have; Palette's own needs those of its profile besides.
    pub fn permissions(&self, part: RolePurpose) -> Value {
        part.document().render(&[
            ("paletteRole", self.palette().as_str()),
            ("paletteTargetRole", self.palette().as_str()),
            ("identityLocalRole", self.identity().as_str()),
            ("hubbleTargetRole", self.hubble_target().unwrap_or(self.hubble()).as_str()),
        ])
    }
}
