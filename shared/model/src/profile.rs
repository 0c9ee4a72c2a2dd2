use std::{fmt, str::FromStr};

/// A set of IAM policies that Palette publishes: the core ones, with or without EKS, or one of the
/// minimum ones.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum PermissionProfile {
    /// The four core policies: every feature, clusters on EC2.
    Core,
    /// The core policies and the one for EKS.
    #[default]
    CoreEks,
    /// The minimum for EKS in a VPC that Palette creates.
    MinimumEksDynamic,
    /// The minimum for EKS in an existing VPC.
    MinimumEksStatic,
    /// The minimum for EC2 clusters in a VPC that Palette creates.
    MinimumIaasDynamic,
    /// The minimum for EC2 clusters in an existing VPC.
    MinimumIaasStatic,
}

impl PermissionProfile {
    pub const ALL: [Self; 6] = [
        Self::Core,
        Self::CoreEks,
        Self::MinimumEksDynamic,
        Self::MinimumEksStatic,
        Self::MinimumIaasDynamic,
        Self::MinimumIaasStatic,
    ];

    /// Returns the id that requests use.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::CoreEks => "core-eks",
            Self::MinimumEksDynamic => "minimum-eks-dynamic",
            Self::MinimumEksStatic => "minimum-eks-static",
            Self::MinimumIaasDynamic => "minimum-iaas-dynamic",
            Self::MinimumIaasStatic => "minimum-iaas-static",
        }
    }

    /// Returns `true` if Palette can create EKS clusters with it.
    pub const fn supports_eks(self) -> bool {
        matches!(self, Self::CoreEks | Self::MinimumEksDynamic | Self::MinimumEksStatic)
    }

    /// Returns `true` if Palette can create clusters on EC2 with it.
    pub const fn supports_iaas(self) -> bool {
        matches!(
            self,
            Self::Core | Self::CoreEks | Self::MinimumIaasDynamic | Self::MinimumIaasStatic
        )
    }
}

impl fmt::Display for PermissionProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The rule that a profile's id violates.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "must be one of core, core-eks, minimum-eks-dynamic, minimum-eks-static, minimum-iaas-dynamic, minimum-iaas-static"
)]
pub struct InvalidProfile;

impl FromStr for PermissionProfile {
    type Err = InvalidProfile;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|profile| profile.id() == text).ok_or(InvalidProfile)
    }
}
