//! Reads facts about a Pod Identity setup from AWS and from the cluster.

mod cluster;

use std::collections::BTreeMap;

use futures_util::future::join_all;
use gangway_aws::{AwsSession, Inaccessible, Observed, eks::EksClient};
use gangway_model::{AccountId, EksCluster, RoleArn, UpstreamError};
use gangway_policies::pod_identity::{
    EksSessions, HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, RolePurpose, ServiceAccount,
};
use tokio::join;

pub use self::cluster::ClusterObservations;
use self::cluster::observe_cluster;
use super::PodIdentitySetup;
use crate::{
    Clients, InspectionAccess,
    iam::{
        grants::{self, SimulationOutcome},
        iam_role,
    },
};

/// The access to the AWS account of the cluster, and to the AWS account of Palette's role.
pub struct AccountAccess {
    cluster: InspectionAccess,
    /// `None` if Palette's role is in the account of the cluster.
    target: Option<InspectionAccess>,
    /// The session with the role of this Lambda function. `None` if the cluster is in the AWS
    /// account of the function.
    function: Option<AwsSession>,
}

/// The facts about a Pod Identity setup, before their evaluation.
pub struct Observations {
    pub cluster: ClusterObservations,
    roles: Vec<(RolePurpose, ObservedRole)>,
}

/// The facts about one role.
#[derive(Clone, Debug)]
pub(super) struct ObservedRole {
    pub(super) trust: Observed<serde_json::Value>,
    pub(super) tags: Observed<BTreeMap<String, String>>,
    /// The result of simulating the actions that the role needs.
    pub(super) simulation: Observed<SimulationOutcome>,
}

impl AccountAccess {
    /// Opens sessions for the AWS account of the cluster and for the AWS account of Palette's role.
    pub async fn connect(
        cluster_account: AccountId,
        palette_role: &RoleArn,
        function_account: Option<AccountId>,
        clients: &Clients,
    ) -> Result<Self, UpstreamError> {
        let target_account = palette_role.account();
        let connect = |account| InspectionAccess::connect(account, function_account, clients);
        let (cluster, target) = join!(connect(cluster_account), async {
            if target_account == cluster_account {
                Ok(None)
            } else {
                connect(target_account).await.map(Some)
            }
        });
        let is_in_other_account = function_account != Some(cluster_account);
        let function = is_in_other_account.then(|| clients.aws.clone());
        Ok(Self { cluster: cluster?, target: target?, function })
    }

    /// Returns the session for the AWS account of Palette's role.
    pub(super) fn target_session(&self) -> Result<&AwsSession, Inaccessible> {
        to_session(self.target.as_ref().unwrap_or(&self.cluster))
    }

    fn session_for_role(&self, purpose: RolePurpose) -> Result<&AwsSession, Inaccessible> {
        match purpose {
            RolePurpose::PaletteTarget | RolePurpose::HubbleTarget => self.target_session(),
            RolePurpose::Palette
            | RolePurpose::Hubble
            | RolePurpose::Identity
            | RolePurpose::IdentityLocal
            | RolePurpose::HubbleLocal => to_session(&self.cluster),
        }
    }

    /// Returns an EKS client for the cluster, or the reason why Gangway cannot access the AWS
    /// account of the cluster.
    pub fn eks(&self, cluster: &EksCluster) -> Result<EksClient, Inaccessible> {
        to_session(&self.cluster).map(|aws| EksClient::new(aws, cluster))
    }
}

fn to_session(access: &InspectionAccess) -> Result<&AwsSession, Inaccessible> {
    match access {
        InspectionAccess::Granted(aws) => Ok(aws),
        InspectionAccess::Unavailable { reason, remedy } => {
            Err(Inaccessible { reason: reason.clone(), remedy: remedy.clone(), is_denied: false })
        }
    }
}

