//! What the query asks: a cluster's name is enough.

use std::{fmt::Display, str::FromStr};

use deployment::Deployment;
use domain::{AccountId, Failure, Method, Partition, PermissionProfile, RoleArn, Violation};
use lambda::{Rejection, Request};
use policies::pods::Roles;

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
pub(super) struct Question {
    pub(super) cluster: Cluster,
    pub(super) roles: Roles,
    pub(super) profile: PermissionProfile,
}

/// The query, as far as it was read, and its faults.
struct Query<'a> {
    request: &'a Request,
    faults: Vec<Violation>,
}

impl Query<'_> {
    /// A parameter that may be left out.
    fn optional<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.request.query(name)?;
        text.parse().map_err(|rule| self.malformed(name, &rule)).ok()
    }

    fn role(&mut self, name: &str, deployed: Partition) -> Option<RoleArn> {
        let role: RoleArn = self.optional(name)?;
        if role.partition() != deployed {
            self.refused(
                name,
                &format!("must be of partition {deployed}, which this deployment serves"),
            );
        }
        Some(role)
    }

    fn malformed(&mut self, name: &str, rule: &dyn Display) {
        self.faults.push(Violation::malformed(format!("/{name}"), format!("{name} {rule}")));
    }

    fn refused(&mut self, name: &str, rule: &str) {
        self.faults.push(Violation::refused(format!("/{name}"), format!("{name} {rule}")));
    }
}

impl Question {
    /// The query, or every fault of it.
    pub(super) fn read(request: &Request, deployment: &Deployment) -> Result<Self, Rejection> {
        let deployed = deployment.partition;
        let mut query = Query { request, faults: Vec::new() };
        partition(&mut query, deployed, deployment.settings.allow_secret_pod_identity);
        let name: Option<Name> = query.optional("clusterName");
        if request.query("clusterName").is_none() {
            query.malformed(
                "clusterName",
                &"is missing: it must be the name of the EKS cluster that Palette runs on",
            );
        }
        let region = region(&mut query, deployed, deployment.aws.region());
        let profile = query.optional("permissionProfile").unwrap_or_default();
        let accounts = Accounts {
            cluster: query.optional("clusterAccountId"),
            target: query.optional("targetAccountId"),
            own: request.deployed_in(),
        };
        let roles = accounts.roles(&mut query, deployed);
        let Query { faults, .. } = query;
        match (name, region, roles) {
            (Some(name), Some(region), Some(roles)) if faults.is_empty() => {
                let account = roles.cluster_account();
                Ok(Self { cluster: Cluster { name, region, account }, roles, profile })
            }
            _ if faults.is_empty() => Err(Rejection::incomplete()),
            _ => Err(Failure::Invalid(faults).into()),
        }
    }
}

fn partition(query: &mut Query<'_>, deployed: Partition, opted_in: bool) {
    let asked = query.optional("partition").unwrap_or(deployed);
    if !Method::PodIdentity.allowed_in(asked, opted_in) {
        query.refused(
            "partition",
            &format!(
                "must be one that offers pod-identity, and {asked} does not: use another method"
            ),
        );
    } else if asked != deployed {
        query.refused("partition", &format!("must be {deployed}: ask the deployment in {asked}"));
    }
}

fn region(query: &mut Query<'_>, deployed: Partition, own: &str) -> Option<Region> {
    if query.request.query("clusterRegion").is_none() {
        return own.parse().ok();
    }
    let region: Region = query.optional("clusterRegion")?;
    if region.partition != deployed {
        query.refused("clusterRegion", &format!("must be a region of partition {deployed}"));
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
    fn roles(self, query: &mut Query<'_>, deployed: Partition) -> Option<Roles> {
        let mut named = |name| query.role(name, deployed);
        let (palette, hubble) = (named("roleArn"), named("hubbleRoleArn"));
        let (identity, target) = (named("identityRoleArn"), named("hubbleTargetRoleArn"));
        let of = |role: &Option<RoleArn>| role.as_ref().map(RoleArn::account);
        let local = self.cluster.or(of(&hubble)).or(of(&identity)).or(self.own);
        let Some(local) = local else {
            query.malformed(
                "clusterAccountId",
                &"is missing: it must be the AWS account of the cluster, 12 digits",
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
                query.refused(
                    name,
                    &format!(
                        "must be in the {of} account, as the others are or as {of}AccountId says"
                    ),
                );
            }
        }
        if away == local && target.is_some() {
            query.refused(
                "hubbleTargetRoleArn",
                "belongs to the case of two accounts: leave it out, or name another targetAccountId",
            );
        }
        let role = |named: Option<RoleArn>, account: AccountId, name: &str| {
            named.or_else(|| format!("arn:{deployed}:iam::{account}:role/{name}").parse().ok())
        };
        Some(if away == local {
            Roles::SameAccount {
                palette: role(palette, local, PALETTE)?,
                hubble: role(hubble, local, HUBBLE)?,
                identity: role(identity, local, IDENTITY)?,
            }
        } else {
            Roles::CrossAccount {
                palette_target: role(palette, away, PALETTE_TARGET)?,
                hubble_target: role(target, away, HUBBLE_TARGET)?,
                hubble_local: role(hubble, local, HUBBLE_LOCAL)?,
                identity_local: role(identity, local, IDENTITY_LOCAL)?,
            }
        })
    }
}
