//! The request, as a caller writes it.

use gangway_lambda::{ApiError, Fields};
use gangway_model::{AccountSpec, AuthMethod, Partition, PolicyArn, RoleArn};
use gangway_policies::pod_identity::PodIdentityRoles;
use gangway_registration::AppContext;

use crate::cluster::{Cluster, Name, Region};

/// What the caller asks for.
#[derive(Debug)]
pub(crate) struct PodIdentityRequest {
    /// What every method asks.
    pub(crate) settings: AccountSpec,
    /// Where Palette runs.
    pub(crate) cluster: Cluster,
    /// The roles of its pods.
    pub(crate) roles: PodIdentityRoles,
    /// What is to limit the roles that Palette makes.
    pub(crate) boundary: Option<PolicyArn>,
    /// What Gangway may put right.
    pub(crate) ensure: EnsureOptions,
}

/// What Gangway may put right in the customer's cluster. Nothing, unless it is asked to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct EnsureOptions {
    pub(crate) associations: bool,
    pub(crate) config_map: bool,
}

const CLUSTER_ACCOUNT_RULE: &str = "must be in the same account as hubbleRoleArn, which is that of the cluster: EKS gives pods roles of its own account only";
const SAME_ACCOUNT_RULE: &str = "belongs to the case of two accounts, and roleArn is in that of the cluster: leave it out, or send as roleArn Palette's target role in the other account";
const CROSS_ACCOUNT_RULE: &str = "is missing: roleArn is in another account than hubbleRoleArn, so send Hubble's target role there, or as roleArn Palette's role in the cluster's account";
const TARGET_ACCOUNT_RULE: &str = "must be in the account of roleArn, where Palette is to work: send Hubble's target role, not its local one";
const BOUNDARY_ACCOUNT_RULE: &str =
    "must be a policy of the account of roleArn, or one of AWS's own: IAM takes no other";

impl PodIdentityRequest {
    /// Every member parsed, or every fault of them.
    pub(crate) fn parse(mut members: Fields, deployment: &AppContext) -> Result<Self, ApiError> {
        let deployed = deployment.clients.partition;
        let opted_in = deployment.config.allow_secret_pod_identity;
        let settings = members.account_spec(deployed, AuthMethod::PodIdentity, opted_in);
        let name: Option<Name> = members.required("clusterName");
        let region = parse_region(&mut members, deployed, deployment.clients.aws.region());
        let palette = members.role_arn("roleArn", deployed);
        let roles = parse_roles(&mut members, deployed, palette.as_ref());
        let boundary = members.optional_policy_arn("permissionBoundaryArn", deployed);
        if let (Some(boundary), Some(palette)) = (&boundary, &palette) {
            if !["aws", palette.account().as_str()].contains(&boundary.account()) {
                members.reject("permissionBoundaryArn", BOUNDARY_ACCOUNT_RULE);
            }
        }
        let ensure = EnsureOptions {
            associations: members.optional_bool("ensureAssociations"),
            config_map: members.optional_bool("ensureConfigMap"),
        };
        let parsed = settings.zip(name).zip(region).zip(roles);
        members.finish(parsed.map(|(((settings, name), region), roles)| {
            let cluster = Cluster { name, region, account: roles.cluster_account() };
            Self { settings, cluster, roles, boundary, ensure }
        }))
    }
}

/// The cluster's region: the deployment's, unless another of its partition is named.
fn parse_region(members: &mut Fields, deployed: Partition, own: &str) -> Option<Region> {
    if !members.has("clusterRegion") {
        return own.parse().ok();
    }
    let region: Region = members.optional("clusterRegion")?;
    if region.partition == deployed {
        return Some(region);
    }
    let rule = format!("must be a region of partition {deployed}, which this deployment serves");
    members.reject("clusterRegion", &rule);
    None
}

/// The roles, and by their accounts the case (P15, P30).
fn parse_roles(
    members: &mut Fields,
    deployed: Partition,
    palette: Option<&RoleArn>,
) -> Option<PodIdentityRoles> {
    let hubble = members.role_arn("hubbleRoleArn", deployed);
    let identity = members.role_arn("identityRoleArn", deployed);
    let targeted = members.has("hubbleTargetRoleArn");
    let target = members.optional_role_arn("hubbleTargetRoleArn", deployed);
    if let (Some(hubble), Some(identity)) = (&hubble, &identity)
        && hubble.account() != identity.account()
    {
        members.reject("identityRoleArn", CLUSTER_ACCOUNT_RULE);
    }
    let (palette, hubble) = (palette?.clone(), hubble?);
    let same = palette.account() == hubble.account();
    match (same, target) {
        (true, None) if !targeted => {
            Some(PodIdentityRoles::SameAccount { palette, hubble, identity: identity? })
        }
        (true, Some(_)) => {
            members.reject("hubbleTargetRoleArn", SAME_ACCOUNT_RULE);
            None
        }
        (false, Some(target)) if target.account() != palette.account() => {
            members.reject("hubbleTargetRoleArn", TARGET_ACCOUNT_RULE);
            None
        }
        (false, Some(hubble_target)) => Some(PodIdentityRoles::CrossAccount {
            palette_target: palette,
            hubble_target,
            hubble_local: hubble,
            identity_local: identity?,
        }),
        (false, None) if !targeted => {
            members.reject("hubbleTargetRoleArn", CROSS_ACCOUNT_RULE);
            None
        }
        // Its own fault is noted already.
        (true | false, None) => None,
    }
}
