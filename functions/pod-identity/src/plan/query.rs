//! Parses the query string of a request for the setup plan. Only `clusterName` is required.

use gangway_lambda::{ApiError, Fields, Request};
use gangway_model::{
    AccountId, AuthMethod, EksCluster, EksClusterName, Partition, PermissionProfile, Region,
    RoleArn,
};
use gangway_policies::pod_identity::PodIdentityRoles;
use gangway_registration::AppContext;

// The role names that Palette's documentation uses. The plan proposes these names for roles that
// the query does not name.
const PALETTE_ROLE_NAME: &str = "SpectroCloudPaletteRole";
const HUBBLE_ROLE_NAME: &str = "SpectroCloudHubbleRole";
const IDENTITY_ROLE_NAME: &str = "SpectroCloudIdentityRole";
const PALETTE_TARGET_ROLE_NAME: &str = "SpectroCloudPaletteTargetRole";
const HUBBLE_TARGET_ROLE_NAME: &str = "SpectroCloudHubbleTargetRole";
const HUBBLE_LOCAL_ROLE_NAME: &str = "SpectroCloudHubbleLocalRole";
const IDENTITY_LOCAL_ROLE_NAME: &str = "SpectroCloudIdentityLocalRole";

/// The parsed query string of a request for the setup plan.
pub(super) struct PlanQuery {
    pub(super) cluster: EksCluster,
    pub(super) roles: PodIdentityRoles,
    pub(super) profile: PermissionProfile,
}

impl PlanQuery {
    /// Parses the query string.
    ///
    /// # Errors
    ///
    /// Returns all errors of the query string at once.
    pub(super) fn parse(request: &Request, context: &AppContext) -> Result<Self, ApiError> {
        let partition = context.clients.partition;
        let mut query = request.query_fields();
        let is_opted_in = context.config.allow_secret_pod_identity;
        query.partition(partition, AuthMethod::PodIdentity, is_opted_in);
        let has_name = query.has("clusterName");
        let name: Option<EksClusterName> = query.optional("clusterName");
        if !has_name {
            query.malformed(
                "clusterName",
                "is missing: it must be the name of the EKS cluster that Palette runs on",
            );
        }
        let region = parse_region(&mut query, partition, context.clients.aws.region());
        let profile = query.optional("permissionProfile").unwrap_or_default();
        let accounts = AccountIds {
            cluster: query.optional("clusterAccountId"),
            target: query.optional("targetAccountId"),
            function: request.function_account_id(),
        };
        let roles = accounts.parse_roles(&mut query, partition);
        query.finish(name.zip(region).zip(roles).map(|((name, region), roles)| {
            let account = roles.cluster_account();
            Self { cluster: EksCluster { name, region, account }, roles, profile }
        }))
    }
}

/// Parses the ARN of a role that the query can leave out.
fn parse_optional_role(
    query: &mut Fields,
    name: &'static str,
    partition: Partition,
) -> Option<RoleArn> {
    let role: RoleArn = query.optional(name)?;
    if role.partition() != partition {
        query.reject(
            name,
            format_args!("must be of partition {partition}, which this deployment serves"),
        );
    }
    Some(role)
}

fn parse_region(query: &mut Fields, partition: Partition, default_region: &str) -> Option<Region> {
    if !query.has("clusterRegion") {
        return default_region.parse().ok();
    }
    let region: Region = query.optional("clusterRegion")?;
    if region.partition() != partition {
        query.reject("clusterRegion", format_args!("must be a region of partition {partition}"));
    }
    Some(region)
}

/// The AWS accounts that the query names, and the AWS account of this Lambda function.
struct AccountIds {
    cluster: Option<AccountId>,
    target: Option<AccountId>,
    function: Option<AccountId>,
}

impl AccountIds {
    /// Parses the roles that the query names, and returns them with proposed roles for the others.
    fn parse_roles(self, query: &mut Fields, partition: Partition) -> Option<PodIdentityRoles> {
        let mut parse = |name| parse_optional_role(query, name, partition);
        let (palette, hubble) = (parse("roleArn"), parse("hubbleRoleArn"));
        let (identity, target) = (parse("identityRoleArn"), parse("hubbleTargetRoleArn"));
        let account_of = |role: &Option<RoleArn>| role.as_ref().map(RoleArn::account);
        let cluster_account =
            self.cluster.or(account_of(&hubble)).or(account_of(&identity)).or(self.function);
        let Some(cluster_account) = cluster_account else {
            query.malformed(
                "clusterAccountId",
                "is missing: it must be the AWS account of the cluster, 12 digits",
            );
            return None;
        };
        let target_account =
            self.target.or(account_of(&palette)).or(account_of(&target)).unwrap_or(cluster_account);
        for (name, role, account) in [
            ("roleArn", &palette, target_account),
            ("hubbleTargetRoleArn", &target, target_account),
            ("hubbleRoleArn", &hubble, cluster_account),
            ("identityRoleArn", &identity, cluster_account),
        ] {
            if account_of(role).is_some_and(|found| found != account) {
                let kind = if account == cluster_account && cluster_account != target_account {
                    "cluster"
                } else {
                    "target"
                };
                query.reject(
                    name,
                    format_args!(
                        "must be in the {kind} account, like the other roles and {kind}AccountId"
                    ),
                );
            }
        }
        if target_account == cluster_account && target.is_some() {
            query.reject(
                "hubbleTargetRoleArn",
                "is for two AWS accounts only: leave it out, or name another targetAccountId",
            );
        }
        let role = |named: Option<RoleArn>, account: AccountId, name: &str| {
            named.or_else(|| format!("arn:{partition}:iam::{account}:role/{name}").parse().ok())
        };
        Some(if target_account == cluster_account {
            PodIdentityRoles::SameAccount {
                palette: role(palette, cluster_account, PALETTE_ROLE_NAME)?,
                hubble: role(hubble, cluster_account, HUBBLE_ROLE_NAME)?,
                identity: role(identity, cluster_account, IDENTITY_ROLE_NAME)?,
            }
        } else {
            PodIdentityRoles::CrossAccount {
                palette_target: role(palette, target_account, PALETTE_TARGET_ROLE_NAME)?,
                hubble_target: role(target, target_account, HUBBLE_TARGET_ROLE_NAME)?,
                hubble_local: role(hubble, cluster_account, HUBBLE_LOCAL_ROLE_NAME)?,
                identity_local: role(identity, cluster_account, IDENTITY_LOCAL_ROLE_NAME)?,
            }
        })
    }
}
