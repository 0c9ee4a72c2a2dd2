//! Creates the Pod Identity associations of Hubble and of the identity service, or replaces roles
//! in these associations.
//!
//! Gangway changes an existing association only if the request names the role to replace, and if no
//! other registered account relies on the association.

use std::time::Duration;

use gangway_aws::{
    Observed,
    eks::{Association, Associations, DesiredAssociation, EksClient},
};
use gangway_checks::pod_identity::{AccountAccess, Observations, catalogue::ASSOCIATIONS_ENSURED};
use gangway_http::deadline;
use gangway_model::{Finding, RoleArn, UpstreamError};
use gangway_palette::PaletteClient;
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};
use tokio::time::sleep;

use super::{ChangeResult, RequestedAccount, dependents};
use crate::request::PodIdentityRequest;

/// The maximum number of times that Gangway reads the associations. EKS is eventually consistent,
/// so it may not list a change at once.
const MAX_ATTEMPTS: u32 = 6;

/// The first delay between two attempts. Each further delay is twice as long.
const FIRST_DELAY: Duration = Duration::from_millis(200);

/// The remedy if AWS denies a change.
const ACCESS_REMEDY: &str = "allow eks:CreatePodIdentityAssociation, eks:UpdatePodIdentityAssociation and iam:PassRole on both roles to the role that Gangway inspects with (parameters AllowPodIdentityChanges, ClusterArns and PodRoleNames)";

/// The remedy for an association that Gangway never changes. Names the checks whose remedies help.
const NOT_CHANGEABLE_REMEDY: &str = "see pod-identity.hubble-association, pod-identity.identity-association and pod-identity.target-roles";

/// The remedy if the request does not name the role to replace.
const NOT_NAMED_REMEDY: &str = "send the present role as the role of this account; or, if no other account needs it, name it in replaceAssociations to let Gangway replace it";

/// The next change of one association.
#[derive(Debug, Eq, PartialEq)]
enum AssociationChange<'a> {
    /// Create the association.
    Create,
    /// Replace the roles that are not `None` in the association `id`.
    Update { id: String, role: Option<&'a str>, target_role: Option<&'a str> },
    /// Do not change the association, although it is not as desired.
    Keep { reason: String, remedy: &'static str },
}

/// Creates or changes the associations until EKS lists them as desired, at most [`MAX_ATTEMPTS`]
/// times. Updates `observations` after each change.
pub(super) async fn create_or_update(
    access: &AccountAccess,
    requested_account: RequestedAccount<'_>,
    palette: &PaletteClient,
    observations: &mut Observations,
) -> Result<ChangeResult, UpstreamError> {
    let request = requested_account.request;
    let Ok(eks) = access.eks(&request.cluster) else {
        let finding = ASSOCIATIONS_ENSURED
            .unverified("Gangway has no access to the account of the cluster", ACCESS_REMEDY);
        return Ok(ChangeResult { finding, has_changed: false });
    };
    let desired_associations = desired_associations(request);
    let (mut completed, mut delay) = (Vec::new(), FIRST_DELAY);
    // The associations that no other registered account relies on.
    let mut unused: Vec<Association> = Vec::new();
    for attempt in 1..=MAX_ATTEMPTS {
        let Observed::Present(current) = &observations.cluster.associations else { break };
        let changes: Vec<_> = desired_associations
            .iter()
            .filter_map(|desired| {
                next_change(current, *desired, &request.replaceable_roles)
                    .map(|change| (*desired, change))
            })
            .collect();
        if changes.is_empty() {
            return Ok(to_result(&completed));
        }
        if let Some(finding) = unchangeable_finding(&changes) {
            return Ok(ChangeResult { finding, has_changed: !completed.is_empty() });
        }
        let to_update = associations_to_update(current, &changes);
        if to_update.iter().any(|association| !unused.contains(association)) {
            if let Some(finding) =
                dependent_accounts_finding(requested_account, palette, &to_update).await?
            {
                return Ok(ChangeResult { finding, has_changed: !completed.is_empty() });
            }
            unused = to_update.into_iter().cloned().collect();
            // An association may have changed during the search in Palette, so read them again.
            observations.cluster.associations = eks.associations().await?;
            continue;
        }
        for (desired, change) in &changes {
            let record = change.to_text(*desired);
            // Gangway has made this change, but EKS does not list the change yet.
            if completed.contains(&record) {
                continue;
            }
            match execute(&eks, *desired, change).await {
                Ok(()) => completed.push(record),
                // Another client has created the association in the meantime. The next attempt
                // reads the association and compares it with the desired association.
                Err(UpstreamError::AlreadyExists { .. }) => {}
                Err(UpstreamError::AccessDenied { reason, .. }) => {
                    let finding = ASSOCIATIONS_ENSURED.failed(reason, ACCESS_REMEDY);
                    return Ok(ChangeResult { finding, has_changed: !completed.is_empty() });
                }
                Err(UpstreamError::Rejected { reason, .. }) => {
                    let remedy = "check that both roles exist and trust pods.eks.amazonaws.com";
                    let finding = ASSOCIATIONS_ENSURED.failed(reason, remedy);
                    return Ok(ChangeResult { finding, has_changed: !completed.is_empty() });
                }
                Err(error) => return Err(error),
            }
        }
        if attempt > 1 {
            let slept = deadline::timeout(delay, sleep(delay)).await;
            drop(slept);
            delay *= 2;
        }
        observations.cluster.associations = eks.associations().await?;
    }
    let finding = ASSOCIATIONS_ENSURED.unverified(
        format!("EKS does not list the change yet: {}", completed.join("; ")),
        "validate again in a minute",
    );
    Ok(ChangeResult { finding, has_changed: !completed.is_empty() })
}

