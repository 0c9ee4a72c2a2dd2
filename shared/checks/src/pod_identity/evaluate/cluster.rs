//! Evaluates whether the cluster exists and is active, and its Kubernetes version.

use gangway_aws::Observed;
use gangway_model::Finding;

use crate::pod_identity::{
    Observations, PodIdentitySetup,
    catalogue::{CLUSTER_ACTIVE, CLUSTER_EXISTS, KUBERNETES_VERSION},
    inaccessible_finding,
};

/// The first Kubernetes version for which EKS supports Pod Identity.
const MIN_KUBERNETES_VERSION: (u32, u32) = (1, 24);

pub(super) fn findings(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Vec<Finding> {
    let cluster = &setup.cluster;
    let command =
        format!("aws eks describe-cluster --name {} --region {}", cluster.name, cluster.region);
    let described = match &observations.cluster.description {
        Observed::Present(described) => described,
        Observed::Inaccessible(inaccessible) => {
            return [&CLUSTER_EXISTS, &CLUSTER_ACTIVE, &KUBERNETES_VERSION]
                .map(|check| inaccessible_finding(check, inaccessible, &command))
                .into();
        }
        Observed::Absent => {
            let reason = "there is no such cluster in the account of the roles";
            let existence_finding = if observations.cluster.is_in_function_account {
                CLUSTER_EXISTS.passed("it exists, in another AWS account than the roles")
            } else {
                CLUSTER_EXISTS.failed(
                    format!("EKS has no {cluster}"),
                    "correct clusterName and clusterRegion; Pod Identity works only where Palette or VerteX itself runs on Amazon EKS, else use another method",
                )
            };
            return vec![
                existence_finding,
                CLUSTER_ACTIVE.not_applicable(reason),
                KUBERNETES_VERSION.not_applicable(reason),
            ];
        }
    };
    let existence_finding = match described.external_kind {
        None => CLUSTER_EXISTS.passed(format!("found {cluster}")),
        Some(kind) => CLUSTER_EXISTS.failed(
            format!("the cluster is {kind}, where EKS gives pods no credentials"),
            "use another method: Pod Identity needs a cluster that EKS runs in AWS",
        ),
    };
    let active_finding = match &described.inactive_status {
        None => CLUSTER_ACTIVE.passed("ACTIVE"),
        // The cluster works during an update.
        Some(status) if status == "UPDATING" => CLUSTER_ACTIVE
            .unverified("the cluster is UPDATING", "validate again when the cluster is ACTIVE"),
        Some(status) => CLUSTER_ACTIVE.failed(
            format!("the cluster is {status}"),
            "wait until the cluster is ACTIVE, or repair it; then validate again",
        ),
    };
    vec![existence_finding, active_finding, version_finding(&described.version, &command)]
}

fn version_finding(text: &str, command: &str) -> Finding {
    let (major, minor) = MIN_KUBERNETES_VERSION;
    match parse_version(text) {
        None => KUBERNETES_VERSION
            .unverified("EKS returned no version of the form 1.31", format!("check it: {command}")),
        Some(version) if version >= MIN_KUBERNETES_VERSION => {
            KUBERNETES_VERSION.passed(format!("Kubernetes {text}"))
        }
        Some(_) => KUBERNETES_VERSION.failed(
            format!("Kubernetes {text}: Pod Identity needs {major}.{minor} or later"),
            format!("upgrade the cluster to {major}.{minor} or later"),
        ),
    }
}

/// Parses the major and the minor version. Pairs of numbers compare correctly: 2.0 is newer than
/// 1.24, and 1.9 is older.
fn parse_version(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    let minor = minor.split_once('.').map_or(minor, |(minor, _patch)| minor);
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use gangway_model::Outcome;

    use super::*;

    #[test]
    fn kubernetes_versions_are_compared_as_pairs_of_numbers() {
        for (text, expected) in [
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
            let letter = match version_finding(text, "").outcome {
                Outcome::Passed => 'P',
                Outcome::Failed { .. } => 'F',
                Outcome::Unverified { .. } => 'U',
                Outcome::Waived { .. } | Outcome::NotApplicable => 'n',
            };
            assert_eq!(letter, expected, "{text}");
        }
    }
}
