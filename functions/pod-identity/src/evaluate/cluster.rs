//! The cluster itself (P01–P03).

use gangway_model::Finding;

use crate::{
    checks::{CLUSTER_ACTIVE, CLUSTER_EXISTS, KUBERNETES_VERSION},
    observations::Observations,
    observed::Observed,
    request::PodIdentityRequest,
};

/// The first version with Pod Identity.
const FIRST: (u32, u32) = (1, 24);

pub(super) fn findings(facts: &Observations, wish: &PodIdentityRequest) -> Vec<Finding> {
    let cluster = &wish.cluster;
    let command =
        format!("aws eks describe-cluster --name {} --region {}", cluster.name, cluster.region);
    let described = match &facts.cluster {
        Observed::Present(described) => described,
        Observed::Inaccessible(hidden) => {
            return [&CLUSTER_EXISTS, &CLUSTER_ACTIVE, &KUBERNETES_VERSION]
                .map(|check| hidden.to_finding(check, &command))
                .into();
        }
        Observed::Absent => {
            let none = "there is no such cluster in the account of the roles";
            let exists = if facts.elsewhere {
                CLUSTER_EXISTS.passed("it exists, in another account than its roles")
            } else {
                CLUSTER_EXISTS.failed(
                    format!("EKS has no {cluster}"),
                    "correct clusterName and clusterRegion; Pod Identity works only where Palette or VerteX itself runs on Amazon EKS, else use another method",
                )
            };
            return vec![
                exists,
                CLUSTER_ACTIVE.not_applicable(none),
                KUBERNETES_VERSION.not_applicable(none),
            ];
        }
    };
    let exists = match described.foreign {
        None => CLUSTER_EXISTS.passed(format!("found {cluster}")),
        Some(how) => CLUSTER_EXISTS.failed(
            format!("the cluster is {how}, where EKS gives no pods credentials"),
            "use another method: Pod Identity needs a cluster that EKS runs in AWS",
        ),
    };
    let active = match &described.not_active {
        None => CLUSTER_ACTIVE.passed("ACTIVE"),
        Some(status) => CLUSTER_ACTIVE.failed(
            format!("the cluster is {status}"),
            "wait until the cluster is ACTIVE, or mend it; then validate again",
        ),
    };
    vec![exists, active, version(&described.version, &command)]
}

fn version(text: &str, command: &str) -> Finding {
    let (major, minor) = FIRST;
    match numbers(text) {
        None => KUBERNETES_VERSION
            .unverified("EKS tells no version that can be read", format!("look: {command}")),
        Some(version) if version >= FIRST => {
            KUBERNETES_VERSION.passed(format!("Kubernetes {text}"))
        }
        Some(_) => KUBERNETES_VERSION.failed(
            format!("Kubernetes {text}: Pod Identity came with {major}.{minor}"),
            format!("upgrade the cluster to {major}.{minor} or later"),
        ),
    }
}

/// As a pair of numbers: compared one by one, 2.0 would be too old and 1.9 new enough (T29).
fn numbers(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    let minor = minor.split_once('.').map_or(minor, |(minor, _patch)| minor);
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use gangway_model::Outcome;

    use super::*;

    /// Rows: F37.
    #[test]
    fn versions_are_compared_as_pairs_of_numbers() {
        for (text, wanted) in [
            ("1.24", 'P'),
            ("1.31", 'P'),
            ("1.100", 'P'),
            ("2.0", 'P'),
            ("1.24.3", 'P'),
            ("1.23", 'F'),
            ("1.9", 'F'),
            ("0.99", 'F'),
            ("", 'U'),
            ("1", 'U'),
            ("v1.31", 'U'),
            ("1.x", 'U'),
        ] {
            let letter = match version(text, "").outcome {
                Outcome::Passed => 'P',
                Outcome::Failed { .. } => 'F',
                Outcome::Unverified { .. } => 'U',
                Outcome::NotApplicable => 'n',
            };
            assert_eq!(letter, wanted, "{text}");
        }
    }
}
