//! Reads and creates the `ConfigMap` from which Palette reads the name of its own cluster.

use std::collections::BTreeMap;

use k8s_openapi::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{Api, api::PostParams};

use super::{KubernetesClient, to_observed};
use crate::Observed;

/// Namespace of the `ConfigMap` and of the Pod Identity Agent.
pub const KUBE_SYSTEM: &str = "kube-system";

/// Name of the `ConfigMap` that holds the name of the cluster.
pub const PALETTE_CONFIG_MAP: &str = "palette-global-config";

/// Key in the `ConfigMap` whose value is the name of the cluster.
pub const CLUSTER_NAME_KEY: &str = "managementClusterName";

impl KubernetesClient {
    /// Returns the API of config maps in the namespace [`KUBE_SYSTEM`].
    fn config_map_api(&self) -> Api<ConfigMap> {
        Api::namespaced(self.0.clone(), KUBE_SYSTEM)
    }

    /// Reads the cluster name from the `ConfigMap`. Returns `Present(None)` if the `ConfigMap` has
    /// no key [`CLUSTER_NAME_KEY`].
    pub async fn cluster_name_in_config_map(&self) -> Observed<Option<String>> {
        to_observed(
            self.config_map_api().get(PALETTE_CONFIG_MAP).await,
            "read config maps of kube-system",
        )
        .map(|config_map| config_map.data.and_then(|mut data| data.remove(CLUSTER_NAME_KEY)))
    }

    /// Creates the `ConfigMap` with this cluster name. Returns `Present(false)`, and changes
    /// nothing, if the `ConfigMap` already exists.
    pub async fn create_config_map(&self, cluster_name: &str) -> Observed<bool> {
        let data = BTreeMap::from([(CLUSTER_NAME_KEY.to_owned(), cluster_name.to_owned())]);
        let name = Some(PALETTE_CONFIG_MAP.to_owned());
        let metadata = ObjectMeta { name, ..ObjectMeta::default() };
        let config_map = ConfigMap { data: Some(data), metadata, ..ConfigMap::default() };
        match self.config_map_api().create(&PostParams::default(), &config_map).await {
            Err(kube::Error::Api(status)) if status.code == 409 => Observed::Present(false),
            result => to_observed(result, "create config maps in kube-system").map(|_created| true),
        }
    }
}
