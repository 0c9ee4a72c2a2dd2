//! Everything that is looked at in the customer's accounts and cluster, in as few rounds as can be.

mod cluster;

use futures_util::future::join_all;
use gangway_aws::{AwsSession, Principal};
use gangway_checks::iam::{
    grants::{self, SimulationOutcome},
    iam_role, permissions, policy_arns,
};
use gangway_checks::{InspectionAccess, catalogue::pod_identity::PERMISSIONS_BOUNDARY};
use gangway_model::{Finding, RoleArn, UpstreamError};
use gangway_policies::pod_identity::{
    ExternalIds, HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, RolePurpose,
};
use kube::Client;
use tokio::join;

use self::cluster::{ClusterObservations, observe_cluster};
use crate::{
    eks::{Addon, Associations, ClusterDescription, EksClient},
    kubernetes::ClusterState,
    observed::{Inaccessible, Observed, ObservedRole},
    request::PodIdentityRequest,
};

/// Whose eyes see into the cluster's account, and into the target account where that is another.
pub(crate) struct AccountAccess {
    pub(crate) cluster: InspectionAccess,
    pub(crate) target: Option<InspectionAccess>,
    /// The function's own, where the roles are in another account than its own.
    pub(crate) own: Option<AwsSession>,
}

/// What was seen.
pub(crate) struct Observations {
    pub(crate) cluster: Observed<ClusterDescription>,
    /// It is not in the account of the roles, and is in the deployment's own (P15).
    pub(crate) elsewhere: bool,
    pub(crate) agent: Observed<Addon>,
    /// What the role of each managed node group lets the agent do.
    pub(crate) nodes: Observed<Vec<(RoleArn, SimulationOutcome)>>,
    /// Looked at only where the ConfigMap is of no use.
    pub(crate) fargate: Option<Observed<Vec<String>>>,
    pub(crate) kubernetes: ClusterState,
    pub(crate) client: Option<Client>,
    pub(crate) associations: Observed<Associations>,
    pub(crate) roles: Vec<(RolePurpose, ObservedRole)>,
    /// What the profile asks of Palette's role.
    pub(crate) permissions: Vec<Finding>,
    pub(crate) policies: Finding,
    pub(crate) boundary: Finding,
}

impl AccountAccess {
    const fn target(&self) -> &InspectionAccess {
        match &self.target {
            Some(target) => target,
            None => &self.cluster,
        }
    }

    fn of(&self, part: RolePurpose) -> &InspectionAccess {
        match part {
            RolePurpose::PaletteTarget | RolePurpose::HubbleTarget => self.target(),
            RolePurpose::Palette
            | RolePurpose::Hubble
            | RolePurpose::Identity
            | RolePurpose::IdentityLocal
            | RolePurpose::HubbleLocal => &self.cluster,
        }
    }

    /// EKS, where it can be seen.
    pub(crate) fn eks(&self, wish: &PodIdentityRequest) -> Result<EksClient, Inaccessible> {
        open_cluster(&self.cluster).map(|aws| EksClient::new(aws, &wish.cluster))
    }
}

fn open_cluster(eyes: &InspectionAccess) -> Result<&AwsSession, Inaccessible> {
    match eyes {
        InspectionAccess::Granted(aws) => Ok(aws),
        InspectionAccess::Unavailable { reason, remedy } => {
            Err(Inaccessible { reason: reason.clone(), remedy: remedy.clone(), refused: false })
        }
    }
}

impl Observations {
    /// Asks everything at the same time; the Kubernetes API as soon as EKS has told where it is.
    pub(crate) async fn collect(
        views: &AccountAccess,
        wish: &PodIdentityRequest,
    ) -> Result<Self, UpstreamError> {
        let (palette, profile) = (wish.roles.palette(), wish.settings.profile);
        let roles = wish
            .roles
            .in_creation_order()
            .into_iter()
            .map(|(part, arn)| role(views, wish, part, arn));
        let (inside, roles, permissions, policies, boundary) = join!(
            observe_cluster(views, wish),
            join_all(roles),
            async {
                match open_cluster(views.target()) {
                    Ok(aws) => {
                        permissions::check(aws, &Principal::Role(palette.clone()), profile).await
                    }
                    Err(hidden) => Ok(permissions::unverified(&hidden.reason, &hidden.remedy)),
                }
            },
            async {
                match open_cluster(views.target()) {
                    Ok(aws) => policy_arns::check_exist(aws, &wish.settings.policies).await,
                    Err(hidden) => Ok(policy_arns::unverified(&hidden.reason, &hidden.remedy)),
                }
            },
            boundary(views, wish),
        );
        let ClusterObservations {
            cluster,
            elsewhere,
            agent,
            nodes,
            fargate,
            kubernetes,
            client,
            associations,
        } = inside?;
        Ok(Self {
            cluster,
            elsewhere,
            agent,
            nodes,
            fargate,
            kubernetes,
            client,
            associations,
            roles: roles.into_iter().collect::<Result<_, _>>()?,
            permissions: permissions?,
            policies: policies?,
            boundary: boundary?,
        })
    }

    /// The external ids, as EKS issued them where it did.
    pub(crate) fn external_ids(&self, wish: &PodIdentityRequest) -> ExternalIds {
        let issued = |account| {
            let found = self.associations.present()?.of(account)?;
            found.external_id.as_deref()
        };
        ExternalIds::expected(wish.cluster.place())
            .issued(issued(HUBBLE_SERVICE_ACCOUNT), issued(IDENTITY_SERVICE_ACCOUNT))
    }

    /// What was seen of a role.
    pub(crate) fn role(&self, part: RolePurpose) -> Option<&ObservedRole> {
        self.roles.iter().find(|(known, _)| *known == part).map(|(_, seen)| seen)
    }
}

/// P11–P14, P16–P19.
async fn role(
    views: &AccountAccess,
    wish: &PodIdentityRequest,
    part: RolePurpose,
    arn: &RoleArn,
) -> Result<(RolePurpose, ObservedRole), UpstreamError> {
    let aws = match open_cluster(views.of(part)) {
        Ok(aws) => aws,
        Err(hidden) => {
            let (trust, allowed) =
                (Observed::Inaccessible(hidden.clone()), Observed::Inaccessible(hidden));
            return Ok((part, ObservedRole { trust, allowed }));
        }
    };
    let wanted = wish.roles.permission_queries(part);
    let wanted = wanted.into_iter().map(|grant| (grant.actions, grant.resources)).collect();
    let (read, allowed) = join!(iam_role::get_role(aws, arn), grants::simulate(aws, arn, wanted));
    let trust = match Observed::of(read, "iam:GetRole")? {
        // Found by its name alone: with another path it is another ARN.
        Observed::Present(role) if role.arn != arn.as_str() => Observed::Absent,
        seen @ (Observed::Present(_) | Observed::Absent | Observed::Inaccessible(_)) => {
            seen.map(|role| role.trust)
        }
    };
    Ok((part, ObservedRole { trust, allowed: Observed::Present(allowed?) }))
}

/// P31.
async fn boundary(
    views: &AccountAccess,
    wish: &PodIdentityRequest,
) -> Result<Finding, UpstreamError> {
    let Some(boundary) = &wish.boundary else {
        return Ok(PERMISSIONS_BOUNDARY.not_applicable("no boundary was named"));
    };
    match open_cluster(views.target()) {
        Ok(aws) => policy_arns::check_boundary(aws, &PERMISSIONS_BOUNDARY, boundary).await,
        Err(hidden) => Ok(hidden.to_finding(&PERMISSIONS_BOUNDARY, "")),
    }
}
