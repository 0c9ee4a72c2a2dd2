//! What a Pod Identity setup needs inside the cluster, read with parallel calls.

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

/// Both variables that EKS sets in the containers of pods with an association, when the pod starts.
const CREDENTIAL_VARIABLES: [&str; 2] =
    ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];

/// Label selectors of Hubble's pods. Palette's documentation names one on some pages and the other
/// on others.
const HUBBLE_SELECTORS: [&str; 2] = ["app=spectro-hubble", "component=cloud"];
const IDENTITY_SELECTOR: &str = "app=palette-identity";

/// State of the objects in a cluster that Pod Identity depends on.
#[derive(Clone, Debug)]
pub struct KubernetesState {
    pub version: Observed<String>,
    /// Cluster name in the `ConfigMap`, or `Present(None)` if it has no such key.
    pub config_map: Observed<Option<String>>,
    pub agent: Observed<AgentRollout>,
    pub hubble: ServiceState,
    pub identity: ServiceState,
    /// Names of the nodes that belong to no managed node group.
    pub unmanaged_nodes: Observed<Vec<String>>,
}

/// State of one of Palette's services.
#[derive(Clone, Debug)]
pub struct ServiceState {
    pub service_account: Observed<()>,
    pub pods: Observed<Vec<Pod>>,
}

/// Number of nodes on which the `DaemonSet` of the agent should run, and on which it is ready.
#[derive(Clone, Copy, Debug)]
pub struct AgentRollout {
    pub desired: i32,
    pub ready: i32,
}

/// A pod that runs or is starting.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pod {
    pub name: String,
    /// `true` if EKS gave credentials to one of the pod's containers.
    pub has_credentials: bool,
}

impl KubernetesState {
    /// Returns the state of a cluster of which nothing can be read.
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
    /// Reads how far the Pod Identity Agent is rolled out.
    pub async fn agent_rollout(&self) -> Observed<AgentRollout> {
        let daemon_sets: Api<DaemonSet> = Api::namespaced(self.0.clone(), KUBE_SYSTEM);
        let agent = daemon_sets.get(POD_IDENTITY_AGENT).await;
        to_observed(agent, "read daemon sets of kube-system").map(|agent| AgentRollout::new(&agent))
    }

    pub async fn state(&self) -> KubernetesState {
        let Self(client) = self;
        let nodes: Api<Node> = Api::all(client.clone());
        let no_filter = ListParams::default();
        let (version, config_map, agent, nodes, hubble, identity) = join!(
            client.apiserver_version(),
            self.cluster_name_in_config_map(),
            self.agent_rollout(),
            nodes.list(&no_filter),
            hubble(client),
            identity(client),
        );
        KubernetesState {
            version: to_observed(version, "read the version").map(|version| version.git_version),
            config_map,
            agent,
            hubble,
            identity,
            unmanaged_nodes: to_observed(nodes, "list nodes")
                .map(|nodes| unmanaged_nodes(&nodes.items)),
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

async fn hubble(client: &Client) -> ServiceState {
    let (service_account, by_first_label, by_second_label) = join!(
        service_account(client, HUBBLE_SERVICE_ACCOUNT),
        pods(client, HUBBLE_SERVICE_ACCOUNT, HUBBLE_SELECTORS[0]),
        pods(client, HUBBLE_SERVICE_ACCOUNT, HUBBLE_SELECTORS[1]),
    );
    let pods = match (by_first_label, by_second_label) {
        (Observed::Present(first), Observed::Present(second)) if first.is_empty() => {
            Observed::Present(second)
        }
        (first, _) => first,
    };
    ServiceState { service_account, pods }
}

async fn identity(client: &Client) -> ServiceState {
    let (service_account, pods) = join!(
        service_account(client, IDENTITY_SERVICE_ACCOUNT),
        pods(client, IDENTITY_SERVICE_ACCOUNT, IDENTITY_SELECTOR),
    );
    ServiceState { service_account, pods }
}

async fn service_account(client: &Client, account: ServiceAccount) -> Observed<()> {
    let accounts: Api<v1::ServiceAccount> = Api::namespaced(client.clone(), account.namespace);
    to_observed(accounts.get(account.name).await, "read Palette's service accounts").map(drop)
}

async fn pods(client: &Client, account: ServiceAccount, selector: &str) -> Observed<Vec<Pod>> {
    let pods: Api<v1::Pod> = Api::namespaced(client.clone(), account.namespace);
    let list = pods.list(&ListParams::default().labels(selector)).await;
    to_observed(list, "list pods of Palette's namespaces").map(|list| {
        // Pods of other services may have the label too.
        list.items.iter().filter(|pod| is_active_pod_of(pod, account)).map(Pod::new).collect()
    })
}

/// Returns `true` unless the pod has ended, is being deleted, or runs with another service account.
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

fn unmanaged_nodes(nodes: &[Node]) -> Vec<String> {
    let is_managed = |node: &Node| {
        let labels = node.metadata.labels.as_ref();
        labels.is_some_and(|labels| labels.contains_key("eks.amazonaws.com/nodegroup"))
    };
    let unmanaged = nodes.iter().filter(|node| !is_managed(node));
    unmanaged.map(|node| node.metadata.name.clone().unwrap_or_default()).collect()
}
