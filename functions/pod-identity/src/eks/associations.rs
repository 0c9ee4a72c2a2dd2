//! Pod Identity associations: which role EKS gives to the pods of a service account.

use futures_util::future::join_all;
use gangway_model::UpstreamError;
use gangway_policies::pod_identity::{MANAGER_SERVICE_ACCOUNT, ServiceAccount};

use super::{EksClient, call};
use crate::observed::Observed;

/// Most associations that are looked at one by one. A cluster has 1,000 at most, nearly all of them Palette's own.
const MAX_PAGE_SIZE: usize = 200;

/// An association.
#[derive(Clone, Debug)]
pub(crate) struct Association {
    pub(crate) id: String,
    pub(crate) namespace: String,
    pub(crate) service_account: String,
    pub(crate) role: String,
    pub(crate) target: Option<String>,
    /// What EKS presents to the target role.
    pub(crate) external_id: Option<String>,
    /// The add-on that it belongs to, which alone may change it.
    pub(crate) owner: Option<String>,
}

/// Those of the cluster, but for the ones that Palette makes itself for workload clusters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Associations {
    pub(crate) all: Vec<Association>,
    /// There are more than were looked at.
    pub(crate) more: bool,
}

/// What an association is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AssociationChange<'a> {
    pub(crate) account: ServiceAccount,
    pub(crate) role: &'a str,
    pub(crate) target: Option<&'a str>,
}

impl Associations {
    /// That of a service account; there is one at most.
    pub(crate) fn of(&self, account: ServiceAccount) -> Option<&Association> {
        self.all.iter().find(|association| association.is_for(account))
    }
}

impl Association {
    fn is_for(&self, account: ServiceAccount) -> bool {
        self.namespace == account.namespace && self.service_account == account.name
    }
}

impl EksClient {
    /// Every association that is not Palette's own. A list does not tell roles, so each is asked for (P20–P24, P28).
    pub(crate) async fn associations(&self) -> Result<Observed<Associations>, UpstreamError> {
        let call = call("eks:ListPodIdentityAssociations", "such cluster");
        let request = self.client.list_pod_identity_associations().cluster_name(&self.cluster);
        let pages = request.max_results(100).into_paginator().items();
        let listed = pages.send().collect::<Result<Vec<_>, _>>().await;
        let listed = match Observed::of(
            listed.map_err(|error| call.to_upstream_error(&error)),
            call.action,
        )? {
            Observed::Present(listed) => listed,
            Observed::Absent => return Ok(Observed::Absent),
            Observed::Inaccessible(hidden) => return Ok(Observed::Inaccessible(hidden)),
        };
        let others: Vec<_> = listed
            .iter()
            .filter(|summary| summary.service_account() != Some(MANAGER_SERVICE_ACCOUNT))
            .filter_map(|summary| summary.association_id())
            .collect();
        let more = others.len() > MAX_PAGE_SIZE;
        let mut all = Vec::new();
        for seen in
            join_all(others.into_iter().take(MAX_PAGE_SIZE).map(|id| self.association(id))).await
        {
            match seen? {
                Observed::Present(association) => all.push(association),
                // Deleted since it was listed.
                Observed::Absent => {}
                Observed::Inaccessible(hidden) => return Ok(Observed::Inaccessible(hidden)),
            }
        }
        Ok(Observed::Present(Associations { all, more }))
    }

    async fn association(&self, id: &str) -> Result<Observed<Association>, UpstreamError> {
        let call = call("eks:DescribePodIdentityAssociation", "such association");
        let request = self.client.describe_pod_identity_association();
        let answer = request.cluster_name(&self.cluster).association_id(id).send().await;
        let answer = answer.map_err(|error| call.to_upstream_error(&error)).and_then(|answer| {
            let found =
                answer.association.ok_or_else(|| call.invalid_response("no association"))?;
            Ok(Association {
                id: id.to_owned(),
                namespace: found.namespace.unwrap_or_default(),
                service_account: found.service_account.unwrap_or_default(),
                role: found.role_arn.unwrap_or_default(),
                target: found.target_role_arn.filter(|target| !target.is_empty()),
                external_id: found.external_id,
                owner: found.owner_arn,
            })
        });
        Observed::of(answer, call.action)
    }

    /// Makes an association. One that is there already is [`PortError::Duplicate`].
    pub(crate) async fn associate(
        &self,
        wanted: AssociationChange<'_>,
    ) -> Result<(), UpstreamError> {
        let call = call("eks:CreatePodIdentityAssociation", "such cluster");
        let AssociationChange { account, role, target } = wanted;
        let request = self
            .client
            .create_pod_identity_association()
            .cluster_name(&self.cluster)
            .namespace(account.namespace)
            .service_account(account.name)
            .role_arn(role)
            .set_target_role_arn(target.map(str::to_owned))
            .tags("gangway:managed", "true");
        request.send().await.map(drop).map_err(|error| call.to_upstream_error(&error))
    }

    /// Gives an association its roles. EKS has no way to take a target role away again.
    pub(crate) async fn update(
        &self,
        id: &str,
        role: Option<&str>,
        target: Option<&str>,
    ) -> Result<(), UpstreamError> {
        let call = call("eks:UpdatePodIdentityAssociation", "such association");
        let request = self
            .client
            .update_pod_identity_association()
            .cluster_name(&self.cluster)
            .association_id(id)
            .set_role_arn(role.map(str::to_owned))
            .set_target_role_arn(target.map(str::to_owned));
        request.send().await.map(drop).map_err(|error| call.to_upstream_error(&error))
    }
}