impl Observations {
    /// Reads all facts with parallel calls. The Kubernetes API is called as soon as EKS has
    /// returned the endpoint of the cluster.
    pub async fn collect(
        access: &AccountAccess,
        setup: &PodIdentitySetup<'_>,
    ) -> Result<Self, UpstreamError> {
        let roles = setup.roles.in_creation_order().into_iter();
        let roles = roles.map(|(purpose, arn)| observe_role(access, setup, purpose, arn));
        let (cluster, roles) = join!(observe_cluster(access, setup.cluster), join_all(roles),);
        Ok(Self { cluster: cluster?, roles: roles.into_iter().collect::<Result<_, _>>()? })
    }

    /// Returns the session tags and external ids with which EKS assumes roles for pods. The
    /// external id of an association without one is the expected external id.
    pub(super) fn eks_sessions(&self, setup: &PodIdentitySetup<'_>) -> EksSessions {
        let issued_external_id = |account| {
            let association = self.cluster.associations.present()?.find(account)?;
            association.external_id.as_deref()
        };
        let hubble = issued_external_id(HUBBLE_SERVICE_ACCOUNT);
        let identity = issued_external_id(IDENTITY_SERVICE_ACCOUNT);
        let sessions = setup.expected_sessions().with_issued(hubble, identity);
        let has_no_tags = |account: &ServiceAccount| {
            let associations = self.cluster.associations.present();
            let association = associations.and_then(|associations| associations.find(*account));
            association.is_some_and(|association| association.is_untagged)
        };
        let accounts = [HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT].into_iter();
        accounts.filter(has_no_tags).fold(sessions, EksSessions::without_tags)
    }

    /// Returns the tags of the role that is registered in Palette.
    pub(super) fn registered_role_tags(
        &self,
        setup: &PodIdentitySetup<'_>,
    ) -> Observed<&BTreeMap<String, String>> {
        let roles = setup.roles.in_creation_order().into_iter();
        let registered = setup.roles.palette();
        let purpose = roles.into_iter().find(|(_, arn)| *arn == registered);
        let role = purpose.and_then(|(purpose, _)| self.role(purpose));
        match role.map(|role| &role.tags) {
            Some(Observed::Present(tags)) => Observed::Present(tags),
            Some(Observed::Inaccessible(reason)) => Observed::Inaccessible(reason.clone()),
            Some(Observed::Absent) | None => Observed::Absent,
        }
    }

    pub(super) fn role(&self, purpose: RolePurpose) -> Option<&ObservedRole> {
        self.roles.iter().find(|(known, _)| *known == purpose).map(|(_, role)| role)
    }
}

async fn observe_role(
    access: &AccountAccess,
    setup: &PodIdentitySetup<'_>,
    purpose: RolePurpose,
    arn: &RoleArn,
) -> Result<(RolePurpose, ObservedRole), UpstreamError> {
    let aws = match access.session_for_role(purpose) {
        Ok(aws) => aws,
        Err(inaccessible) => {
            let trust = Observed::Inaccessible(inaccessible.clone());
            let tags = Observed::Inaccessible(inaccessible.clone());
            let simulation = Observed::Inaccessible(inaccessible);
            return Ok((purpose, ObservedRole { trust, tags, simulation }));
        }
    };
    let queries = setup.roles.permission_queries(purpose);
    let queries = queries.into_iter().map(|query| (query.actions, query.resources)).collect();
    let (role, simulation) = join!(
        iam_role::get_role(aws, arn),
        grants::simulate(aws, arn, setup.cluster.region.as_str(), queries),
    );
    let role = match Observed::from_result(role, "iam:GetRole")? {
        // IAM finds a role by name and ignores the path. A role with another path is another role.
        Observed::Present(role) if role.arn != arn.as_str() => Observed::Absent,
        role @ (Observed::Present(_) | Observed::Absent | Observed::Inaccessible(_)) => role,
    };
    let tags = role.clone().map(|role| role.tags);
    let trust = role.map(|role| role.trust);
    Ok((purpose, ObservedRole { trust, tags, simulation: Observed::Present(simulation?) }))
}
