//! Facts about a Pod Identity setup, read from AWS and from the cluster with parallel calls.

mod cluster;

use futures_util::future::join_all;
use gangway_aws::{AwsSession, Inaccessible, Observed, Principal, eks::EksClient};
use gangway_model::{AccountId, EksCluster, Finding, RoleArn, UpstreamError};
use gangway_policies::pod_identity::{
    ExternalIds, HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, RolePurpose,
};
use tokio::join;

pub use self::cluster::ClusterObservations;
use self::cluster::observe_cluster;
use super::{PodIdentitySetup, catalogue::BOUNDARY, inaccessible_finding};
use crate::{
    Clients, InspectionAccess,
    iam::{
        grants::{self, SimulationOutcome},
        iam_role, permissions, policy_arns,
    },
};

/// Read access to the cluster's AWS account, and to the target account if that is another.
pub struct AccountAccess {
    cluster: InspectionAccess,
    target: Option<InspectionAccess>,
    /// Session of the function itself, if the cluster is in another AWS account than the function.
    function: Option<AwsSession>,
}

/// Facts about a Pod Identity setup. They are not evaluated here.
pub struct Observations {
    pub cluster: ClusterObservations,
    roles: Vec<(RolePurpose, ObservedRole)>,
    /// Findings about the permissions that Palette's role needs for the permission profile.
    pub(super) permissions: Vec<Finding>,
    pub(super) policies: Finding,
    pub(super) boundary: Finding,
}

/// Facts about one role.
#[derive(Clone, Debug)]
pub(super) struct ObservedRole {
    pub(super) trust: Observed<serde_json::Value>,
    /// Result of simulating what the role's own policy document grants.
    pub(super) allowed: Observed<SimulationOutcome>,
}

impl AccountAccess {
    /// Connects to the account of the cluster and to that of Palette's role.
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
        let is_foreign = function_account != Some(cluster_account);
        let function = is_foreign.then(|| clients.aws.clone());
        Ok(Self { cluster: cluster?, target: target?, function })
    }

    fn target(&self) -> Result<&AwsSession, Inaccessible> {
        to_session(self.target.as_ref().unwrap_or(&self.cluster))
    }

    fn for_role(&self, purpose: RolePurpose) -> Result<&AwsSession, Inaccessible> {
        match purpose {
            RolePurpose::PaletteTarget | RolePurpose::HubbleTarget => self.target(),
            RolePurpose::Palette
            | RolePurpose::Hubble
            | RolePurpose::Identity
            | RolePurpose::IdentityLocal
            | RolePurpose::HubbleLocal => to_session(&self.cluster),
        }
    }

    /// Returns an EKS client for the cluster, or why there is no access to its account.
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
    /// Reads everything with parallel calls; the Kubernetes API as soon as EKS has returned its
    /// endpoint.
    pub async fn collect(
        access: &AccountAccess,
        setup: &PodIdentitySetup<'_>,
    ) -> Result<Self, UpstreamError> {
        let roles = setup.roles.in_creation_order().into_iter();
        let roles = roles.map(|(purpose, arn)| observe_role(access, setup, purpose, arn));
        let (cluster, roles, permissions, policies, boundary) = join!(
            observe_cluster(access, setup.cluster),
            join_all(roles),
            check_permissions(access, setup),
            check_policies(access, setup),
            check_boundary(access, setup),
        );
        Ok(Self {
            cluster: cluster?,
            roles: roles.into_iter().collect::<Result<_, _>>()?,
            permissions: permissions?,
            policies: policies?,
            boundary: boundary?,
        })
    }

    /// Returns the external ids that EKS issued, and the expected ones where it issued none.
    pub(super) fn external_ids(&self, setup: &PodIdentitySetup<'_>) -> ExternalIds {
        let issued = |account| {
            let association = self.cluster.associations.present()?.find(account)?;
            association.external_id.as_deref()
        };
        let (hubble, identity) = (issued(HUBBLE_SERVICE_ACCOUNT), issued(IDENTITY_SERVICE_ACCOUNT));
        setup.expected_external_ids().issued(hubble, identity)
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
    let aws = match access.for_role(purpose) {
        Ok(aws) => aws,
        Err(inaccessible) => {
            let trust = Observed::Inaccessible(inaccessible.clone());
            let allowed = Observed::Inaccessible(inaccessible);
            return Ok((purpose, ObservedRole { trust, allowed }));
        }
    };
    let queries = setup.roles.permission_queries(purpose);
    let queries = queries.into_iter().map(|query| (query.actions, query.resources)).collect();
    let (role, allowed) = join!(iam_role::get_role(aws, arn), grants::simulate(aws, arn, queries));
    let trust = match Observed::from_result(role, "iam:GetRole")? {
        // IAM finds a role by its name alone. With another path it is another role.
        Observed::Present(role) if role.arn != arn.as_str() => Observed::Absent,
        role @ (Observed::Present(_) | Observed::Absent | Observed::Inaccessible(_)) => {
            role.map(|role| role.trust)
        }
    };
    Ok((purpose, ObservedRole { trust, allowed: Observed::Present(allowed?) }))
}

async fn check_permissions(
    access: &AccountAccess,
    setup: &PodIdentitySetup<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    match access.target() {
        Ok(aws) => {
            let palette = Principal::Role(setup.roles.palette().clone());
            permissions::check(aws, &palette, setup.required.profile).await
        }
        Err(Inaccessible { reason, remedy, .. }) => Ok(permissions::unverified(&reason, &remedy)),
    }
}

async fn check_policies(
    access: &AccountAccess,
    setup: &PodIdentitySetup<'_>,
) -> Result<Finding, UpstreamError> {
    match access.target() {
        Ok(aws) => policy_arns::check_exist(aws, setup.required.policies).await,
        Err(Inaccessible { reason, remedy, .. }) => Ok(policy_arns::unverified(&reason, &remedy)),
    }
}

async fn check_boundary(
    access: &AccountAccess,
    setup: &PodIdentitySetup<'_>,
) -> Result<Finding, UpstreamError> {
    let Some(boundary) = setup.boundary else {
        return Ok(BOUNDARY.not_applicable("no boundary was named"));
    };
    match access.target() {
        Ok(aws) => policy_arns::check_boundary(aws, &BOUNDARY, boundary).await,
        Err(inaccessible) => Ok(inaccessible_finding(&BOUNDARY, &inaccessible, "")),
    }
}
