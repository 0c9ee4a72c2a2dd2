//! Client for Amazon EKS. It reads one cluster and its nodes, and reads and changes the Pod
//! Identity Agent and the Pod Identity associations of the cluster.

mod associations;

use aws_sdk_eks::{
    Client,
    config::{Builder, Region},
    types::{AddonHealth, AddonStatus, Cluster, ClusterStatus},
};
use futures_util::future::join_all;
use gangway_model::{EksCluster, RoleArn, UpstreamError};

use crate::{
    AwsSession, Observed,
    error::{ApiCall, EKS},
};

pub use associations::{Association, Associations, DesiredAssociation};

/// Name of the EKS add-on that installs the Pod Identity Agent. The `DaemonSet` that the add-on
/// creates has the same name.
pub const POD_IDENTITY_AGENT: &str = "eks-pod-identity-agent";

/// EKS client for one cluster, with the credentials of one session.
pub struct EksClient {
    client: Client,
    cluster: String,
}

/// Facts about a cluster from `DescribeCluster`.
#[derive(Clone, Debug)]
pub struct ClusterDescription {
    /// Status as EKS names it, such as `CREATING`; `None` if the cluster is `ACTIVE`.
    pub inactive_status: Option<String>,
    /// Kubernetes version as EKS writes it, such as `1.31`.
    pub version: String,
    /// Where the cluster runs if it does not run in AWS itself; `None` for a cluster in AWS.
    pub external_kind: Option<&'static str>,
    /// URL of the Kubernetes API.
    pub endpoint: Option<String>,
    /// CA certificate of the Kubernetes API: PEM, encoded in Base64.
    pub ca_certificate: Option<String>,
    /// `true` if the Kubernetes API can be reached from within the cluster's network only.
    pub is_private: bool,
    /// `true` if EKS Auto Mode manages the nodes. The Pod Identity Agent is then built in.
    pub has_auto_mode: bool,
}

/// Facts about an add-on from `DescribeAddon`.
#[derive(Clone, Debug)]
pub struct Addon {
    /// Status as EKS names it, such as `DEGRADED`; `None` if the add-on is `ACTIVE`.
    pub inactive_status: Option<String>,
    /// Codes of the health issues of the add-on.
    pub issues: Vec<String>,
    pub version: String,
}

/// Returns the error context of an EKS call.
const fn eks_call(action: &'static str, resource: &'static str) -> ApiCall {
    ApiCall { service: EKS, action, resource }
}

impl EksClient {
    /// Creates a client for the region of `cluster`. Sends no request.
    pub fn new(aws: &AwsSession, cluster: &EksCluster) -> Self {
        let region = Region::new(cluster.region.to_string());
        let config = Builder::from(aws.config()).region(region).build();
        Self { client: Client::from_conf(config), cluster: cluster.name.to_string() }
    }

    pub async fn describe_cluster(&self) -> Result<Observed<ClusterDescription>, UpstreamError> {
        let call = eks_call("eks:DescribeCluster", "such cluster");
        let response = self.client.describe_cluster().name(&self.cluster).send().await;
        let description =
            response.map_err(|error| call.to_upstream_error(&error)).and_then(|response| {
                let cluster =
                    response.cluster.ok_or_else(|| call.incomplete_response("no cluster"));
                cluster.map(|cluster| ClusterDescription::new(&cluster))
            });
        Observed::from_result(description, call.action)
    }

    /// Reads status, health and version of the add-on [`POD_IDENTITY_AGENT`].
    pub async fn describe_agent(&self) -> Result<Observed<Addon>, UpstreamError> {
        let call = eks_call("eks:DescribeAddon", "such add-on");
        let request = self.client.describe_addon().cluster_name(&self.cluster);
        let response = request.addon_name(POD_IDENTITY_AGENT).send().await;
        let addon = response.map_err(|error| call.to_upstream_error(&error)).and_then(|response| {
            let addon = response.addon.ok_or_else(|| call.incomplete_response("no add-on"))?;
            let issues = addon.health().map(AddonHealth::issues).unwrap_or_default();
            let codes = issues.iter().map(|issue| {
                issue.code().map_or("an issue without a code", |code| code.as_str()).to_owned()
            });
            Ok(Addon {
                inactive_status: addon
                    .status()
                    .filter(|status| **status != AddonStatus::Active)
                    .map(|status| status.as_str().to_owned()),
                issues: codes.collect(),
                version: addon.addon_version().unwrap_or_default().to_owned(),
            })
        });
        Observed::from_result(addon, call.action)
    }

