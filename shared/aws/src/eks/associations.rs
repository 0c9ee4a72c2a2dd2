//! Reads and changes Pod Identity associations. An association names the role that EKS gives to the
//! pods of a service account.

use futures_util::future::join_all;
use gangway_model::UpstreamError;
use gangway_policies::pod_identity::{MANAGER_SERVICE_ACCOUNT_NAME, ServiceAccount};

use super::{EksClient, eks_call};
use crate::Observed;

/// Maximum number of associations that Gangway describes. A cluster has at most 1,000 associations,
/// and Palette creates nearly all of them.
const MAX_DESCRIBED: usize = 200;

/// Facts about a Pod Identity association from `DescribePodIdentityAssociation`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Association {
    pub id: String,
    pub namespace: String,
    pub service_account: String,
    pub role: String,
    pub target_role: Option<String>,
    /// External id that EKS sends to STS when EKS assumes the target role.
    pub external_id: Option<String>,
    /// Session policy in JSON. It limits the permissions of the target role if there is one, else
    /// of the role.
    pub session_policy: Option<String>,
    /// `true` if EKS sends no session tags when EKS assumes the role.
    pub is_untagged: bool,
    /// ARN of the add-on that owns the association. Only this add-on may change the association.
    pub owner: Option<String>,
}

/// Associations of a cluster, without the associations that Palette creates for workload clusters.
#[derive(Clone, Debug, Default)]
pub struct Associations {
    pub described: Vec<Association>,
    /// `true` if the cluster has more associations than the list `described` contains.
    pub is_incomplete: bool,
}

/// The roles that the association of a service account should have.
#[derive(Clone, Copy, Debug)]
pub struct DesiredAssociation<'a> {
    pub service_account: ServiceAccount,
    pub role: &'a str,
    pub target_role: Option<&'a str>,
}

impl Associations {
    /// Returns the association of a service account. EKS allows at most one for each service
    /// account.
    pub fn find(&self, account: ServiceAccount) -> Option<&Association> {
        self.described.iter().find(|association| association.is_for(account))
    }
}

impl Association {
    /// Returns `true` if the association gives a role to the pods of this service account.
    pub fn is_for(&self, account: ServiceAccount) -> bool {
        self.namespace == account.namespace && self.service_account == account.name
    }
}

impl EksClient {
    /// Lists the associations, and describes each one, because the list does not contain the roles.
    pub async fn associations(&self) -> Result<Observed<Associations>, UpstreamError> {
        let call = eks_call("eks:ListPodIdentityAssociations", "such cluster");
        let request = self.client.list_pod_identity_associations().cluster_name(&self.cluster);
        let pages = request.max_results(100).into_paginator().items();
        let listed = pages.send().collect::<Result<Vec<_>, _>>().await;
        let listed = listed.map_err(|error| call.to_upstream_error(&error));
        let listed = match Observed::from_result(listed, call.action)? {
            Observed::Present(listed) => listed,
            Observed::Absent => return Ok(Observed::Absent),
            Observed::Inaccessible(inaccessible) => {
                return Ok(Observed::Inaccessible(inaccessible));
            }
        };
        let ids: Vec<_> = listed
            .iter()
            .filter(|summary| summary.service_account() != Some(MANAGER_SERVICE_ACCOUNT_NAME))
            .filter_map(|summary| summary.association_id())
            .collect();
        let is_incomplete = ids.len() > MAX_DESCRIBED;
        let ids = ids.into_iter().take(MAX_DESCRIBED);
        let mut described = Vec::new();
        for association in join_all(ids.map(|id| self.describe_association(id))).await {
            match association? {
                Observed::Present(association) => described.push(association),
                // The association was deleted after EKS listed it.
                Observed::Absent => {}
                Observed::Inaccessible(inaccessible) => {
                    return Ok(Observed::Inaccessible(inaccessible));
                }
            }
        }
        Ok(Observed::Present(Associations { described, is_incomplete }))
    }

    async fn describe_association(&self, id: &str) -> Result<Observed<Association>, UpstreamError> {
        let call = eks_call("eks:DescribePodIdentityAssociation", "such association");
        let request = self.client.describe_pod_identity_association().cluster_name(&self.cluster);
        let response = request.association_id(id).send().await;
        let association =
            response.map_err(|error| call.to_upstream_error(&error)).and_then(|response| {
                let found = response
                    .association
                    .ok_or_else(|| call.incomplete_response("no association"))?;
                Ok(Association {
                    id: id.to_owned(),
                    namespace: found.namespace.unwrap_or_default(),
                    service_account: found.service_account.unwrap_or_default(),
                    role: found.role_arn.unwrap_or_default(),
                    target_role: found.target_role_arn.filter(|target| !target.is_empty()),
                    external_id: found.external_id,
                    session_policy: found.policy.filter(|policy| !policy.is_empty()),
                    is_untagged: found.disable_session_tags.unwrap_or_default(),
                    owner: found.owner_arn,
                })
            });
        Observed::from_result(association, call.action)
    }

    /// Creates a Pod Identity association.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::AlreadyExists`] if the service account already has an association.
    pub async fn create_association(
        &self,
        desired: DesiredAssociation<'_>,
    ) -> Result<(), UpstreamError> {
        let call = eks_call("eks:CreatePodIdentityAssociation", "such cluster");
        let DesiredAssociation { service_account, role, target_role } = desired;
        let request = self
            .client
            .create_pod_identity_association()
            .cluster_name(&self.cluster)
            .namespace(service_account.namespace)
            .service_account(service_account.name)
            .role_arn(role)
            .set_target_role_arn(target_role.map(str::to_owned))
            .tags("gangway:managed", "true");
        request.send().await.map(drop).map_err(|error| call.to_upstream_error(&error))
    }

    /// Changes the roles of an association. `None` does not change a role. EKS has no way to remove
    /// a target role.
    pub async fn update_association(
        &self,
        id: &str,
        role: Option<&str>,
        target_role: Option<&str>,
    ) -> Result<(), UpstreamError> {
        let call = eks_call("eks:UpdatePodIdentityAssociation", "such association");
        let request = self
            .client
            .update_pod_identity_association()
            .cluster_name(&self.cluster)
            .association_id(id)
            .set_role_arn(role.map(str::to_owned))
            .set_target_role_arn(target_role.map(str::to_owned));
        request.send().await.map(drop).map_err(|error| call.to_upstream_error(&error))
    }
}