/// Returns the associations that the request needs.
fn desired_associations(request: &PodIdentityRequest) -> [DesiredAssociation<'_>; 2] {
    let (hubble, identity) = (request.roles.hubble().as_str(), request.roles.identity().as_str());
    let target_role = request.roles.hubble_target().map(RoleArn::as_str);
    [
        DesiredAssociation { service_account: HUBBLE_SERVICE_ACCOUNT, role: hubble, target_role },
        DesiredAssociation {
            service_account: IDENTITY_SERVICE_ACCOUNT,
            role: identity,
            target_role: None,
        },
    ]
}

/// Returns the failed finding if Gangway must not change one of the associations.
fn unchangeable_finding(
    changes: &[(DesiredAssociation<'_>, AssociationChange<'_>)],
) -> Option<Finding> {
    let (mut reasons, mut remedies) = (Vec::new(), Vec::new());
    for (_, change) in changes {
        if let AssociationChange::Keep { reason, remedy } = change {
            reasons.push(reason.as_str());
            if !remedies.contains(remedy) {
                remedies.push(*remedy);
            }
        }
    }
    let finding = || ASSOCIATIONS_ENSURED.failed(reasons.join("; "), remedies.join("; "));
    (!reasons.is_empty()).then(finding)
}

/// Returns the existing associations that the changes update.
fn associations_to_update<'a>(
    current: &'a Associations,
    changes: &[(DesiredAssociation<'_>, AssociationChange<'_>)],
) -> Vec<&'a Association> {
    let updates =
        changes.iter().filter(|(_, change)| matches!(change, AssociationChange::Update { .. }));
    updates.filter_map(|(desired, _)| current.find(desired.service_account)).collect()
}

/// Searches Palette for other registered accounts that rely on the associations. Returns a finding
/// if there is such an account, or if Gangway could not see whether there is one.
async fn dependent_accounts_finding(
    requested_account: RequestedAccount<'_>,
    palette: &PaletteClient,
    associations: &[&Association],
) -> Result<Option<Finding>, UpstreamError> {
    let reason_not_to_change =
        dependents::find_reason_not_to_change(requested_account, palette, associations).await?;
    Ok(reason_not_to_change.map(|reason_not_to_change| {
        let dependents::ReasonNotToChange { reason, remedy, is_unverified } = reason_not_to_change;
        if is_unverified {
            ASSOCIATIONS_ENSURED.unverified(reason, remedy)
        } else {
            ASSOCIATIONS_ENSURED.failed(reason, remedy)
        }
    }))
}

/// Returns the next change of an association, or `None` if the association is as desired. An update
/// contains only the roles that differ, because EKS may refuse an update that changes nothing. An
/// update replaces only roles that the request names (`replaceable`).
fn next_change<'a>(
    current: &Associations,
    desired: DesiredAssociation<'a>,
    replaceable: &[RoleArn],
) -> Option<AssociationChange<'a>> {
    let DesiredAssociation { service_account, role, target_role } = desired;
    let Some(found) = current.find(service_account) else { return Some(AssociationChange::Create) };
    let role = (found.role != role).then_some(role);
    let has_needless_target = found.target_role.is_some() && target_role.is_none();
    let target_role = target_role.filter(|target| found.target_role.as_deref() != Some(*target));
    if role.is_none() && target_role.is_none() && !has_needless_target {
        return None;
    }
    if let Some(owner) = &found.owner {
        return Some(AssociationChange::Keep {
            reason: format!("the association of {service_account} belongs to {owner}"),
            remedy: NOT_CHANGEABLE_REMEDY,
        });
    }
    if has_needless_target {
        return Some(AssociationChange::Keep {
            reason: format!(
                "the association of {service_account} has a target role, which EKS cannot remove"
            ),
            remedy: NOT_CHANGEABLE_REMEDY,
        });
    }
    let replaced_role = role.map(|_| found.role.as_str());
    // If the association has no target role, the request must name the role of the association.
    let replaced_target =
        target_role.map(|_| found.target_role.as_deref().unwrap_or(found.role.as_str()));
    let mut replaced = replaced_role.into_iter().chain(replaced_target);
    let is_named = |role: &str| replaceable.iter().any(|named| named.as_str() == role);
    if let Some(present) = replaced.find(|present| !is_named(present)) {
        return Some(AssociationChange::Keep {
            reason: format!(
                "the association of {service_account} has {present}, which replaceAssociations does not name"
            ),
            remedy: NOT_NAMED_REMEDY,
        });
    }
    Some(AssociationChange::Update { id: found.id.clone(), role, target_role })
}

