//! What EKS and the cluster's own API show.

use futures_util::future::join_all;
use gangway_aws::AwsSession;
use gangway_checks::iam::grants::{self, SimulationOutcome};
use gangway_http::deadline;
use gangway_model::{RoleArn, UpstreamError};
use gangway_policies::pod_identity::NODE_AGENT;
use kube::Client;
use tokio::join;

use super::{AccountAccess, open_cluster};
use crate::{
    eks::{Addon, Associations, ClusterDescription, EksClient},
    kubernetes::{self, ClusterState},
    observed::{Inaccessible, Observed},
    request::PodIdentityRequest,
};

/// What EKS and the cluster itself show.
pub(super) struct ClusterObservations {
    pub(super) cluster: Observed<ClusterDescription>,
    pub(super) elsewhere: bool,
    pub(super) agent: Observed<Addon>,
    pub(super) nodes: Observed<Vec<(RoleArn, SimulationOutcome)>>,
    pub(super) fargate: Option<Observed<Vec<String>>>,
    pub(super) kubernetes: ClusterState,
    pub(super) client: Option<Client>,
    pub(super) associations: Observed<Associations>,
}

pub(super) async fn observe_cluster(
    views: &AccountAccess,
    wish: &PodIdentityRequest,
) -> Result<ClusterObservations, UpstreamError> {
    let (aws, eks) = match (open_cluster(&views.cluster), views.eks(wish)) {
        (Ok(aws), Ok(eks)) => (aws, eks),
        (Err(hidden), _) | (_, Err(hidden)) => {
            return Ok(ClusterObservations {
                cluster: Observed::Inaccessible(hidden.clone()),
                elsewhere: false,
                agent: Observed::Inaccessible(hidden.clone()),
                nodes: Observed::Inaccessible(hidden.clone()),
                fargate: None,
                kubernetes: ClusterState::inaccessible(&hidden),
                client: None,
                associations: Observed::Inaccessible(hidden),
            });
        }
    };
    let (described, agent, nodes, associations) =
        join!(cluster(aws, &eks, views, wish), eks.agent(), nodes(aws, &eks), eks.associations(),);
    let (cluster, elsewhere, kubernetes, client, fargate) = described?;
    let (agent, nodes, associations) = (agent?, nodes?, associations?);
    Ok(ClusterObservations {
        cluster,
        elsewhere,
        agent,
        nodes,
        fargate,
        kubernetes,
        client,
        associations,
    })
}

type Cluster = (
    Observed<ClusterDescription>,
    bool,
    ClusterState,
    Option<Client>,
    Option<Observed<Vec<String>>>,
);

async fn cluster(
    aws: &AwsSession,
    eks: &EksClient,
    views: &AccountAccess,
    wish: &PodIdentityRequest,
) -> Result<Cluster, UpstreamError> {
    let described = eks.describe().await?;
    let hidden = |reason: &str| Inaccessible {
        reason: reason.to_owned(),
        remedy: "mend the checks above".to_owned(),
        refused: false,
    };
    // What cannot be seen inside the cluster is unverified; all else is still to be asked.
    let (look, client) = deadline::with_half_remaining(async {
        let opened = match &described {
            Observed::Present(there) => kubernetes::open(aws, &wish.cluster, there).await,
            Observed::Absent => Err(hidden("there is no such cluster")),
            Observed::Inaccessible(why) => Err(why.clone()),
        };
        match opened {
            Ok(client) => (ClusterState::at(&client).await, Some(client)),
            Err(hidden) => (ClusterState::inaccessible(&hidden), None),
        }
    })
    .await;
    let elsewhere = match (&described, &views.own) {
        (Observed::Absent, Some(own)) => {
            matches!(EksClient::new(own, &wish.cluster).describe().await, Ok(Observed::Present(_)))
        }
        (Observed::Present(_) | Observed::Absent | Observed::Inaccessible(_), _) => false,
    };
    let named =
        matches!(look.config.present(), Some(Some(name)) if *name == wish.cluster.name.to_string());
    let fargate = match &look.config {
        Observed::Present(_) | Observed::Absent if !named => Some(eks.fargate().await?),
        Observed::Present(_) | Observed::Absent | Observed::Inaccessible(_) => None,
    };
    Ok((described, elsewhere, look, client, fargate))
}

/// P06.
async fn nodes(
    aws: &AwsSession,
    eks: &EksClient,
) -> Result<Observed<Vec<(RoleArn, SimulationOutcome)>>, UpstreamError> {
    let roles = match eks.node_roles().await? {
        Observed::Present(roles) => roles,
        Observed::Absent => return Ok(Observed::Absent),
        Observed::Inaccessible(hidden) => return Ok(Observed::Inaccessible(hidden)),
    };
    let mut each: Vec<RoleArn> = Vec::new();
    for role in roles {
        if !each.contains(&role) {
            each.push(role);
        }
    }
    let asked = each.into_iter().map(async |role| {
        let wanted = vec![(vec![NODE_AGENT.to_owned()], vec!["*".to_owned()])];
        let allowed = grants::simulate(aws, &role, wanted).await?;
        Ok((role, allowed))
    });
    join_all(asked).await.into_iter().collect::<Result<_, _>>().map(Observed::Present)
}
