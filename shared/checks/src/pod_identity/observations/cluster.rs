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

/// The facts about a cluster, from EKS and from the Kubernetes API of the cluster.
pub struct ClusterObservations {
    pub description: Observed<ClusterDescription>,
    /// `true` if the cluster is in the AWS account of this Lambda function, and the roles are in
    /// another AWS account.
    pub(in crate::pod_identity) is_in_function_account: bool,
    /// The EKS add-on of the Pod Identity Agent.
    pub agent: Observed<Addon>,
    /// The role of each managed node group, and whether the role lets the Pod Identity Agent
    /// request credentials.
    pub(in crate::pod_identity) node_roles: Observed<Vec<(RoleArn, SimulationOutcome)>>,
    /// The names of the Fargate profiles. Read only if the `ConfigMap` does not name the cluster.
    pub(in crate::pod_identity) fargate_profiles: Option<Observed<Vec<String>>>,
    pub kubernetes: KubernetesState,
    /// The client of the cluster's Kubernetes API. `None` if Gangway could not connect.
    pub client: Option<KubernetesClient>,
    pub associations: Observed<Associations>,
}

/// Reads all facts about the cluster with parallel calls.
pub(super) async fn observe_cluster(
    access: &AccountAccess,
    cluster: &EksCluster,
) -> Result<ClusterObservations, UpstreamError> {
    let aws = match to_session(&access.cluster) {
        Ok(aws) => aws,
        Err(inaccessible) => return Ok(ClusterObservations::from_inaccessible(&inaccessible)),
    };
    let eks = EksClient::new(aws, cluster);
    let (described, agent, node_roles, associations) = join!(
        describe_and_connect(aws, &eks, access, cluster),
        eks.describe_agent(),
        simulate_node_roles(aws, &eks, cluster.region.as_str()),
        eks.associations(),
    );
    let DescribedCluster {
        description,
        is_in_function_account,
        kubernetes,
        client,
        fargate_profiles,
    } = described?;
    Ok(ClusterObservations {
        description,
        is_in_function_account,
        agent: agent?,
        node_roles: node_roles?,
        fargate_profiles,
        kubernetes,
        client,
        associations: associations?,
    })
}

impl ClusterObservations {
    fn from_inaccessible(reason: &Inaccessible) -> Self {
        Self {
            description: Observed::Inaccessible(reason.clone()),
            is_in_function_account: false,
            agent: Observed::Inaccessible(reason.clone()),
            node_roles: Observed::Inaccessible(reason.clone()),
            fargate_profiles: None,
            kubernetes: KubernetesState::inaccessible(reason),
            client: None,
            associations: Observed::Inaccessible(reason.clone()),
        }
    }
}

/// The description of the cluster, and the facts that can be read only with the description.
struct DescribedCluster {
    description: Observed<ClusterDescription>,
    is_in_function_account: bool,
    kubernetes: KubernetesState,
    client: Option<KubernetesClient>,
    fargate_profiles: Option<Observed<Vec<String>>>,
}

async fn describe_and_connect(
    aws: &AwsSession,
    eks: &EksClient,
    access: &AccountAccess,
    cluster: &EksCluster,
) -> Result<DescribedCluster, UpstreamError> {
    let description = eks.describe_cluster().await?;
    // If the Kubernetes API does not respond, its checks are unverified, and half of the time
    // remains for the other calls.
    let kubernetes = observe_kubernetes(aws, cluster, &description);
    let (kubernetes, client) = deadline::with_half_remaining(kubernetes).await;
    let is_in_function_account = match (&description, &access.function) {
        (Observed::Absent, Some(function)) => {
            let eks = EksClient::new(function, cluster);
            matches!(eks.describe_cluster().await, Ok(Observed::Present(_)))
        }
        (Observed::Present(_) | Observed::Absent | Observed::Inaccessible(_), _) => false,
    };
    let fargate_profiles = match &kubernetes.config_map {
        Observed::Present(Some(name)) if name == cluster.name.as_str() => None,
        Observed::Present(_) | Observed::Absent => Some(eks.fargate_profiles().await?),
        Observed::Inaccessible(_) => None,
    };
    Ok(DescribedCluster {
        description,
        is_in_function_account,
        kubernetes,
        client,
        fargate_profiles,
    })
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

/// Simulates for the role of each node group whether the Pod Identity Agent may request
/// credentials. A role that several node groups have is simulated once.
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
