//! Parses the body of a request of the method `pod-identity`.

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

/// The parsed body of a request that registers, replaces or validates an account.
#[derive(Debug)]
pub(crate) struct PodIdentityRequest {
    /// The members that the requests of all methods have.
    pub(crate) settings: AccountSpec,
    /// The EKS cluster that Palette runs on.
    pub(crate) cluster: EksCluster,
    /// The roles of Palette's pods.
    pub(crate) roles: PodIdentityRoles,
    /// The permissions boundary of the roles that Palette creates.
    pub(crate) boundary: Option<PolicyArn>,
    /// The changes that the request asks for.
    pub(crate) ensure_options: EnsureOptions,
    /// The roles that Gangway may replace in existing associations.
    pub(crate) replaceable_roles: Vec<RoleArn>,
}

/// The changes that a request asks for. By default, Gangway changes nothing in the customer's
/// cluster.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct EnsureOptions {
    /// Create the Pod Identity associations of Palette's service accounts, or replace roles in
    /// them.
    pub(crate) change_associations: bool,
    /// Create the `ConfigMap` that names the cluster.
    pub(crate) create_config_map: bool,
    /// Install the EKS add-on of the Pod Identity Agent.
    pub(crate) install_agent: bool,
}

/// The maximum number of roles in `replaceAssociations`: the role and the target role of Hubble's
/// association, and the role of the identity service's association.
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
    /// Parses the members of the request body.
    ///
    /// # Errors
    ///
    /// Returns all errors of the body at once.
    pub(crate) fn parse(mut members: Fields, context: &AppContext) -> Result<Self, ApiError> {
        let partition = context.clients.partition;
        let is_opted_in = context.config.allow_secret_pod_identity;
        let settings = members.account_spec(partition, AuthMethod::PodIdentity, is_opted_in);
        let name: Option<EksClusterName> = members.required("clusterName");
        let region = parse_region(&mut members, partition, context.clients.aws.region());
        let palette = members.role_arn("roleArn", partition);
        let roles = parse_roles(&mut members, partition, palette.as_ref());
        let boundary = members.optional_policy_arn("permissionBoundaryArn", partition);
        if let (Some(boundary), Some(palette)) = (&boundary, &palette)
            && !["aws", palette.account().as_str()].contains(&boundary.account())
        {
            members.reject("permissionBoundaryArn", BOUNDARY_ACCOUNT_RULE);
        }
        let ensure_options = EnsureOptions {
            change_associations: members.optional_bool("ensureAssociations"),
            create_config_map: members.optional_bool("ensureConfigMap"),
            install_agent: members.optional_bool("ensureAgent"),
        };
        let replaceable_roles =
            members.role_arns("replaceAssociations", MAX_REPLACEABLE_ROLES, partition);
        if !ensure_options.change_associations && !replaceable_roles.is_empty() {
            members.reject("replaceAssociations", REPLACE_RULE);
        }
        let parsed = settings.zip(name).zip(region).zip(roles);
        members.finish(parsed.map(|(((settings, name), region), roles)| {
            let cluster = EksCluster { name, region, account: roles.cluster_account() };
            Self { settings, cluster, roles, boundary, ensure_options, replaceable_roles }
        }))
    }

    /// Returns the Pod Identity setup to check. Clusters will run in the AWS Region that the
    /// request names, or in the Region of Palette's cluster if the request names none.
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

    /// Returns each role with the JSON Pointer of the member that contains its ARN.
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

    /// Returns the credential to register.
    pub(crate) fn credential(&self) -> Credential {
        Credential::PodIdentity(PodIdentityRole {
            role: self.roles.palette().clone(),
            permission_boundary: self.boundary.clone(),
            palette_cluster: Some(to_palette_cluster(&self.cluster, &self.roles)),
        })
    }
}

/// Parses the AWS Region of the cluster. The default is the Region of this deployment.
fn parse_region(
    members: &mut Fields,
    partition: Partition,
    default_region: &str,
) -> Option<Region> {
    if !members.has("clusterRegion") {
        return default_region.parse().ok();
    }
    members.region("clusterRegion", partition)
}

/// Parses the ARNs of the roles. The accounts in the ARNs show whether Palette's role is in the
/// account of the cluster or in another account.
fn parse_roles(
    members: &mut Fields,
    partition: Partition,
    palette: Option<&RoleArn>,
) -> Option<PodIdentityRoles> {
    let hubble = members.role_arn("hubbleRoleArn", partition);
    let identity = members.role_arn("identityRoleArn", partition);
    let has_target = members.has("hubbleTargetRoleArn");
    let target = members.optional_role_arn("hubbleTargetRoleArn", partition);
    if let (Some(hubble), Some(identity)) = (&hubble, &identity)
        && hubble.account() != identity.account()
    {
        members.reject("identityRoleArn", CLUSTER_ACCOUNT_RULE);
    }
    let (palette, hubble) = (palette?.clone(), hubble?);
    let is_same_account = palette.account() == hubble.account();
    match (is_same_account, target) {
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
        // The error of hubbleTargetRoleArn is in `members` already.
        (true | false, None) => None,
    }
}
