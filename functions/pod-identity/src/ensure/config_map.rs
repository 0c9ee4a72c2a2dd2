//! Creates the `ConfigMap` from which Palette reads the name of its cluster. An existing
//! `ConfigMap` is never changed.

use gangway_aws::{
    Inaccessible, Observed,
    kubernetes::{KubernetesClient, PALETTE_CONFIG_MAP},
};
use gangway_checks::pod_identity::{
    Observations, catalogue::CONFIG_MAP_ENSURED, inaccessible_finding,
};
use gangway_model::{EksCluster, Finding};

use super::ChangeResult;

/// Creates the `ConfigMap` if it does not exist. Updates `observations` after the change.
pub(super) async fn create_if_missing(
    cluster: &EksCluster,
    observations: &mut Observations,
) -> ChangeResult {
    let name = cluster.name.as_str();
    let finding = match (&observations.cluster.kubernetes.config_map, &observations.cluster.client) {
        (Observed::Present(Some(current_name)), _) if current_name == name => {
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
            let (finding, config_map) = create_and_read(client, name).await;
            if let Some(config_map) = config_map {
                observations.cluster.kubernetes.config_map = config_map;
            }
            finding
        }
    };
    // `has_changed` is false because Palette's validation does not depend on the ConfigMap.
    ChangeResult { finding, has_changed: false }
}

/// Creates the `ConfigMap` and reads it again, because another invocation may have created the
/// `ConfigMap` with another cluster name.
async fn create_and_read(
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
