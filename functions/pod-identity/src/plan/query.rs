//! What the query asks: a cluster's name is enough.

use gangway_lambda::{ApiError, Fields, Request};
use gangway_model::{AccountId, AuthMethod, Partition, PermissionProfile, RoleArn};
use gangway_policies::pod_identity::PodIdentityRoles;
use gangway_registration::AppContext;

use crate::cluster::{Cluster, Name, Region};

/// The names of the documents, proposed where the caller has none.
const PALETTE: &str = "SpectroCloudPaletteRole";
const HUBBLE: &str = "SpectroCloudHubbleRole";
const IDENTITY: &str = "SpectroCloudIdentityRole";
const PALETTE_TARGET: &str = "SpectroCloudPaletteTargetRole";
const HUBBLE_TARGET: &str = "SpectroCloudHubbleTargetRole";
const HUBBLE_LOCAL: &str = "SpectroCloudHubbleLocalRole";
const IDENTITY_LOCAL: &str = "SpectroCloudIdentityLocalRole";

/// What is to be planned.
pub(super) struct PlanQuery {
    pub(super) cluster: Cluster,
    pub(super) roles: PodIdentityRoles,
    pub(super) profile: PermissionProfile,
}

impl PlanQuery {
    /// The query, or every fault of it.
    pub(super) fn parse(request: &Request, deployment: &AppContext) -> Result<Self, ApiError> {
        let deployed = deployment.clients.partition;
        let mut query = request.query_fields();
        let opted_in = deployment.config.allow_secret_pod_identity;
        query.partition(deployed, AuthMethod::PodIdentity, opted_in);
        let has_name = query.has("clusterName");
        let name: Option<Name> = query.optional("clusterName");
        if !has_name {
            query.malformed(
                "clusterName",
                "is missing: it must be the name of the EKS cluster that Palette runs on",
            );
        }
        let region = region(&mut query, deployed, deployment.clients.aws.region());
        let profile = query.optional("permissionProfile").unwrap_or_default();
        let accounts = Accounts {
            cluster: query.optional("clusterAccountId"),
            target: query.optional("targetAccountId"),
            own: request.function_account_id(),
        };
        let roles = accounts.roles(&mut query, deployed);
        query.finish(name.zip(region).zip(roles).map(|((name, region), roles)| {
            let account = roles.cluster_account();
            Self { cluster: Cluster { name, region, account }, roles, profile }
        }))
    }
}

/// A role that may be left out.
fn role(query: &mut Fields, name: &'static str, deployed: Partition) -> Option<RoleArn> {
    let role: RoleArn = query.optional(name)?;
    if role.partition() != deployed {
        query.reject(
            name,
            format_args!("must be of partition {deployed}, which this deployment serves"),
        );
    }
    Some(role)
}

fn region(query: &mut Fields, deployed: Partition, own: &str) -> Option<Region> {
    if !query.has("clusterRegion") {
        return own.parse().ok();
    }
    let region: Region = query.optional("clusterRegion")?;
    if region.partition != deployed {
        query.reject("clusterRegion", format_args!("must be a region of partition {deployed}"));
    }
    Some(region)
}

/// The accounts that were named, and the deployment's own.
struct Accounts {
    cluster: Option<AccountId>,
    target: Option<AccountId>,
    own: Option<AccountId>,
}

impl Accounts {
    /// The roles that were named, and the proposed ones in the place of the others.
    fn roles(self, query: &mut Fields, deployed: Partition) -> Option<PodIdentityRoles> {
        let mut named = |name| role(query, name, deployed);
        let (palette, hubble) = (named("roleArn"), named("hubbleRoleArn"));
        let (identity, target) = (named("identityRoleArn"), named("hubbleTargetRoleArn"));
        let of = |role: &Option<RoleArn>| role.as_ref().map(RoleArn::account);
        let local = self.cluster.or(of(&hubble)).or(of(&identity)).or(self.own);
        let Some(local) = local else {
            query.malformed(
                "clusterAccountId",
                "is missing: it must be the AWS account of the cluster, 12 digits",
            );
            return None;
        };
        let away = self.target.or(of(&palette)).or(of(&target)).unwrap_or(local);
        for (name, role, account) in [
            ("roleArn", &palette, away),
            ("hubbleTargetRoleArn", &target, away),
            ("hubbleRoleArn", &hubble, local),
            ("identityRoleArn", &identity, local),
        ] {
            if of(role).is_some_and(|found| found != account) {
                let of = if account == local && local != away { "cluster" } else { "target" };
                query.reject(
                    name,
                    format_args!(
                        "must be in the {of} account, as the others are or as {of}AccountId says"
                    ),
                );
            }
        }
        if away == local && target.is_some() {
            query.reject(
                "hubbleTargetRoleArn",
                "belongs to the case of two accounts: leave it out, or name another targetAccountId",
            );
        }
        let role = |named: Option<RoleArn>, account: AccountId, name: &str| {
            named.or_else(|| format!("arn:{deployed}:iam::{account}:role/{name}").parse().ok())
        };
        Some(if away == local {
            PodIdentityRoles::SameAccount {
                palette: role(palette, local, PALETTE)?,
                hubble: role(hubble, local, HUBBLE)?,
                identity: role(identity, local, IDENTITY)?,
            }
        } else {
            PodIdentityRoles::CrossAccount {
                palette_target: role(palette, away, PALETTE_TARGET)?,
                hubble_target: role(target, away, HUBBLE_TARGET)?,
                hubble_local: role(hubble, local, HUBBLE_LOCAL)?,
                identity_local: role(identity, local, IDENTITY_LOCAL)?,
            }
        })
    }
}
