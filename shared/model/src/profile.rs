use std::{fmt, str::FromStr};

/// A permission profile: the set of Palette's IAM policies that an account is checked against. It
/// is the core policies, with or without the policy for EKS, or one of the minimum policies.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum PermissionProfile {
    /// The four core policies, which allow every feature of clusters on EC2.
    Core,
    /// The four core policies and the policy for EKS clusters.
    #[default]
    CoreEks,
    /// The minimum policy for EKS clusters in a VPC that Palette creates.
    MinimumEksDynamic,
    /// The minimum policy for EKS clusters in a VPC that exists already.
    MinimumEksStatic,
    /// The minimum policy for clusters on EC2 in a VPC that Palette creates.
    MinimumIaasDynamic,
    /// The minimum policy for clusters on EC2 in a VPC that exists already.
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

    /// Returns the id of the profile, as requests and reports contain it.
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

    /// Returns `true` if the permissions of this profile allow Palette to create EKS clusters.
    pub const fn supports_eks(self) -> bool {
        matches!(self, Self::CoreEks | Self::MinimumEksDynamic | Self::MinimumEksStatic)
    }

    /// Returns `true` if the permissions of this profile allow Palette to create clusters on EC2.
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

/// The error for a text that is not the id of a profile. Its message is the violated rule.
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
