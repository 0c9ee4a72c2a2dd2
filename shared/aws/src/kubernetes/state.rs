//! Reads the objects in the cluster that Pod Identity depends on. All calls run at the same time.

use gangway_policies::pod_identity::{
    HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, ServiceAccount,
};
use k8s_openapi::api::{
    apps::v1::DaemonSet,
    core::v1::{self, Node},
};
use kube::{Api, Client, api::ListParams};
use tokio::join;

use super::{KUBE_SYSTEM, KubernetesClient, to_observed};
use crate::{Inaccessible, Observed, eks::POD_IDENTITY_AGENT};

/// Environment variables that EKS sets in the containers of a pod when the pod starts, if its
/// service account has a Pod Identity association.
const CREDENTIAL_VARIABLES: [&str; 2] =
    ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];

/// Label selectors of Hubble's pods. Some pages of Palette's documentation name the first selector,
/// and some pages name the second.
const HUBBLE_SELECTORS: [&str; 2] = ["app=spectro-hubble", "component=cloud"];
/// Label selector of the pods of the identity service.
const IDENTITY_SELECTOR: &str = "app=palette-identity";

/// State of the objects in a cluster that Pod Identity depends on.
#[derive(Clone, Debug)]
pub struct KubernetesState {
    pub version: Observed<String>,
    /// Cluster name in the `ConfigMap`; `Present(None)` if the `ConfigMap` has no such key.
    pub config_map: Observed<Option<String>>,
    /// Rollout of the Pod Identity Agent.
    pub agent: Observed<AgentRollout>,
    pub hubble: ServiceState,
    pub identity: ServiceState,
    /// Names of the nodes that do not belong to a managed node group.
    pub unmanaged_nodes: Observed<Vec<String>>,
}

/// State of a service of Palette: its service account and its pods.
#[derive(Clone, Debug)]
pub struct ServiceState {
    pub service_account: Observed<()>,
    pub pods: Observed<Vec<Pod>>,
}

/// Number of nodes on which the Pod Identity Agent should run, and number of nodes on which its pod
/// is ready.
#[derive(Clone, Copy, Debug)]
pub struct AgentRollout {
    pub desired: i32,
    pub ready: i32,
}

/// A pod that is running or starting.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pod {
    pub name: String,
    /// `true` if EKS has set the credential variables in a container of the pod.
    pub has_credentials: bool,
}

impl KubernetesState {
    /// Returns the state of a cluster whose objects cannot be read, for this reason.
    pub fn inaccessible(reason: &Inaccessible) -> Self {
        let service = || ServiceState {
            service_account: Observed::Inaccessible(reason.clone()),
            pods: Observed::Inaccessible(reason.clone()),
        };
        Self {
            version: Observed::Inaccessible(reason.clone()),
            config_map: Observed::Inaccessible(reason.clone()),
            agent: Observed::Inaccessible(reason.clone()),
            hubble: service(),
            identity: service(),
            unmanaged_nodes: Observed::Inaccessible(reason.clone()),
        }
    }
}

impl KubernetesClient {
    /// Reads on how many nodes the Pod Identity Agent should run, and on how many it is ready.
    pub async fn agent_rollout(&self) -> Observed<AgentRollout> {
        let daemon_sets: Api<DaemonSet> = Api::namespaced(self.0.clone(), KUBE_SYSTEM);
        let agent = daemon_sets.get(POD_IDENTITY_AGENT).await;
        to_observed(agent, "read daemon sets of kube-system").map(|agent| AgentRollout::new(&agent))
    }

    /// Reads all objects that Pod Identity depends on.
    pub async fn state(&self) -> KubernetesState {
        let Self(client) = self;
        let nodes: Api<Node> = Api::all(client.clone());
        let no_filter = ListParams::default();
        let (version, config_map, agent, nodes, hubble, identity) = join!(
            client.apiserver_version(),
            self.cluster_name_in_config_map(),
            self.agent_rollout(),
            nodes.list(&no_filter),
            read_hubble(client),
            read_identity_service(client),
        );
        KubernetesState {
            version: to_observed(version, "read the version").map(|version| version.git_version),
            config_map,
            agent,
            hubble,
            identity,
            unmanaged_nodes: to_observed(nodes, "list nodes")
                .map(|nodes| unmanaged_node_names(&nodes.items)),
        }
    }
}

