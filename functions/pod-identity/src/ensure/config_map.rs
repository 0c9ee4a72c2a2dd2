//! Creates the `ConfigMap` that names the cluster. An existing one is never changed.

use gangway_aws::{
    Inaccessible, Observed,
    kubernetes::{KubernetesClient, PALETTE_CONFIG_MAP},
};
use gangway_checks::pod_identity::{
    Observations, catalogue::CONFIG_MAP_ENSURED, inaccessible_finding,
};
use gangway_model::{EksCluster, Finding};

use super::Applied;

pub(super) async fn ensure(cluster: &EksCluster, observations: &mut Observations) -> Applied {
    let name = cluster.name.as_str();
    let finding = match (&observations.cluster.kubernetes.config_map, &observations.cluster.client) {
        (Observed::Present(Some(found)), _) if found == name => {
            CONFIG_MAP_ENSURED.passed("no change was needed")
        }
        (Observed::Present(_), _) => CONFIG_MAP_ENSURED.failed(
            format!("the ConfigMap {PALETTE_CONFIG_MAP} has other content, and Gangway does not change it"),
            "see kubernetes.global-config",
        ),
        (Observed::Inaccessible(inaccessible), _) => {
            inaccessible_finding(&CONFIG_MAP_ENSURED, inaccessible, "")
        }
        (Observed::Absent, None) => {
            CONFIG_MAP_ENSURED.unverified("the cluster cannot be reached", "fix kubernetes.access")
        }
        (Observed::Absent, Some(client)) => {
            let (finding, config_map) = create(client, name).await;
            if let Some(config_map) = config_map {
                observations.cluster.kubernetes.config_map = config_map;
            }
            finding
        }
    };
    // Palette's validation does not depend on the ConfigMap.
    Applied { finding, has_changed: false }
}

/// Creates the `ConfigMap` and reads it back: a concurrent run may have created it with another
/// content.
async fn create(
    client: &KubernetesClient,
    name: &str,
) -> (Finding, Option<Observed<Option<String>>>) {
    let observed = match client.create_config_map(name).await {
        Observed::Present(true) => "created it",
        Observed::Present(false) => "it was created by somebody else in the meantime",
        Observed::Absent => {
            let reason = "there is no namespace kube-system";
            return (CONFIG_MAP_ENSURED.failed(reason, "check the cluster"), None);
        }
        Observed::Inaccessible(Inaccessible { reason, .. }) => {
            let remedy = "give the role that Gangway inspects with AmazonEKSEditPolicy for the namespace kube-system in its EKS access entry";
            return (CONFIG_MAP_ENSURED.failed(reason, remedy), None);
        }
    };
    let config_map = client.cluster_name_in_config_map().await;
    (CONFIG_MAP_ENSURED.passed(observed), Some(config_map))
}
