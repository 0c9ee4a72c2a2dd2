//! What EKS and the cluster's own API show.

use futures_util::future::join_all;
use gangway_aws::AwsSession;
use gangway_checks::iam::grants::{self, SimulationOutcome};
use gangway_http::deadline;
use gangway_model::{RoleArn, UpstreamError};
use gangway_policies::pod_identity::NODE_AGENT;
use kube::Client;
use tokio::join;

use super::{Views, open};
use crate::{
    eks::{Addon, Associations, Described, Eks},
    kubernetes::{self, Look},
    request::Wish,
    seen::{Hidden, Seen},
};

/// What EKS and the cluster itself show.
pub(super) struct Inside {
    pub(super) cluster: Seen<Described>,
    pub(super) elsewhere: bool,
    pub(super) agent: Seen<Addon>,
    pub(super) nodes: Seen<Vec<(RoleArn, SimulationOutcome)>>,
    pub(super) fargate: Option<Seen<Vec<String>>>,
    pub(super) kubernetes: Look,
    pub(super) client: Option<Client>,
    pub(super) associations: Seen<Associations>,
}

pub(super) async fn inside(views: &Views, wish: &Wish) -> Result<Inside, UpstreamError> {
    let (aws, eks) = match (open(&views.cluster), views.eks(wish)) {
        (Ok(aws), Ok(eks)) => (aws, eks),
        (Err(hidden), _) | (_, Err(hidden)) => {
            return Ok(Inside {
                cluster: Seen::Hidden(hidden.clone()),
                elsewhere: false,
                agent: Seen::Hidden(hidden.clone()),
                nodes: Seen::Hidden(hidden.clone()),
                fargate: None,
                kubernetes: Look::hidden(&hidden),
                client: None,
                associations: Seen::Hidden(hidden),
            });
        }
    };
    let (described, agent, nodes, associations) =
        join!(cluster(aws, &eks, views, wish), eks.agent(), nodes(aws, &eks), eks.associations(),);
    let (cluster, elsewhere, kubernetes, client, fargate) = described?;
    let (agent, nodes, associations) = (agent?, nodes?, associations?);
    Ok(Inside { cluster, elsewhere, agent, nodes, fargate, kubernetes, client, associations })
}

type Cluster = (Seen<Described>, bool, Look, Option<Client>, Option<Seen<Vec<String>>>);

async fn cluster(
    aws: &AwsSession,
    eks: &Eks,
    views: &Views,
    wish: &Wish,
) -> Result<Cluster, UpstreamError> {
    let described = eks.describe().await?;
    let hidden = |reason: &str| Hidden {
        reason: reason.to_owned(),
        remedy: "mend the checks above".to_owned(),
        refused: false,
    };
    // What cannot be seen inside the cluster is unverified; all else is still to be asked.
    let (look, client) = deadline::with_half_remaining(async {
        let opened = match &described {
            Seen::There(there) => kubernetes::open(aws, &wish.cluster, there).await,
            Seen::Missing => Err(hidden("there is no such cluster")),
            Seen::Hidden(why) => Err(why.clone()),
        };
        match opened {
            Ok(client) => (Look::at(&client).await, Some(client)),
            Err(hidden) => (Look::hidden(&hidden), None),
        }
    })
    .await;
    let elsewhere = match (&described, &views.own) {
        (Seen::Missing, Some(own)) => {
            matches!(Eks::new(own, &wish.cluster).describe().await, Ok(Seen::There(_)))
        }
        (Seen::There(_) | Seen::Missing | Seen::Hidden(_), _) => false,
    };
    let named =
        matches!(look.config.there(), Some(Some(name)) if *name == wish.cluster.name.to_string());
    let fargate = match &look.config {
        Seen::There(_) | Seen::Missing if !named => Some(eks.fargate().await?),
        Seen::There(_) | Seen::Missing | Seen::Hidden(_) => None,
    };
    Ok((described, elsewhere, look, client, fargate))
}

/// P06.
async fn nodes(
    aws: &AwsSession,
    eks: &Eks,
) -> Result<Seen<Vec<(RoleArn, SimulationOutcome)>>, UpstreamError> {
    let roles = match eks.node_roles().await? {
        Seen::There(roles) => roles,
        Seen::Missing => return Ok(Seen::Missing),
        Seen::Hidden(hidden) => return Ok(Seen::Hidden(hidden)),
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
    join_all(asked).await.into_iter().collect::<Result<_, _>>().map(Seen::There)
}
