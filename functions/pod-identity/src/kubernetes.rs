//! What the cluster's own Kubernetes API tells.

mod client;
mod state;
mod token;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gangway_aws::AwsSession;
use kube::Client;

use crate::{
    cluster::Cluster,
    eks::ClusterDescription,
    observed::{Inaccessible, Observed},
};

pub(crate) use state::{Agent, CONFIG, CONFIG_KEY, ClusterState, Pod, SYSTEM};

/// The Kubernetes API of a cluster, or why it cannot be asked.
pub(crate) async fn open(
    aws: &AwsSession,
    cluster: &Cluster,
    described: &ClusterDescription,
) -> Result<Client, Inaccessible> {
    let unreachable = |reason: String| Inaccessible {
        reason,
        remedy: "see that EKS tells the endpoint and the certification authority of the cluster"
            .to_owned(),
        refused: false,
    };
    let ClusterDescription { endpoint, authority, .. } = described;
    let (Some(endpoint), Some(authority)) = (endpoint, authority) else {
        return Err(unreachable("EKS does not tell where the cluster's API is".to_owned()));
    };
    let authority = STANDARD.decode(authority.trim()).map_err(|_not_base64| {
        unreachable("the cluster's certification authority cannot be read".to_owned())
    })?;
    let token = token::sign(aws, cluster).await.map_err(|fault| unreachable(fault.to_string()))?;
    client::new(endpoint, &authority, &token).map_err(|fault| unreachable(fault.to_string()))
}

/// Sorts what the API says. `what` completes the sentence "allow … to the role that Gangway looks with".
pub(crate) fn seen<T>(answer: kube::Result<T>, what: &str) -> Observed<T> {
    let hidden = |reason: String, remedy: String, refused| {
        Observed::Inaccessible(Inaccessible { reason, remedy, refused })
    };
    match answer {
        Ok(there) => Observed::Present(there),
        Err(kube::Error::Api(status)) => match status.code {
            404 => Observed::Absent,
            401 => hidden(
                "the cluster does not know the role that Gangway looks with (401)".to_owned(),
                "give that role an EKS access entry with AmazonEKSViewPolicy, or a line in aws-auth".to_owned(),
                true,
            ),
            403 => hidden(
                format!("the cluster does not let Gangway {what} (403)"),
                format!("allow the role that Gangway looks with to {what}: an EKS access entry with AmazonEKSViewPolicy does"),
                true,
            ),
            code => hidden(
                format!("the cluster's API answered {code}"),
                "validate again".to_owned(),
                false,
            ),
        },
        Err(_unreachable) => hidden(
            "the cluster's API cannot be reached from here".to_owned(),
            "let Gangway reach the cluster's API: connect its functions to the cluster's network, or open the public endpoint to them".to_owned(),
            false,
        ),
    }
}