/// Makes the change in EKS.
async fn execute(
    eks: &EksClient,
    desired: DesiredAssociation<'_>,
    change: &AssociationChange<'_>,
) -> Result<(), UpstreamError> {
    match change {
        AssociationChange::Create => eks.create_association(desired).await?,
        AssociationChange::Update { id, role, target_role } => {
            eks.update_association(id, *role, *target_role).await?;
        }
        AssociationChange::Keep { .. } => return Ok(()),
    }
    let (role, target) = (desired.role, desired.target_role);
    tracing::info!(
        change = change.to_text(desired),
        role,
        targetRole = target,
        "Pod Identity association created or changed"
    );
    Ok(())
}

impl AssociationChange<'_> {
    /// Returns a text that says what was done.
    fn to_text(&self, desired: DesiredAssociation<'_>) -> String {
        match self {
            Self::Create => format!("created the association of {}", desired.service_account),
            Self::Update { id, .. } => {
                format!("changed the association of {} ({id})", desired.service_account)
            }
            Self::Keep { .. } => String::new(),
        }
    }
}

/// Returns the passed finding after all changes. `completed` contains a text for each change.
fn to_result(completed: &[String]) -> ChangeResult {
    let observed = if completed.is_empty() {
        "no change was needed".to_owned()
    } else {
        format!("{}; Palette's pods must be restarted", completed.join("; "))
    };
    ChangeResult {
        finding: ASSOCIATIONS_ENSURED.passed(observed),
        has_changed: !completed.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gangway_aws::eks::Association;

    const DESIRED: DesiredAssociation<'_> = DesiredAssociation {
        service_account: HUBBLE_SERVICE_ACCOUNT,
        role: "role",
        target_role: Some("target"),
    };

    fn existing(role: &str, target_role: Option<&str>, owner: Option<&str>) -> Associations {
        let association = Association {
            id: "a-1".to_owned(),
            namespace: HUBBLE_SERVICE_ACCOUNT.namespace.to_owned(),
            service_account: HUBBLE_SERVICE_ACCOUNT.name.to_owned(),
            role: role.to_owned(),
            target_role: target_role.map(str::to_owned),
            session_policy: None,
            is_untagged: false,
            external_id: None,
            owner: owner.map(str::to_owned),
        };
        Associations { described: vec![association], is_incomplete: false }
    }

    fn roles(names: &[&str]) -> Vec<RoleArn> {
        names.iter().map(|name| arn(name).parse().unwrap()).collect()
    }

    fn arn(name: &str) -> String {
        format!("arn:aws:iam::123456789012:role/{name}")
    }

    #[test]
    fn update_contains_only_differing_and_replaceable_roles() {
        let (other, x) = (arn("other"), arn("x"));
        let update = |role, target_role| {
            Some(AssociationChange::Update { id: "a-1".to_owned(), role, target_role })
        };
        let no_target = DesiredAssociation { target_role: None, ..DESIRED };
        for (current, desired, named, change) in [
            (Associations::default(), DESIRED, vec![], Some(AssociationChange::Create)),
            (existing("role", Some("target"), None), DESIRED, vec![], None),
            (existing("role", None, None), no_target, vec![], None),
            (
                existing(&other, Some("target"), None),
                DESIRED,
                vec!["other"],
                update(Some("role"), None),
            ),
            (existing("role", Some(&x), None), DESIRED, vec!["x"], update(None, Some("target"))),
            (
                existing(&other, Some(&x), None),
                DESIRED,
                vec!["x", "other"],
                update(Some("role"), Some("target")),
            ),
            (
                existing(&other, None, None),
                DESIRED,
                vec!["other"],
                update(Some("role"), Some("target")),
            ),
        ] {
            assert_eq!(next_change(&current, desired, &roles(&named)), change, "{current:?}");
        }
        for (current, desired, named) in [
            (existing(&other, None, Some("arn:aws:eks:addon")), DESIRED, vec!["other"]),
            (existing("role", Some(&x), None), no_target, vec!["x"]),
            (existing(&other, Some("target"), None), DESIRED, vec![]),
            (existing(&other, Some("target"), None), DESIRED, vec!["x"]),
            (existing(&other, Some(&x), None), DESIRED, vec!["other"]),
            (existing("role", Some(&x), None), DESIRED, vec!["other"]),
            (existing("role", None, None), DESIRED, vec!["x"]),
        ] {
            let change = next_change(&current, desired, &roles(&named));
            assert!(matches!(change, Some(AssociationChange::Keep { .. })), "{current:?}");
        }
    }
}
