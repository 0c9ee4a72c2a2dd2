//! What people can do with an account once it is registered.

use std::fmt;

use crate::{Method, Partition, PermissionProfile};

/// A kind of cluster that Palette makes in an AWS account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Clusters {
    /// On EC2 machines of its own.
    Iaas,
    /// On Amazon EKS.
    Eks,
    /// On Amazon EKS, with machines from elsewhere.
    EksHybridNodes,
}

impl fmt::Display for Clusters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Iaas => "clusters on EC2 (IaaS)",
            Self::Eks => "EKS clusters",
            Self::EksHybridNodes => "EKS clusters with hybrid nodes",
        })
    }
}

/// The kinds that an account can be used for: what its partition and method admit, as far as its permissions go.
pub fn clusters(partition: Partition, method: Method, profile: PermissionProfile) -> Vec<Clusters> {
    let everything = match (partition, method) {
        (Partition::Aws | Partition::AwsUsGov, Method::StaticCredentials | Method::Sts) => true,
        (Partition::Aws | Partition::AwsUsGov, Method::PodIdentity | Method::Scap)
        | (Partition::AwsIsoB | Partition::AwsIso, _) => false,
    };
    [
        (Clusters::Iaas, everything && profile.serves_iaas()),
        (Clusters::Eks, profile.serves_eks()),
        (Clusters::EksHybridNodes, everything && profile.serves_eks()),
    ]
    .into_iter()
    .filter_map(|(clusters, possible)| possible.then_some(clusters))
    .collect()
}

/// The same as a notice for a report (F93).
pub fn notice(partition: Partition, method: Method, profile: PermissionProfile) -> String {
    let kinds: Vec<_> =
        clusters(partition, method, profile).iter().map(ToString::to_string).collect();
    if kinds.is_empty() {
        return format!(
            "With profile {profile} no cluster can be made in {}.",
            partition.facts().label
        );
    }
    format!(
        "Next step: with profile {profile}, Palette can make {} in this account.",
        kinds.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f93_next_steps_are_those_of_the_matrix() {
        use Clusters::{Eks, EksHybridNodes, Iaas};
        use Method::{PodIdentity, Scap, StaticCredentials, Sts};
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
                clusters(partition, method, profile),
                expected,
                "{partition} {method} {profile}"
            );
        }
    }
}
