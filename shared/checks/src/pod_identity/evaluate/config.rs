//! Checks of how Palette learns the name of its own cluster.

use gangway_aws::{
    Observed,
    kubernetes::{CLUSTER_NAME_KEY, KUBE_SYSTEM, PALETTE_CONFIG_MAP},
};
use gangway_model::Finding;

use super::findings_without_cluster;
use crate::pod_identity::{
    Observations, PodIdentitySetup,
    catalogue::{FALLBACK, GLOBAL_CONFIG},
    inaccessible_finding,
};

pub(super) fn findings(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Vec<Finding> {
    if let Some(findings) = findings_without_cluster(observations, &[&GLOBAL_CONFIG, &FALLBACK]) {
        return findings;
    }
    let name = setup.cluster.name.to_string();
    let create = create_command(&name);
    let show_command = format!(
        "kubectl get configmap {PALETTE_CONFIG_MAP} -n {KUBE_SYSTEM} -o jsonpath='{{.data.{CLUSTER_NAME_KEY}}}'"
    );
    let patch_remedy = format!(
        "set it: kubectl patch configmap {PALETTE_CONFIG_MAP} -n {KUBE_SYSTEM} --type merge -p '{{\"data\":{{\"{CLUSTER_NAME_KEY}\":\"{name}\"}}}}'"
    );
    match &observations.cluster.kubernetes.config_map {
        Observed::Inaccessible(inaccessible) => vec![
            inaccessible_finding(&GLOBAL_CONFIG, inaccessible, &show_command),
            FALLBACK.unverified(
                "it is not known whether Palette needs it: the ConfigMap cannot be read",
                format!("check that the ConfigMap exists: {show_command}"),
            ),
        ],
        Observed::Present(Some(found)) if *found == name => vec![
            GLOBAL_CONFIG.passed(format!("{CLUSTER_NAME_KEY} is {name}")),
            FALLBACK.not_applicable("the ConfigMap names the cluster"),
        ],
        Observed::Present(Some(found)) => vec![
            GLOBAL_CONFIG
                .failed(format!("{CLUSTER_NAME_KEY} is {found}, not {name}"), patch_remedy),
            FALLBACK.failed(
                "Palette takes the name from the ConfigMap, so it does not read it from its nodes",
                "correct the ConfigMap, or remove it",
            ),
        ],
        Observed::Present(None) => vec![
            GLOBAL_CONFIG.failed(
                format!("the ConfigMap {PALETTE_CONFIG_MAP} has no {CLUSTER_NAME_KEY}"),
                patch_remedy,
            ),
            fallback(observations, setup, &create),
        ],
        Observed::Absent => vec![
            GLOBAL_CONFIG.failed(
                format!("{KUBE_SYSTEM} has no ConfigMap {PALETTE_CONFIG_MAP}"),
                format!("create it: {create}; or send ensureConfigMap"),
            ),
            fallback(observations, setup, &create),
        ],
    }
}

/// Returns the command that creates the `ConfigMap` with this cluster name.
pub fn create_command(name: &str) -> String {
    format!(
        "kubectl create configmap {PALETTE_CONFIG_MAP} -n {KUBE_SYSTEM} --from-literal={CLUSTER_NAME_KEY}={name}"
    )
}

/// Checks whether Palette can read the name from instance metadata and tags: only on nodes of
/// managed groups, and only if pods reach the metadata.
fn fallback(observations: &Observations, setup: &PodIdentitySetup<'_>, create: &str) -> Finding {
    let failed = |observed: String| {
        FALLBACK
            .failed(observed, format!("create the ConfigMap, which is the simplest way: {create}"))
    };
    if observations.cluster.description.present().is_some_and(|cluster| cluster.has_auto_mode) {
        return failed("nodes of EKS Auto Mode block instance metadata for pods".to_owned());
    }
    match &observations.cluster.node_roles {
        Observed::Present(nodes) if nodes.is_empty() => {
            return failed("the cluster has no managed node group".to_owned());
        }
        Observed::Inaccessible(inaccessible) => {
            return inaccessible_finding(&FALLBACK, inaccessible, create);
        }
        Observed::Present(_) | Observed::Absent => {}
    }
    if let Some(Observed::Present(profiles)) = &observations.cluster.fargate_profiles
        && !profiles.is_empty()
    {
        return failed(format!(
            "pods on Fargate have no instance metadata: {}",
            profiles.join(", ")
        ));
    }
    if let Observed::Present(unmanaged) = &observations.cluster.kubernetes.unmanaged_nodes
        && !unmanaged.is_empty()
    {
        let names: Vec<_> = unmanaged.iter().take(5).map(String::as_str).collect();
        return failed(format!(
            "{} nodes belong to no managed node group: {}",
            unmanaged.len(),
            names.join(", ")
        ));
    }
    FALLBACK.unverified(
        "all nodes belong to managed node groups; whether pods reach instance metadata depends on EC2 and the network plugin, which Gangway does not read",
        format!(
            "create the ConfigMap ({create}), or check that the hop limit is 2 or more and no network policy denies 169.254.169.254: aws ec2 describe-instances --region {} --filters Name=tag:eks:cluster-name,Values={} --query 'Reservations[].Instances[].MetadataOptions'",
            setup.cluster.region, setup.cluster.name
        ),
    )
}
