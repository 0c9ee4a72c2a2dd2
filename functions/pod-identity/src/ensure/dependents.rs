//! Searches Palette for other registered accounts that rely on an association. The associations
//! belong to the cluster, so a change affects every account that Palette's pods use.

use std::iter;

use gangway_aws::eks::Association;
use gangway_model::{
    AuthMethod, CloudAccount, EksCluster, Operation, PaletteCluster, Scope, UpstreamError,
};
use gangway_palette::{PaletteClient, ScopedResults};
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};

use super::Registrant;

/// Why an association must not be changed. Names no account, which may be of another scope.
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) remedy: &'static str,
    /// `true` if Gangway could not see whether an account relies on the association.
    pub(super) is_doubt: bool,
}

const IN_USE_REMEDY: &str = "register this account with the present roles; or change the association by hand, once the other accounts can do without it";

const UNKNOWN_CLUSTER_REMEDY: &str = "PUT those accounts with Gangway, which stores their cluster and roles if this Palette keeps annotations; or change the association by hand";

const DENIED_REMEDY: &str =
    "let Palette's API key read every project; or change the association by hand";

/// How another account relates to associations.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Dependency {
    /// It is registered with the present role of one of them.
    ReliesOnRole,
    /// Palette shows no annotation with its cluster.
    ClusterUnknown,
}

/// Returns why these associations must not be changed, or `None` if no other account relies on
/// them.
///
/// # Errors
///
/// If Palette could not be asked.
pub(super) async fn find_refusal(
    registrant: Registrant<'_>,
    palette: &PaletteClient,
    associations: &[&Association],
) -> Result<Option<Refusal>, UpstreamError> {
    let projects = match palette.projects().await {
        Ok(projects) => projects,
        Err(UpstreamError::AccessDenied { .. }) => return Ok(Some(denied())),
        Err(error) => return Err(error),
    };
    let scopes = iter::once(Scope::Tenant)
        .chain(projects.into_iter().map(|project| Scope::Project(project.uid)));
    let cluster = &registrant.request.cluster;
    let listings = scopes.map(async |scope| {
        let accounts = palette.in_scope(scope);
        accounts
            .list_all(|account| {
                // The tenant's own list has the accounts that it shares with a project.
                let is_other =
                    account.scope == *accounts.scope() && !is_registrant(&account, registrant);
                is_other.then(|| dependency(&account, cluster, associations)).flatten()
            })
            .await
    });
    let ScopedResults { results, denied: denied_scopes } =
        gangway_palette::query_scopes(listings).await?;
    let dependencies = results.concat();
    let count = |wanted| dependencies.iter().filter(|found| **found == wanted).count();
    let relying = count(Dependency::ReliesOnRole);
    if relying > 0 {
        return Ok(Some(Refusal {
            reason: format!(
                "nothing was changed: other registered accounts of this cluster rely on it ({relying})"
            ),
            remedy: IN_USE_REMEDY,
            is_doubt: false,
        }));
    }
    if denied_scopes > 0 {
        return Ok(Some(denied()));
    }
    let unknown = count(Dependency::ClusterUnknown);
    Ok((unknown > 0).then(|| Refusal {
        reason: format!(
            "nothing was changed: Palette does not show which cluster other accounts of this method rely on ({unknown})"
        ),
        remedy: UNKNOWN_CLUSTER_REMEDY,
        is_doubt: true,
    }))
}

fn denied() -> Refusal {
    Refusal {
        reason: "nothing was changed: Palette does not let Gangway see whether other accounts rely on it".to_owned(),
        remedy: DENIED_REMEDY,
        is_doubt: true,
    }
}

/// Returns `true` if the account is the one that is to be registered.
fn is_registrant(account: &CloudAccount, registrant: Registrant<'_>) -> bool {
    match registrant.operation {
        Operation::Replace(uid) => account.uid == *uid,
        Operation::Register | Operation::Validate => {
            account.scope == *registrant.scope
                && account.name == registrant.request.settings.name.as_str()
        }
    }
}

fn dependency(
    account: &CloudAccount,
    cluster: &EksCluster,
    associations: &[&Association],
) -> Option<Dependency> {
    if account.access.method() != Some(AuthMethod::PodIdentity)
        || account.partition != cluster.region.partition().id()
    {
        return None;
    }
    let Some(noted) = &account.palette_cluster else { return Some(Dependency::ClusterUnknown) };
    let relies = noted.cluster == *cluster
        && associations.iter().any(|present| is_registered_role(noted, present));
    relies.then_some(Dependency::ReliesOnRole)
}

/// Returns `true` if the account is registered with the role that the association has.
fn is_registered_role(noted: &PaletteCluster, present: &Association) -> bool {
    let PaletteCluster { hubble_role, identity_role, .. } = noted;
    [(HUBBLE_SERVICE_ACCOUNT, hubble_role), (IDENTITY_SERVICE_ACCOUNT, identity_role)]
        .into_iter()
        .any(|(account, role)| present.is_for(account) && present.role == role.as_str())
}
