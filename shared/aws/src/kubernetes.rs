//! Client for the Kubernetes API of an EKS cluster.

mod client;
mod config_map;
mod state;
mod token;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gangway_model::EksCluster;

use crate::{AwsSession, Inaccessible, Observed, eks::ClusterDescription};

pub use config_map::{CLUSTER_NAME_KEY, KUBE_SYSTEM, PALETTE_CONFIG_MAP};
pub use state::{AgentRollout, KubernetesState, Pod, ServiceState};

/// Client for the Kubernetes API of one cluster. It authenticates with the credentials of one AWS
/// session.
pub struct KubernetesClient(kube::Client);

impl KubernetesClient {
    /// Creates a client with the endpoint and CA certificate in `description`, and signs a token.
    /// Sends no request to the cluster.
    pub async fn connect(
        aws: &AwsSession,
        cluster: &EksCluster,
        description: &ClusterDescription,
    ) -> Result<Self, Inaccessible> {
        let inaccessible = |reason: String| Inaccessible {
            reason,
            remedy: "check that EKS returns the endpoint and the CA certificate of the cluster"
                .to_owned(),
            is_denied: false,
        };
        let ClusterDescription { endpoint, ca_certificate, .. } = description;
        let (Some(endpoint), Some(ca_certificate)) = (endpoint, ca_certificate) else {
            let reason = "EKS returns no endpoint and CA certificate of the cluster's API";
            return Err(inaccessible(reason.to_owned()));
        };
        let ca_certificate = STANDARD.decode(ca_certificate.trim()).map_err(|_not_base64| {
            inaccessible("the CA certificate of the cluster is not Base64".to_owned())
        })?;
        let token =
            token::sign(aws, cluster).await.map_err(|error| inaccessible(error.to_string()))?;
        client::new(endpoint, &ca_certificate, &token)
            .map(Self)
            .map_err(|error| inaccessible(error.to_string()))
    }
}

/// Converts the result of a Kubernetes call. `action` is what Gangway tried to do: it completes the
/// sentence "allow the role to {action}".
fn to_observed<T>(result: kube::Result<T>, action: &str) -> Observed<T> {
    let inaccessible = |reason: String, remedy: String, is_denied| {
        Observed::Inaccessible(Inaccessible { reason, remedy, is_denied })
    };
    match result {
        Ok(value) => Observed::Present(value),
        Err(kube::Error::Api(status)) => match status.code {
            404 => Observed::Absent,
            401 => inaccessible(
                "the cluster does not know the role that Gangway inspects with (401)".to_owned(),
                "give that role an EKS access entry with AmazonEKSViewPolicy, or an entry in the ConfigMap aws-auth".to_owned(),
                true,
            ),
            403 => inaccessible(
                format!("the cluster does not allow Gangway to {action} (403)"),
                format!("allow the role that Gangway inspects with to {action}: an EKS access entry with AmazonEKSViewPolicy does"),
                true,
            ),
            code => inaccessible(
                format!("the cluster's API answered {code}"),
                "validate again".to_owned(),
                false,
            ),
        },
        Err(_unreachable) => inaccessible(
            "the cluster's API cannot be reached from here".to_owned(),
            "let Gangway reach the cluster's API: connect its functions to the cluster's network, or open the public endpoint to them".to_owned(),
            false,
        ),
    }
}
