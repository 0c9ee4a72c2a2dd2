//! Evaluates from where Palette reads the name of its cluster: the `ConfigMap` or the nodes.

use gangway_aws::{
    Observed,
    kubernetes::{CLUSTER_NAME_KEY, KUBE_SYSTEM, PALETTE_CONFIG_MAP},
};
use gangway_model::Finding;

use super::findings_without_cluster;
use crate::pod_identity::{
    Observations, PodIdentitySetup,
    catalogue::{GLOBAL_CONFIG, INSTANCE_METADATA_FALLBACK},
    inaccessible_finding,
};

pub(super) fn findings(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Vec<Finding> {
    if let Some(findings) =
        findings_without_cluster(observations, &[&GLOBAL_CONFIG, &INSTANCE_METADATA_FALLBACK])
    {
        return findings;
    }
    let name = setup.cluster.name.to_string();
    let create_command = create_config_map_command(&name);
    let show_command = format!(
        "kubectl get configmap {PALETTE_CONFIG_MAP} -n {KUBE_SYSTEM} -o jsonpath='{{.data.{CLUSTER_NAME_KEY}}}'"
    );
    let patch_remedy = format!(
        "set it: kubectl patch configmap {PALETTE_CONFIG_MAP} -n {KUBE_SYSTEM} --type merge -p '{{\"data\":{{\"{CLUSTER_NAME_KEY}\":\"{name}\"}}}}'"
    );
    match &observations.cluster.kubernetes.config_map {
        Observed::Inaccessible(inaccessible) => vec![
            inaccessible_finding(&GLOBAL_CONFIG, inaccessible, &show_command),
            INSTANCE_METADATA_FALLBACK.unverified(
                "it is not known whether Palette needs it: the ConfigMap cannot be read",
                format!("check that the ConfigMap exists: {show_command}"),
            ),
        ],
        Observed::Present(Some(current_name)) if *current_name == name => vec![
            GLOBAL_CONFIG.passed(format!("{CLUSTER_NAME_KEY} is {name}")),
            INSTANCE_METADATA_FALLBACK.not_applicable("the ConfigMap names the cluster"),
        ],
        Observed::Present(Some(current_name)) => vec![
            GLOBAL_CONFIG
                .failed(format!("{CLUSTER_NAME_KEY} is {current_name}, not {name}"), patch_remedy),
            INSTANCE_METADATA_FALLBACK.failed(
                "Palette takes the name from the ConfigMap, so it does not read it from its nodes",
                "correct the ConfigMap, or remove it",
            ),
        ],
        Observed::Present(None) => vec![
            GLOBAL_CONFIG.failed(
                format!("the ConfigMap {PALETTE_CONFIG_MAP} has no {CLUSTER_NAME_KEY}"),
                patch_remedy,
            ),
            fallback_finding(observations, setup, &create_command),
        ],
        Observed::Absent => vec![
            GLOBAL_CONFIG.failed(
                format!("{KUBE_SYSTEM} has no ConfigMap {PALETTE_CONFIG_MAP}"),
                format!("create it: {create_command}; or send ensureConfigMap"),
            ),
            fallback_finding(observations, setup, &create_command),
        ],
    }
}

/// Returns the shell command that creates the `ConfigMap` with this cluster name.
pub fn create_config_map_command(name: &str) -> String {
    format!(
        "kubectl create configmap {PALETTE_CONFIG_MAP} -n {KUBE_SYSTEM} --from-literal={CLUSTER_NAME_KEY}={name}"
    )
}

/// Checks whether Palette can read the name of the cluster from instance metadata and tags of the
/// nodes. This needs nodes of managed node groups, and pods that can reach the instance metadata.
fn fallback_finding(
    observations: &Observations,
    setup: &PodIdentitySetup<'_>,
    create_command: &str,
) -> Finding {
    let failed = |observed: String| {
        INSTANCE_METADATA_FALLBACK.failed(
            observed,
            format!("create the ConfigMap, which is the simplest way: {create_command}"),
        )
    };
    if observations.cluster.description.present().is_some_and(|cluster| cluster.has_auto_mode) {
        return failed("nodes of EKS Auto Mode block instance metadata for pods".to_owned());
    }
    match &observations.cluster.node_roles {
        Observed::Present(node_roles) if node_roles.is_empty() => {
            return failed("the cluster has no managed node group".to_owned());
        }
        Observed::Inaccessible(inaccessible) => {
            return inaccessible_finding(&INSTANCE_METADATA_FALLBACK, inaccessible, create_command);
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
    INSTANCE_METADATA_FALLBACK.unverified(
        "all nodes belong to managed node groups; whether pods reach instance metadata depends on EC2 and the network plugin, which Gangway does not read",
        format!(
            "create the ConfigMap ({create_command}), or check that the hop limit is 2 or more and no network policy denies 169.254.169.254: aws ec2 describe-instances --region {} --filters Name=tag:eks:cluster-name,Values={} --query 'Reservations[].Instances[].MetadataOptions'",
            setup.cluster.region, setup.cluster.name
        ),
    )
}
