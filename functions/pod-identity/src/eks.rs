//! What EKS tells of the cluster, its agent and its nodes.

mod associations;

use aws_sdk_eks::{
    Client,
    config::{Builder, Region},
    types::{AddonHealth, AddonStatus, ClusterStatus},
};
use futures_util::future::join_all;
use gangway_aws::{
    AwsSession,
    error::{ApiCall, EKS},
};
use gangway_model::{RoleArn, UpstreamError};

pub(crate) use associations::{Association, AssociationChange, Associations};

use crate::{cluster::Cluster, observed::Observed};

/// The add-on's name, and that of the DaemonSet that it installs.
pub(crate) const AGENT: &str = "eks-pod-identity-agent";

/// EKS in the region of one cluster, seen with one identity.
pub(crate) struct EksClient {
    client: Client,
    cluster: String,
}

/// A cluster.
#[derive(Clone, Debug)]
pub(crate) struct ClusterDescription {
    /// `None` where it is active, else in EKS's own word.
    pub(crate) not_active: Option<String>,
    /// As EKS writes it: `1.31`.
    pub(crate) version: String,
    /// Where it does not run in AWS itself, what it is.
    pub(crate) foreign: Option<&'static str>,
    /// Where its Kubernetes API is.
    pub(crate) endpoint: Option<String>,
    /// Who signs that API's certificate: PEM in base64.
    pub(crate) authority: Option<String>,
    /// Its API is reached from within its network only.
    pub(crate) private: bool,
    /// EKS looks after its nodes, the agent included.
    pub(crate) auto_mode: bool,
}

/// An add-on.
#[derive(Clone, Debug)]
pub(crate) struct Addon {
    /// `None` where it is active, else in EKS's own word.
    pub(crate) not_active: Option<String>,
    /// Codes of what ails it.
    pub(crate) issues: Vec<String>,
    /// Its version.
    pub(crate) version: String,
}

const fn call(action: &'static str, what: &'static str) -> ApiCall {
    ApiCall { service: EKS, action, resource: what }
}

impl EksClient {
    pub(crate) fn new(aws: &AwsSession, cluster: &Cluster) -> Self {
        let region = Region::new(cluster.region.to_string());
        let config = Builder::from(aws.config()).region(region).build();
        Self { client: Client::from_conf(config), cluster: cluster.name.to_string() }
    }

    /// P01–P03, and where its Kubernetes API is.
    pub(crate) async fn describe(&self) -> Result<Observed<ClusterDescription>, UpstreamError> {
        let call = call("eks:DescribeCluster", "such cluster");
        let answer = self.client.describe_cluster().name(&self.cluster).send().await;
        let answer = answer.map_err(|error| call.to_upstream_error(&error));
        let answer = answer.and_then(|answer| {
            answer.cluster.ok_or_else(|| call.invalid_response("no cluster")).map(|cluster| {
                let network = cluster.resources_vpc_config();
                let compute = cluster.compute_config();
                ClusterDescription {
                    not_active: cluster
                        .status()
                        .filter(|status| **status != ClusterStatus::Active)
                        .map(|status| status.as_str().to_owned()),
                    version: cluster.version().unwrap_or_default().to_owned(),
                    foreign: match (cluster.connector_config(), cluster.outpost_config()) {
                        (Some(_), _) => Some("registered with EKS, and run elsewhere"),
                        (None, Some(_)) => Some("on Outposts"),
                        (None, None) => None,
                    },
                    endpoint: cluster.endpoint().map(str::to_owned),
                    authority: cluster
                        .certificate_authority()
                        .and_then(|authority| authority.data())
                        .map(str::to_owned),
                    private: network.is_some_and(|network| !network.endpoint_public_access()),
                    auto_mode: compute.is_some_and(|compute| compute.enabled() == Some(true)),
                }
            })
        });
        Observed::of(answer, call.action)
    }

    /// P04.
    pub(crate) async fn agent(&self) -> Result<Observed<Addon>, UpstreamError> {
        let call = call("eks:DescribeAddon", "such add-on");
        let request = self.client.describe_addon().cluster_name(&self.cluster).addon_name(AGENT);
        let answer = request.send().await.map_err(|error| call.to_upstream_error(&error));
        let answer = answer.and_then(|answer| {
            let addon = answer.addon.ok_or_else(|| call.invalid_response("no add-on"))?;
            let issues = addon.health().map(AddonHealth::issues).unwrap_or_default();
            let codes = issues.iter().map(|issue| {
                issue.code().map_or_else(
                    || "an issue without a code".to_owned(),
                    |code| code.as_str().to_owned(),
                )
            });
            Ok(Addon {
                not_active: addon
                    .status()
                    .filter(|status| **status != AddonStatus::Active)
                    .map(|status| status.as_str().to_owned()),
                issues: codes.collect(),
                version: addon.addon_version().unwrap_or_default().to_owned(),
            })
        });
        Observed::of(answer, call.action)
    }

    /// The roles of the managed node groups, one for each group (P06, P09).
    pub(crate) async fn node_roles(&self) -> Result<Observed<Vec<RoleArn>>, UpstreamError> {
        let call = call("eks:ListNodegroups", "such cluster");
        let pages = self.client.list_nodegroups().cluster_name(&self.cluster).into_paginator();
        let names = pages.items().send().collect::<Result<Vec<_>, _>>().await;
        let names = names.map_err(|error| call.to_upstream_error(&error));
        let names = match Observed::of(names, call.action)? {
            Observed::Present(names) => names,
            Observed::Absent => return Ok(Observed::Absent),
            Observed::Inaccessible(hidden) => return Ok(Observed::Inaccessible(hidden)),
        };
        let mut roles = Vec::new();
        for seen in join_all(names.iter().map(|name| self.role_of(name))).await {
            match seen? {
                Observed::Present(role) => roles.push(role),
                // Removed since it was listed.
                Observed::Absent => {}
                Observed::Inaccessible(hidden) => return Ok(Observed::Inaccessible(hidden)),
            }
        }
        Ok(Observed::Present(roles))
    }

    async fn role_of(&self, group: &str) -> Result<Observed<RoleArn>, UpstreamError> {
        let call = call("eks:DescribeNodegroup", "such node group");
        let request = self.client.describe_nodegroup();
        let request = request.cluster_name(&self.cluster).nodegroup_name(group);
        let answer = request.send().await.map_err(|error| call.to_upstream_error(&error));
        let role = answer.and_then(|answer| {
            let role = answer.nodegroup().and_then(|group| group.node_role());
            let role = role.and_then(|role| role.parse().ok());
            role.ok_or_else(|| call.invalid_response("a node group without a role"))
        });
        Observed::of(role, call.action)
    }

    /// The Fargate profiles: their pods have no instance metadata (P09).
    pub(crate) async fn fargate(&self) -> Result<Observed<Vec<String>>, UpstreamError> {
        let call = call("eks:ListFargateProfiles", "such cluster");
        let pages =
            self.client.list_fargate_profiles().cluster_name(&self.cluster).into_paginator();
        let names = pages.items().send().collect::<Result<Vec<_>, _>>().await;
        Observed::of(names.map_err(|error| call.to_upstream_error(&error)), call.action)
    }
}
