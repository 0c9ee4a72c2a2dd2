//! What is looked at in the cluster, all at the same time.

use gangway_policies::pod_identity::{
    HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, ServiceAccount as Account,
};
use k8s_openapi::api::{
    apps::v1::DaemonSet,
    core::v1::{self, ConfigMap, Node, ServiceAccount},
};
use kube::{Api, Client, api::ListParams};
use tokio::join;

use super::seen;
use crate::{
    eks::AGENT,
    observed::{Inaccessible, Observed},
};

/// Where the agent and the ConfigMap are.
pub(crate) const SYSTEM: &str = "kube-system";
/// The ConfigMap that tells Palette the name of its own cluster (P08).
pub(crate) const CONFIG: &str = "palette-global-config";
/// The key in it.
pub(crate) const CONFIG_KEY: &str = "managementClusterName";

/// Both variables that EKS puts into pods that it gives credentials to (P25).
const VARIABLES: [&str; 2] =
    ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];

/// Labels of Hubble's pods, of which pages name one or the other (T33), and of the identity service's.
const HUBBLE_SELECTOR: [&str; 2] = ["app=spectro-hubble", "component=cloud"];
const IDENTITY_SELECTOR: &str = "app=palette-identity";

/// What the cluster shows.
#[derive(Clone, Debug)]
pub(crate) struct ClusterState {
    pub(crate) version: Observed<String>,
    /// The cluster's name in the ConfigMap; `None` where it has no such key.
    pub(crate) config: Observed<Option<String>>,
    pub(crate) agent: Observed<Agent>,
    pub(crate) hubble: Service,
    pub(crate) identity: Service,
    /// Nodes that no managed node group has, by name.
    pub(crate) strays: Observed<Vec<String>>,
}

/// A service of Palette's.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) account: Observed<()>,
    pub(crate) pods: Observed<Vec<Pod>>,
}

/// How far the agent is rolled out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Agent {
    pub(crate) desired: i32,
    pub(crate) ready: i32,
}

/// A pod that runs, or is to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Pod {
    pub(crate) name: String,
    /// One of its containers has both variables.
    pub(crate) has_credentials: bool,
}

impl ClusterState {
    /// The same where nothing can be seen.
    pub(crate) fn inaccessible(hidden: &Inaccessible) -> Self {
        let service = || Service {
            account: Observed::Inaccessible(hidden.clone()),
            pods: Observed::Inaccessible(hidden.clone()),
        };
        Self {
            version: Observed::Inaccessible(hidden.clone()),
            config: Observed::Inaccessible(hidden.clone()),
            agent: Observed::Inaccessible(hidden.clone()),
            hubble: service(),
            identity: service(),
            strays: Observed::Inaccessible(hidden.clone()),
        }
    }

    /// Asks everything at the same time.
    pub(crate) async fn at(client: &Client) -> Self {
        let maps: Api<ConfigMap> = Api::namespaced(client.clone(), SYSTEM);
        let agents: Api<DaemonSet> = Api::namespaced(client.clone(), SYSTEM);
        let nodes: Api<Node> = Api::all(client.clone());
        let everything = ListParams::default();
        let (version, config, agent, nodes, hubbles, identitys, hubble, other, identity) = join!(
            client.apiserver_version(),
            maps.get(CONFIG),
            agents.get(AGENT),
            nodes.list(&everything),
            service_account(client, HUBBLE_SERVICE_ACCOUNT),
            service_account(client, IDENTITY_SERVICE_ACCOUNT),
            pods(client, HUBBLE_SERVICE_ACCOUNT, HUBBLE_SELECTOR[0]),
            pods(client, HUBBLE_SERVICE_ACCOUNT, HUBBLE_SELECTOR[1]),
            pods(client, IDENTITY_SERVICE_ACCOUNT, IDENTITY_SELECTOR),
        );
        Self {
            version: seen(version, "ask for its version").map(|version| version.git_version),
            config: seen(config, "read config maps of kube-system").map(named),
            agent: seen(agent, "read daemon sets of kube-system").map(|agent| Agent::of(&agent)),
            hubble: Service { account: hubbles, pods: either(hubble, other) },
            identity: Service { account: identitys, pods: identity },
            strays: seen(nodes, "list nodes").map(|nodes| unexpected_pods(&nodes.items)),
        }
    }
}

fn named(map: ConfigMap) -> Option<String> {
    map.data.and_then(|mut data| data.remove(CONFIG_KEY))
}

impl Agent {
    fn of(set: &DaemonSet) -> Self {
        let status = set.status.as_ref();
        let of = |count: fn(&k8s_openapi::api::apps::v1::DaemonSetStatus) -> i32| {
            status.map_or(0, count)
        };
        Self {
            desired: of(|status| status.desired_number_scheduled),
            ready: of(|status| status.number_ready),
        }
    }
}

async fn service_account(client: &Client, account: Account) -> Observed<()> {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), account.namespace);
    seen(accounts.get(account.name).await, "read Palette's service accounts").map(drop)
}

async fn pods(client: &Client, account: Account, label: &str) -> Observed<Vec<Pod>> {
    let pods: Api<v1::Pod> = Api::namespaced(client.clone(), account.namespace);
    let list = pods.list(&ListParams::default().labels(label)).await;
    seen(list, "list pods of Palette's namespaces").map(|list| {
        // Other services may have the label too.
        list.items.iter().filter(|pod| runs(pod, account)).map(Pod::of).collect()
    })
}

/// Not one that has done its work or is on its way out, and with this service account.
fn runs(pod: &v1::Pod, account: Account) -> bool {
    let done = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    let own = pod.spec.as_ref().and_then(|spec| spec.service_account_name.as_deref());
    pod.metadata.deletion_timestamp.is_none()
        && !matches!(done, Some("Succeeded" | "Failed"))
        && own.is_none_or(|own| own == account.name)
}

/// The first spelling's pods, or where it has none, the other's.
fn either(one: Observed<Vec<Pod>>, other: Observed<Vec<Pod>>) -> Observed<Vec<Pod>> {
    match (one, other) {
        (Observed::Present(one), Observed::Present(other)) if one.is_empty() => {
            Observed::Present(other)
        }
        (one, _) => one,
    }
}

impl Pod {
    fn of(pod: &v1::Pod) -> Self {
        let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
        let both = |container: &v1::Container| {
            VARIABLES.iter().all(|wanted| {
                container.env.iter().flatten().any(|variable| variable.name == *wanted)
            })
        };
        Self {
            name: pod.metadata.name.clone().unwrap_or_default(),
            has_credentials: containers.into_iter().any(both),
        }
    }
}

fn unexpected_pods(nodes: &[Node]) -> Vec<String> {
    let managed = |node: &&Node| {
        node.metadata
            .labels
            .as_ref()
            .is_some_and(|labels| labels.contains_key("eks.amazonaws.com/nodegroup"))
    };
    let strays = nodes.iter().filter(|node| !managed(node));
    strays.map(|node| node.metadata.name.clone().unwrap_or_default()).collect()
}
