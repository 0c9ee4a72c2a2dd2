//! Tells which clusters Palette can create in a registered account.

use std::fmt;

use gangway_model::{AuthMethod, Partition, PermissionProfile};

/// The URL of Palette's documentation about clusters in AWS.
const GUIDES_URL: &str = "https://docs.spectrocloud.com/clusters/public-cloud/aws/";

/// A kind of cluster that Palette creates in an AWS account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClusterType {
    /// A cluster on EC2 instances.
    Iaas,
    /// A cluster on Amazon EKS.
    Eks,
    /// A cluster on Amazon EKS with nodes outside of AWS.
    EksHybridNodes,
}

impl fmt::Display for ClusterType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Iaas => "clusters on EC2 (IaaS)",
            Self::Eks => "EKS clusters",
            Self::EksHybridNodes => "EKS clusters with hybrid nodes",
        })
    }
}

/// Returns the kinds of clusters that Palette can create in an account with this partition, method
/// and permission profile.
pub fn cluster_types(
    partition: Partition,
    method: AuthMethod,
    profile: PermissionProfile,
) -> Vec<ClusterType> {
    let supports_all_types = match (partition, method) {
        (Partition::Aws | Partition::AwsUsGov, AuthMethod::StaticCredentials | AuthMethod::Sts) => {
            true
        }
        (Partition::Aws | Partition::AwsUsGov, AuthMethod::PodIdentity | AuthMethod::Scap)
        | (Partition::AwsIsoB | Partition::AwsIso, _) => false,
    };
    [
        (ClusterType::Iaas, supports_all_types && profile.supports_iaas()),
        (ClusterType::Eks, profile.supports_eks()),
        (ClusterType::EksHybridNodes, supports_all_types && profile.supports_eks()),
    ]
    .into_iter()
    .filter_map(|(clusters, is_possible)| is_possible.then_some(clusters))
    .collect()
}

/// Returns a notice for the report that names the kinds of clusters that Palette can create.
pub fn supported_clusters_notice(
    partition: Partition,
    method: AuthMethod,
    profile: PermissionProfile,
) -> String {
    let kinds: Vec<_> =
        cluster_types(partition, method, profile).iter().map(ToString::to_string).collect();
    if kinds.is_empty() {
        return format!(
            "With profile {profile}, Palette can create no cluster in {}.",
            partition.info().label
        );
    }
    format!(
        "Next step: with profile {profile}, Palette can create {} in this account{}: {GUIDES_URL}",
        kinds.join(", "),
        if partition == Partition::AwsUsGov { ", but no EKS Fargate profiles" } else { "" },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Acceptance rows: F93.
    #[test]
    fn cluster_types_follow_from_partition_method_and_profile() {
        use AuthMethod::{PodIdentity, Scap, StaticCredentials, Sts};
        use ClusterType::{Eks, EksHybridNodes, Iaas};
        use Partition::{Aws, AwsIso, AwsIsoB, AwsUsGov};
        use PermissionProfile::{Core, CoreEks, MinimumEksStatic, MinimumIaasDynamic};
        for (partition, method, profile, expected) in [
            (Aws, StaticCredentials, CoreEks, vec![Iaas, Eks, EksHybridNodes]),
            (AwsUsGov, Sts, CoreEks, vec![Iaas, Eks, EksHybridNodes]),
            (Aws, Sts, Core, vec![Iaas]),
            (Aws, Sts, MinimumEksStatic, vec![Eks, EksHybridNodes]),
            (AwsUsGov, StaticCredentials, MinimumIaasDynamic, vec![Iaas]),
            (Aws, PodIdentity, CoreEks, vec![Eks]),
            (AwsIsoB, StaticCredentials, CoreEks, vec![Eks]),
            (AwsIso, Scap, CoreEks, vec![Eks]),
            (AwsIso, Scap, Core, vec![]),
        ] {
            assert_eq!(
                cluster_types(partition, method, profile),
                expected,
                "{partition} {method} {profile}"
            );
        }
    }
}
