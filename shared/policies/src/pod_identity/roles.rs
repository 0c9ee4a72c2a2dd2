//! The roles for one account and for two accounts, in the order of their creation.

use gangway_model::{AccountId, RoleArn};
use serde_json::Value;

use super::{
    EksSessions,
    document::{PodIdentityPolicy, TrustPolicyDocument},
};

/// The roles of Palette's pods, and the target roles that these assume.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PodIdentityRoles {
    /// Palette manages the account of its own cluster.
    SameAccount { palette: RoleArn, hubble: RoleArn, identity: RoleArn },
    /// Palette manages another account than that of its cluster.
    CrossAccount {
        /// Palette's role in the target account.
        palette_target: RoleArn,
        /// Hubble's role in the target account.
        hubble_target: RoleArn,
        /// Hubble's role in the cluster's account.
        hubble_local: RoleArn,
        /// The identity service's role in the cluster's account.
        identity_local: RoleArn,
    },
}

/// The purpose of a role.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RolePurpose {
    Palette,
    Hubble,
    Identity,
    /// The identity service's role in the cluster's account.
    IdentityLocal,
    /// Hubble's role in the cluster's account.
    HubbleLocal,
    /// Palette's role in the target account.
    PaletteTarget,
    /// Hubble's role in the target account.
    HubbleTarget,
}

impl RolePurpose {
    /// Returns the name in responses.
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
    /// Returns the role that is registered in Palette.
    pub const fn palette(&self) -> &RoleArn {
        match self {
            Self::SameAccount { palette, .. } => palette,
            Self::CrossAccount { palette_target, .. } => palette_target,
        }
    }

    /// Returns the role that is associated with Hubble's service account.
    pub const fn hubble(&self) -> &RoleArn {
        match self {
            Self::SameAccount { hubble, .. } => hubble,
            Self::CrossAccount { hubble_local, .. } => hubble_local,
        }
    }

    /// Returns the role that is associated with the identity service's service account.
    pub const fn identity(&self) -> &RoleArn {
        match self {
            Self::SameAccount { identity, .. } => identity,
            Self::CrossAccount { identity_local, .. } => identity_local,
        }
    }

    /// Returns the target role of Hubble's association.
    pub const fn hubble_target(&self) -> Option<&RoleArn> {
        match self {
            Self::SameAccount { .. } => None,
            Self::CrossAccount { hubble_target, .. } => Some(hubble_target),
        }
    }

    /// Returns the cluster's account. The associated roles must be in it.
    pub const fn cluster_account(&self) -> AccountId {
        self.hubble().account()
    }

    /// Returns every role in the order of creation. IAM rejects a trust policy that names a role
    /// which does not exist, so the roles of the cluster's account come first.
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
    pub fn trust(&self, part: RolePurpose, ids: &EksSessions) -> Value {
        part.trust().render(&[
            ("identityLocalRole", self.identity().as_str()),
            ("hubbleLocalRole", self.hubble().as_str()),
            ("externalIdPrefix", ids.prefix()),
            ("hubbleExternalId", ids.hubble()),
        ])
    }

    /// Returns the permission policy that a role needs. Palette's own role also needs the documents
    /// of its profile.
    pub fn permissions(&self, part: RolePurpose) -> Value {
        part.document().render(&[
            ("paletteRole", self.palette().as_str()),
            ("paletteTargetRole", self.palette().as_str()),
            ("identityLocalRole", self.identity().as_str()),
            ("hubbleTargetRole", self.hubble_target().unwrap_or(self.hubble()).as_str()),
        ])
    }
}