impl AgentRollout {
    fn new(daemon_set: &DaemonSet) -> Self {
        let status = daemon_set.status.as_ref();
        Self {
            desired: status.map_or(0, |status| status.desired_number_scheduled),
            ready: status.map_or(0, |status| status.number_ready),
        }
    }
}

async fn read_hubble(client: &Client) -> ServiceState {
    let (service_account, by_first_label, by_second_label) = join!(
        read_service_account(client, HUBBLE_SERVICE_ACCOUNT),
        list_pods(client, HUBBLE_SERVICE_ACCOUNT, HUBBLE_SELECTORS[0]),
        list_pods(client, HUBBLE_SERVICE_ACCOUNT, HUBBLE_SELECTORS[1]),
    );
    let pods = match (by_first_label, by_second_label) {
        (Observed::Present(first), Observed::Present(second)) if first.is_empty() => {
            Observed::Present(second)
        }
        (first, _) => first,
    };
    ServiceState { service_account, pods }
}

async fn read_identity_service(client: &Client) -> ServiceState {
    let (service_account, pods) = join!(
        read_service_account(client, IDENTITY_SERVICE_ACCOUNT),
        list_pods(client, IDENTITY_SERVICE_ACCOUNT, IDENTITY_SELECTOR),
    );
    ServiceState { service_account, pods }
}

async fn read_service_account(client: &Client, account: ServiceAccount) -> Observed<()> {
    let accounts: Api<v1::ServiceAccount> = Api::namespaced(client.clone(), account.namespace);
    to_observed(accounts.get(account.name).await, "read Palette's service accounts").map(drop)
}

async fn list_pods(client: &Client, account: ServiceAccount, selector: &str) -> Observed<Vec<Pod>> {
    let pods: Api<v1::Pod> = Api::namespaced(client.clone(), account.namespace);
    let list = pods.list(&ListParams::default().labels(selector)).await;
    to_observed(list, "list pods of Palette's namespaces").map(|list| {
        // Pods of other services may also have the label.
        list.items.iter().filter(|pod| is_active_pod_of(pod, account)).map(Pod::new).collect()
    })
}

/// Returns `true` if the pod is running or starting with this service account, and is not being
/// deleted.
fn is_active_pod_of(pod: &v1::Pod, account: ServiceAccount) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    let service_account = pod.spec.as_ref().and_then(|spec| spec.service_account_name.as_deref());
    pod.metadata.deletion_timestamp.is_none()
        && !matches!(phase, Some("Succeeded" | "Failed"))
        && service_account.is_none_or(|name| name == account.name)
}

impl Pod {
    fn new(pod: &v1::Pod) -> Self {
        let mut containers = pod.spec.iter().flat_map(|spec| &spec.containers);
        let has_both_variables = |container: &v1::Container| {
            CREDENTIAL_VARIABLES
                .iter()
                .all(|name| container.env.iter().flatten().any(|variable| variable.name == *name))
        };
        Self {
            name: pod.metadata.name.clone().unwrap_or_default(),
            has_credentials: containers.any(has_both_variables),
        }
    }
}

fn unmanaged_node_names(nodes: &[Node]) -> Vec<String> {
    let is_managed = |node: &Node| {
        let labels = node.metadata.labels.as_ref();
        labels.is_some_and(|labels| labels.contains_key("eks.amazonaws.com/nodegroup"))
    };
    let unmanaged = nodes.iter().filter(|node| !is_managed(node));
    unmanaged.map(|node| node.metadata.name.clone().unwrap_or_default()).collect()
}
