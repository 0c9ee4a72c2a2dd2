//! Query of the setup plan. Only the cluster's name is required.

use gangway_lambda::{ApiError, Fields, Request};
use gangway_model::{
    AccountId, AuthMethod, EksCluster, EksClusterName, Partition, PermissionProfile, Region,
    RoleArn,
};
use gangway_policies::pod_identity::PodIdentityRoles;
use gangway_registration::AppContext;

/// Role names of Palette's documentation, proposed for roles that the query does not name.
const PALETTE: &str = "SpectroCloudPaletteRole";
const HUBBLE: &str = "SpectroCloudHubbleRole";
const IDENTITY: &str = "SpectroCloudIdentityRole";
const PALETTE_TARGET: &str = "SpectroCloudPaletteTargetRole";
const HUBBLE_TARGET: &str = "SpectroCloudHubbleTargetRole";
const HUBBLE_LOCAL: &str = "SpectroCloudHubbleLocalRole";
const IDENTITY_LOCAL: &str = "SpectroCloudIdentityLocalRole";

/// A parsed query.
pub(super) struct PlanQuery {
    pub(super) cluster: EksCluster,
    pub(super) roles: PodIdentityRoles,
    pub(super) profile: PermissionProfile,
}

impl PlanQuery {
    /// Parses the query.
    ///
    /// # Errors
    ///
    /// Returns every error of the query at once.
    pub(super) fn parse(request: &Request, context: &AppContext) -> Result<Self, ApiError> {
        let deployed = context.clients.partition;
        let mut query = request.query_fields();
        let opted_in = context.config.allow_secret_pod_identity;
        query.partition(deployed, AuthMethod::PodIdentity, opted_in);
        let has_name = query.has("clusterName");
        let name: Option<EksClusterName> = query.optional("clusterName");
        if !has_name {
            query.malformed(
                "clusterName",
                "is missing: it must be the name of the EKS cluster that Palette runs on",
            );
        }
        let region = parse_region(&mut query, deployed, context.clients.aws.region());
        let profile = query.optional("permissionProfile").unwrap_or_default();
        let accounts = Accounts {
            cluster: query.optional("clusterAccountId"),
            target: query.optional("targetAccountId"),
            function: request.function_account_id(),
        };
        let roles = accounts.roles(&mut query, deployed);
        query.finish(name.zip(region).zip(roles).map(|((name, region), roles)| {
            let account = roles.cluster_account();
            Self { cluster: EksCluster { name, region, account }, roles, profile }
        }))
    }
}

/// Parses a role that may be left out.
fn parse_role(query: &mut Fields, name: &'static str, deployed: Partition) -> Option<RoleArn> {
    let role: RoleArn = query.optional(name)?;
    if role.partition() != deployed {
        query.reject(
            name,
            format_args!("must be of partition {deployed}, which this deployment serves"),
        );
    }
    Some(role)
}

fn parse_region(query: &mut Fields, deployed: Partition, deployed_region: &str) -> Option<Region> {
    if !query.has("clusterRegion") {
        return deployed_region.parse().ok();
    }
    let region: Region = query.optional("clusterRegion")?;
    if region.partition() != deployed {
        query.reject("clusterRegion", format_args!("must be a region of partition {deployed}"));
    }
    Some(region)
}

/// The AWS accounts that the query names, and the function's own.
struct Accounts {
    cluster: Option<AccountId>,
    target: Option<AccountId>,
    function: Option<AccountId>,
}

impl Accounts {
    /// Returns the roles that the query names, with proposed ones for the others.
    fn roles(self, query: &mut Fields, deployed: Partition) -> Option<PodIdentityRoles> {
        let mut named = |name| parse_role(query, name, deployed);
        let (palette, hubble) = (named("roleArn"), named("hubbleRoleArn"));
        let (identity, target) = (named("identityRoleArn"), named("hubbleTargetRoleArn"));
        let account_of = |role: &Option<RoleArn>| role.as_ref().map(RoleArn::account);
        let local =
            self.cluster.or(account_of(&hubble)).or(account_of(&identity)).or(self.function);
        let Some(local) = local else {
            query.malformed(
                "clusterAccountId",
                "is missing: it must be the AWS account of the cluster, 12 digits",
            );
            return None;
        };
        let target_account =
            self.target.or(account_of(&palette)).or(account_of(&target)).unwrap_or(local);
        for (name, role, account) in [
            ("roleArn", &palette, target_account),
            ("hubbleTargetRoleArn", &target, target_account),
            ("hubbleRoleArn", &hubble, local),
            ("identityRoleArn", &identity, local),
        ] {
            if account_of(role).is_some_and(|found| found != account) {
                let kind =
                    if account == local && local != target_account { "cluster" } else { "target" };
                query.reject(
                    name,
                    format_args!(
                        "must be in the {kind} account, like the other roles and {kind}AccountId"
                    ),
                );
            }
        }
        if target_account == local && target.is_some() {
            query.reject(
                "hubbleTargetRoleArn",
                "is for two AWS accounts only: leave it out, or name another targetAccountId",
            );
        }
        let role = |named: Option<RoleArn>, account: AccountId, name: &str| {
            named.or_else(|| format!("arn:{deployed}:iam::{account}:role/{name}").parse().ok())
        };
        Some(if target_account == local {
            PodIdentityRoles::SameAccount {
                palette: role(palette, local, PALETTE)?,
                hubble: role(hubble, local, HUBBLE)?,
                identity: role(identity, local, IDENTITY)?,
            }
        } else {
            PodIdentityRoles::CrossAccount {
                palette_target: role(palette, target_account, PALETTE_TARGET)?,
                hubble_target: role(target, target_account, HUBBLE_TARGET)?,
                hubble_local: role(hubble, local, HUBBLE_LOCAL)?,
                identity_local: role(identity, local, IDENTITY_LOCAL)?,
            }
        })
    }
}
