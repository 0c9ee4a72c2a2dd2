//! The request body.

use gangway_checks::{
    Clients, RequiredPermissions,
    pod_identity::{PodIdentitySetup, to_palette_cluster},
};
use gangway_lambda::{ApiError, Fields};
use gangway_model::{
    AccountSpec, AuthMethod, Credential, EksCluster, EksClusterName, Partition, PodIdentityRole,
    PolicyArn, Region, RoleArn,
};
use gangway_policies::pod_identity::{PodIdentityRoles, RolePurpose};
use gangway_registration::AppContext;

/// A parsed registration request.
#[derive(Debug)]
pub(crate) struct PodIdentityRequest {
    /// Members that every method has.
    pub(crate) settings: AccountSpec,
    /// Cluster that Palette runs on.
    pub(crate) cluster: EksCluster,
    /// Roles of Palette's pods.
    pub(crate) roles: PodIdentityRoles,
    /// Permissions boundary of the roles that Palette creates.
    pub(crate) boundary: Option<PolicyArn>,
    pub(crate) ensure: EnsureOptions,
    /// Present roles of associations that Gangway may replace.
    pub(crate) replaceable_roles: Vec<RoleArn>,
}

/// What Gangway may create or change in the customer's cluster. By default, nothing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct EnsureOptions {
    pub(crate) associations: bool,
    pub(crate) config_map: bool,
    /// Install the add-on of the Pod Identity Agent.
    pub(crate) agent: bool,
}

/// Hubble's association has a role and a target role, that of the identity service has a role.
const MAX_REPLACEABLE_ROLES: usize = 3;

const REPLACE_RULE: &str =
    "has no effect without ensureAssociations: send ensureAssociations with true, or leave it out";
const CLUSTER_ACCOUNT_RULE: &str = "must be in the same account as hubbleRoleArn, which is that of the cluster: EKS gives pods roles of its own account only";
const SAME_ACCOUNT_RULE: &str = "is for two AWS accounts only, and roleArn is in the account of the cluster: leave it out, or send as roleArn Palette's target role in the other account";
const CROSS_ACCOUNT_RULE: &str = "is missing: roleArn is in another account than hubbleRoleArn, so send Hubble's target role there, or as roleArn Palette's role in the cluster's account";
const TARGET_ACCOUNT_RULE: &str = "must be in the account of roleArn, in which Palette creates clusters: send Hubble's target role, not its local one";
const BOUNDARY_ACCOUNT_RULE: &str =
    "must be a policy of the account of roleArn, or one that AWS manages: IAM accepts no other";

impl PodIdentityRequest {
    /// Parses the body.
    ///
    /// # Errors
    ///
    /// Returns every error of the body at once.
    pub(crate) fn parse(mut members: Fields, context: &AppContext) -> Result<Self, ApiError> {
        let deployed = context.clients.partition;
        let opted_in = context.config.allow_secret_pod_identity;
        let settings = members.account_spec(deployed, AuthMethod::PodIdentity, opted_in);
        let name: Option<EksClusterName> = members.required("clusterName");
        let region = parse_region(&mut members, deployed, context.clients.aws.region());
        let palette = members.role_arn("roleArn", deployed);
        let roles = parse_roles(&mut members, deployed, palette.as_ref());
        let boundary = members.optional_policy_arn("permissionBoundaryArn", deployed);
        if let (Some(boundary), Some(palette)) = (&boundary, &palette)
            && !["aws", palette.account().as_str()].contains(&boundary.account())
        {
            members.reject("permissionBoundaryArn", BOUNDARY_ACCOUNT_RULE);
        }
        let ensure = EnsureOptions {
            associations: members.optional_bool("ensureAssociations"),
            config_map: members.optional_bool("ensureConfigMap"),
            agent: members.optional_bool("ensureAgent"),
        };
        let replaceable_roles =
            members.role_arns("replaceAssociations", MAX_REPLACEABLE_ROLES, deployed);
        if !ensure.associations && !replaceable_roles.is_empty() {
            members.reject("replaceAssociations", REPLACE_RULE);
        }
        let parsed = settings.zip(name).zip(region).zip(roles);
        members.finish(parsed.map(|(((settings, name), region), roles)| {
            let cluster = EksCluster { name, region, account: roles.cluster_account() };
            Self { settings, cluster, roles, boundary, ensure, replaceable_roles }
        }))
    }

    /// Returns the setup that is to be checked. Clusters run in the region of Palette's cluster, unless
    /// the request names another.
    pub(crate) fn setup<'a>(&'a self, clients: &'a Clients) -> PodIdentitySetup<'a> {
        let region = self.settings.region.as_ref().unwrap_or(&self.cluster.region);
        PodIdentitySetup {
            cluster: &self.cluster,
            roles: &self.roles,
            boundary: self.boundary.as_ref(),
            required: RequiredPermissions {
                region: region.as_str(),
                documents: gangway_policies::required_documents(
                    self.settings.profile,
                    AuthMethod::PodIdentity,
                ),
                ..RequiredPermissions::new(&self.settings, clients)
            },
        }
    }

    /// Returns the roles with the fields that name them.
    pub(crate) fn roles_with_fields(&self) -> Vec<(&'static str, &RoleArn)> {
        let field = |purpose| match purpose {
            RolePurpose::Palette | RolePurpose::PaletteTarget => "/roleArn",
            RolePurpose::Hubble | RolePurpose::HubbleLocal => "/hubbleRoleArn",
            RolePurpose::HubbleTarget => "/hubbleTargetRoleArn",
            RolePurpose::Identity | RolePurpose::IdentityLocal => "/identityRoleArn",
        };
        let roles = self.roles.in_creation_order().into_iter();
        roles.map(|(purpose, role)| (field(purpose), role)).collect()
    }

    /// Returns the credential that is to be registered.
    pub(crate) fn credential(&self) -> Credential {
        Credential::PodIdentity(PodIdentityRole {
            role: self.roles.palette().clone(),
            permission_boundary: self.boundary.clone(),
            palette_cluster: Some(to_palette_cluster(&self.cluster, &self.roles)),
        })
    }
}

/// Parses the cluster's region. It defaults to the region of this deployment.
fn parse_region(
    members: &mut Fields,
    deployed: Partition,
    deployed_region: &str,
) -> Option<Region> {
    if !members.has("clusterRegion") {
        return deployed_region.parse().ok();
    }
    members.region("clusterRegion", deployed)
}

/// Parses the roles. Whether one or two AWS accounts are used follows from the roles' accounts.
fn parse_roles(
    members: &mut Fields,
    deployed: Partition,
    palette: Option<&RoleArn>,
) -> Option<PodIdentityRoles> {
    let hubble = members.role_arn("hubbleRoleArn", deployed);
    let identity = members.role_arn("identityRoleArn", deployed);
    let has_target = members.has("hubbleTargetRoleArn");
    let target = members.optional_role_arn("hubbleTargetRoleArn", deployed);
    if let (Some(hubble), Some(identity)) = (&hubble, &identity)
        && hubble.account() != identity.account()
    {
        members.reject("identityRoleArn", CLUSTER_ACCOUNT_RULE);
    }
    let (palette, hubble) = (palette?.clone(), hubble?);
    let same = palette.account() == hubble.account();
    match (same, target) {
        (true, None) if !has_target => {
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
        (false, None) if !has_target => {
            members.reject("hubbleTargetRoleArn", CROSS_ACCOUNT_RULE);
            None
        }
        // The error of the field itself has been recorded already.
        (true | false, None) => None,
    }
}
