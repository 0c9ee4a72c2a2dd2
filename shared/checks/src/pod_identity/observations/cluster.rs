//! Facts from EKS and from the cluster's Kubernetes API.

use futures_util::future::join_all;
use gangway_aws::{
    AwsSession, Inaccessible, Observed,
    eks::{Addon, Associations, ClusterDescription, EksClient},
    kubernetes::{KubernetesClient, KubernetesState},
};
use gangway_http::deadline;
use gangway_model::{EksCluster, RoleArn, UpstreamError};
use gangway_policies::pod_identity::NODE_AGENT;
use tokio::join;

use super::{AccountAccess, to_session};
use crate::iam::grants::{self, SimulationOutcome};

/// Facts from EKS and from the cluster.
pub struct ClusterObservations {
    pub description: Observed<ClusterDescription>,
    /// `true` if the cluster is not in the account of the roles, but in that of the function.
    pub(in crate::pod_identity) is_in_function_account: bool,
    pub agent: Observed<Addon>,
    /// For the role of each managed node group: whether it lets the agent ask for credentials.
    pub(in crate::pod_identity) nodes: Observed<Vec<(RoleArn, SimulationOutcome)>>,
    /// Fargate profiles. Read only if the `ConfigMap` does not name the cluster.
    pub(in crate::pod_identity) fargate: Option<Observed<Vec<String>>>,
    pub kubernetes: KubernetesState,
    /// Client of the cluster's Kubernetes API, if one could be created.
    pub client: Option<KubernetesClient>,
    pub associations: Observed<Associations>,
}

pub(super) async fn observe_cluster(
    access: &AccountAccess,
    cluster: &EksCluster,
) -> Result<ClusterObservations, UpstreamError> {
    let aws = match to_session(&access.cluster) {
        Ok(aws) => aws,
        Err(inaccessible) => return Ok(ClusterObservations::inaccessible(&inaccessible)),
    };
    let eks = EksClient::new(aws, cluster);
    let (described, agent, nodes, associations) = join!(
        describe(aws, &eks, access, cluster),
        eks.describe_agent(),
        simulate_node_roles(aws, &eks, cluster.region.as_str()),
        eks.associations(),
    );
    let Described { description, is_in_function_account, kubernetes, client, fargate } = described?;
    Ok(ClusterObservations {
        description,
        is_in_function_account,
        agent: agent?,
        nodes: nodes?,
        fargate,
        kubernetes,
        client,
        associations: associations?,
    })
}

impl ClusterObservations {
    fn inaccessible(reason: &Inaccessible) -> Self {
        Self {
            description: Observed::Inaccessible(reason.clone()),
            is_in_function_account: false,
            agent: Observed::Inaccessible(reason.clone()),
            nodes: Observed::Inaccessible(reason.clone()),
            fargate: None,
            kubernetes: KubernetesState::inaccessible(reason),
            client: None,
            associations: Observed::Inaccessible(reason.clone()),
        }
    }
}

/// The cluster, and what can be read only once it is described.
struct Described {
    description: Observed<ClusterDescription>,
    is_in_function_account: bool,
    kubernetes: KubernetesState,
    client: Option<KubernetesClient>,
    fargate: Option<Observed<Vec<String>>>,
}

async fn describe(
    aws: &AwsSession,
    eks: &EksClient,
    access: &AccountAccess,
    cluster: &EksCluster,
) -> Result<Described, UpstreamError> {
    let description = eks.describe_cluster().await?;
    // If the cluster does not answer, its checks are unverified, and the remaining time is used for
    // the other calls.
    let kubernetes = observe_kubernetes(aws, cluster, &description);
    let (kubernetes, client) = deadline::with_half_remaining(kubernetes).await;
    let is_in_function_account = match (&description, &access.function) {
        (Observed::Absent, Some(function)) => {
            let eks = EksClient::new(function, cluster);
            matches!(eks.describe_cluster().await, Ok(Observed::Present(_)))
        }
        (Observed::Present(_) | Observed::Absent | Observed::Inaccessible(_), _) => false,
    };
    let fargate = match &kubernetes.config_map {
        Observed::Present(Some(name)) if name == cluster.name.as_str() => None,
        Observed::Present(_) | Observed::Absent => Some(eks.fargate_profiles().await?),
        Observed::Inaccessible(_) => None,
    };
    Ok(Described { description, is_in_function_account, kubernetes, client, fargate })
}

async fn observe_kubernetes(
    aws: &AwsSession,
    cluster: &EksCluster,
    description: &Observed<ClusterDescription>,
) -> (KubernetesState, Option<KubernetesClient>) {
    let client = match description {
        Observed::Present(description) => {
            KubernetesClient::connect(aws, cluster, description).await
        }
        Observed::Absent => Err(Inaccessible {
            reason: "there is no such cluster".to_owned(),
            remedy: "fix the checks above".to_owned(),
            is_denied: false,
        }),
        Observed::Inaccessible(inaccessible) => Err(inaccessible.clone()),
    };
    match client {
        Ok(client) => (client.state().await, Some(client)),
        Err(inaccessible) => (KubernetesState::inaccessible(&inaccessible), None),
    }
}

/// Simulates, for each different node role, the call with which the agent asks for credentials.
async fn simulate_node_roles(
    aws: &AwsSession,
    eks: &EksClient,
    region: &str,
) -> Result<Observed<Vec<(RoleArn, SimulationOutcome)>>, UpstreamError> {
    let roles = match eks.node_roles().await? {
        Observed::Present(roles) => roles,
        Observed::Absent => return Ok(Observed::Absent),
        Observed::Inaccessible(inaccessible) => return Ok(Observed::Inaccessible(inaccessible)),
    };
    let mut different_roles: Vec<RoleArn> = Vec::new();
    for role in roles {
        if !different_roles.contains(&role) {
            different_roles.push(role);
        }
    }
    let simulations = different_roles.into_iter().map(async |role| {
        let query = vec![(vec![NODE_AGENT.to_owned()], vec!["*".to_owned()])];
        let outcome = grants::simulate(aws, &role, region, query).await?;
        Ok((role, outcome))
    });
    join_all(simulations).await.into_iter().collect::<Result<_, _>>().map(Observed::Present)
}
