//! Searches Palette for other registered accounts that rely on an association. The associations
//! belong to the cluster, so a change affects every account whose role Palette's pods assume.

use std::iter;

use gangway_aws::eks::Association;
use gangway_model::{
    AuthMethod, CloudAccount, EksCluster, Operation, PaletteCluster, Scope, UpstreamError,
};
use gangway_palette::{PaletteClient, ScopedResults};
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};

use super::RequestedAccount;

/// The reason why an association must not be changed. Does not name the other accounts, because an
/// account may belong to another scope.
pub(super) struct ReasonNotToChange {
    pub(super) reason: String,
    pub(super) remedy: &'static str,
    /// `true` if Gangway could not see whether an account relies on the association.
    pub(super) is_unverified: bool,
}

const IN_USE_REMEDY: &str = "register this account with the present roles; or change the association by hand, once the other accounts can do without it";

const UNKNOWN_CLUSTER_REMEDY: &str = "PUT those accounts with Gangway, which stores their cluster and roles if this Palette keeps annotations; or change the association by hand";

const DENIED_REMEDY: &str =
    "let Palette's API key read every project; or change the association by hand";

/// How another registered account relates to the associations.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Dependency {
    /// The account is registered with the current role of one of the associations.
    ReliesOnRole,
    /// Palette returns no annotation with the cluster of the account.
    ClusterUnknown,
}

/// Returns the reason why the associations must not be changed, or `None` if no other registered
/// account relies on the associations.
///
/// # Errors
///
/// Returns an error if Palette could not be called.
pub(super) async fn find_reason_not_to_change(
    requested_account: RequestedAccount<'_>,
    palette: &PaletteClient,
    associations: &[&Association],
) -> Result<Option<ReasonNotToChange>, UpstreamError> {
    let projects = match palette.projects().await {
        Ok(projects) => projects,
        Err(UpstreamError::AccessDenied { .. }) => return Ok(Some(access_denied_reason())),
        Err(error) => return Err(error),
    };
    let scopes = iter::once(Scope::Tenant)
        .chain(projects.into_iter().map(|project| Scope::Project(project.uid)));
    let cluster = &requested_account.request.cluster;
    let listings = scopes.map(async |scope| {
        let accounts = palette.in_scope(scope);
        accounts
            .list_all(|account| {
                // The list of a project also contains the accounts that the tenant shares with it.
                let is_other = account.scope == *accounts.scope()
                    && !is_requested_account(&account, requested_account);
                is_other.then(|| find_dependency(&account, cluster, associations)).flatten()
            })
            .await
    });
    let ScopedResults { results, denied: denied_scopes } =
        gangway_palette::query_scopes(listings).await?;
    let dependencies = results.concat();
    let count = |wanted| dependencies.iter().filter(|found| **found == wanted).count();
    let relying_count = count(Dependency::ReliesOnRole);
    if relying_count > 0 {
        return Ok(Some(ReasonNotToChange {
            reason: format!(
                "nothing was changed: other registered accounts of this cluster rely on it ({relying_count})"
            ),
            remedy: IN_USE_REMEDY,
            is_unverified: false,
        }));
    }
    if denied_scopes > 0 {
        return Ok(Some(access_denied_reason()));
    }
    let unknown_count = count(Dependency::ClusterUnknown);
    Ok((unknown_count > 0).then(|| ReasonNotToChange {
        reason: format!(
            "nothing was changed: Palette does not show which cluster other accounts of this method rely on ({unknown_count})"
        ),
        remedy: UNKNOWN_CLUSTER_REMEDY,
        is_unverified: true,
    }))
}

fn access_denied_reason() -> ReasonNotToChange {
    ReasonNotToChange {
        reason: "nothing was changed: Palette does not let Gangway see whether other accounts rely on it".to_owned(),
        remedy: DENIED_REMEDY,
        is_unverified: true,
    }
}

/// Returns `true` if the account is the account that the request registers or replaces.
fn is_requested_account(account: &CloudAccount, requested_account: RequestedAccount<'_>) -> bool {
    match requested_account.operation {
        Operation::Replace(uid) => account.uid == *uid,
        Operation::Register | Operation::Validate => {
            account.scope == *requested_account.scope
                && account.name == requested_account.request.settings.name.as_str()
        }
    }
}

/// Returns how the account relates to the associations. Returns `None` if it does not rely on them.
fn find_dependency(
    account: &CloudAccount,
    cluster: &EksCluster,
    associations: &[&Association],
) -> Option<Dependency> {
    if account.access.method() != Some(AuthMethod::PodIdentity)
        || account.partition != cluster.region.partition().id()
    {
        return None;
    }
    let Some(annotated_cluster) = &account.palette_cluster else {
        return Some(Dependency::ClusterUnknown);
    };
    let relies_on_role = annotated_cluster.cluster == *cluster
        && associations
            .iter()
            .any(|association| is_registered_role(annotated_cluster, association));
    relies_on_role.then_some(Dependency::ReliesOnRole)
}

/// Returns `true` if the association has a role with which the account is registered.
fn is_registered_role(annotated_cluster: &PaletteCluster, association: &Association) -> bool {
    let PaletteCluster { hubble_role, identity_role, .. } = annotated_cluster;
    [(HUBBLE_SERVICE_ACCOUNT, hubble_role), (IDENTITY_SERVICE_ACCOUNT, identity_role)]
        .into_iter()
        .any(|(account, role)| association.is_for(account) && association.role == role.as_str())
}