    /// Installs the add-on [`POD_IDENTITY_AGENT`] in the default version of EKS. EKS responds
    /// before the agent runs.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::AlreadyExists`] if the add-on is installed or is being installed.
    pub async fn create_agent(&self) -> Result<(), UpstreamError> {
        let call = eks_call("eks:CreateAddon", "such cluster");
        let request = self.client.create_addon().cluster_name(&self.cluster);
        let response = request.addon_name(POD_IDENTITY_AGENT).send().await;
        response.map(drop).map_err(|error| call.to_upstream_error(&error))
    }

    /// Returns the node role of each managed node group. The result contains a role several times
    /// if several node groups use the role.
    pub async fn node_roles(&self) -> Result<Observed<Vec<RoleArn>>, UpstreamError> {
        let call = eks_call("eks:ListNodegroups", "such cluster");
        let pages = self.client.list_nodegroups().cluster_name(&self.cluster).into_paginator();
        let names = pages.items().send().collect::<Result<Vec<_>, _>>().await;
        let names = names.map_err(|error| call.to_upstream_error(&error));
        let names = match Observed::from_result(names, call.action)? {
            Observed::Present(names) => names,
            Observed::Absent => return Ok(Observed::Absent),
            Observed::Inaccessible(inaccessible) => {
                return Ok(Observed::Inaccessible(inaccessible));
            }
        };
        let mut roles = Vec::new();
        for role in join_all(names.iter().map(|name| self.read_node_group_role(name))).await {
            match role? {
                Observed::Present(role) => roles.push(role),
                // The node group was deleted after `ListNodegroups` returned its name.
                Observed::Absent => {}
                Observed::Inaccessible(inaccessible) => {
                    return Ok(Observed::Inaccessible(inaccessible));
                }
            }
        }
        Ok(Observed::Present(roles))
    }

    async fn read_node_group_role(&self, name: &str) -> Result<Observed<RoleArn>, UpstreamError> {
        let call = eks_call("eks:DescribeNodegroup", "such node group");
        let request = self.client.describe_nodegroup().cluster_name(&self.cluster);
        let response = request.nodegroup_name(name).send().await;
        let role = response.map_err(|error| call.to_upstream_error(&error)).and_then(|response| {
            let role = response.nodegroup().and_then(|group| group.node_role());
            let role = role.and_then(|role| role.parse().ok());
            role.ok_or_else(|| call.incomplete_response("a node group without a role"))
        });
        Observed::from_result(role, call.action)
    }

    /// Lists the names of the cluster's Fargate profiles.
    pub async fn fargate_profiles(&self) -> Result<Observed<Vec<String>>, UpstreamError> {
        let call = eks_call("eks:ListFargateProfiles", "such cluster");
        let pages =
            self.client.list_fargate_profiles().cluster_name(&self.cluster).into_paginator();
        let names = pages.items().send().collect::<Result<Vec<_>, _>>().await;
        Observed::from_result(names.map_err(|error| call.to_upstream_error(&error)), call.action)
    }
}

impl ClusterDescription {
    fn new(cluster: &Cluster) -> Self {
        let network = cluster.resources_vpc_config();
        let compute = cluster.compute_config();
        Self {
            inactive_status: cluster
                .status()
                .filter(|status| **status != ClusterStatus::Active)
                .map(|status| status.as_str().to_owned()),
            version: cluster.version().unwrap_or_default().to_owned(),
            external_kind: match (cluster.connector_config(), cluster.outpost_config()) {
                (Some(_), _) => Some("registered with EKS, and run elsewhere"),
                (None, Some(_)) => Some("on Outposts"),
                (None, None) => None,
            },
            endpoint: cluster.endpoint().map(str::to_owned),
            ca_certificate: cluster
                .certificate_authority()
                .and_then(|certificate| certificate.data())
                .map(str::to_owned),
            is_private: network.is_some_and(|network| !network.endpoint_public_access()),
            has_auto_mode: compute.is_some_and(|compute| compute.enabled() == Some(true)),
        }
    }
}
