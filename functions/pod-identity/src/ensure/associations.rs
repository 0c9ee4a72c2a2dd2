//! Creates the associations of Hubble and of the identity service, or replaces roles in them.
//!
//! An existing association is changed only if the request names the role that is to be replaced and
//! no other registered account relies on the association.

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

use super::{Applied, Registrant, dependents};
use crate::request::PodIdentityRequest;

/// EKS is eventually consistent: a change may not be listed at once. The associations are read this
/// often, with delays that double from [`FIRST_DELAY`].
const MAX_ATTEMPTS: u32 = 6;
const FIRST_DELAY: Duration = Duration::from_millis(200);

/// Remedy if EKS denies a change.
const ACCESS_REMEDY: &str = "allow eks:CreatePodIdentityAssociation, eks:UpdatePodIdentityAssociation and iam:PassRole on both roles to the role that Gangway inspects with (parameters AllowPodIdentityChanges, ClusterArns and PodRoleNames)";

/// Remedy if Gangway does not change an association: refers to the checks that say what to do.
const NOT_CHANGEABLE_REMEDY: &str = "see pod-identity.hubble-association, pod-identity.identity-association and pod-identity.target-roles";

/// Remedy if the request does not name the role that is to be replaced.
const NOT_NAMED_REMEDY: &str = "send the present role as the role of this account; or, if no other account needs it, name it in replaceAssociations to let Gangway replace it";

/// The next step for one association.
#[derive(Debug, Eq, PartialEq)]
enum Step<'a> {
    Create,
    Update {
        id: String,
        role: Option<&'a str>,
        target_role: Option<&'a str>,
    },
    /// Gangway does not change it.
    Keep {
        reason: String,
        remedy: &'static str,
    },
}

pub(super) async fn ensure(
    access: &AccountAccess,
    registrant: Registrant<'_>,
    palette: &PaletteClient,
    observations: &mut Observations,
) -> Result<Applied, UpstreamError> {
    let request = registrant.request;
    let Ok(eks) = access.eks(&request.cluster) else {
        let finding = ASSOCIATIONS_ENSURED
            .unverified("Gangway has no access to the account of the cluster", ACCESS_REMEDY);
        return Ok(Applied { finding, has_changed: false });
    };
    let wanted = desired(request);
    let (mut done, mut delay) = (Vec::new(), FIRST_DELAY);
    // Associations that no other account relies on.
    let mut unused: Vec<Association> = Vec::new();
    for attempt in 1..=MAX_ATTEMPTS {
        let Observed::Present(current) = &observations.cluster.associations else { break };
        let steps: Vec<_> = wanted
            .iter()
            .filter_map(|change| {
                next_step(current, *change, &request.replaceable_roles).map(|step| (*change, step))
            })
            .collect();
        if steps.is_empty() {
            return Ok(to_finding(&done));
        }
        if let Some(finding) = unchangeable(&steps) {
            return Ok(Applied { finding, has_changed: !done.is_empty() });
        }
        let updated = to_update(current, &steps);
        if updated.iter().any(|association| !unused.contains(association)) {
            if let Some(finding) = in_use(registrant, palette, &updated).await? {
                return Ok(Applied { finding, has_changed: !done.is_empty() });
            }
            unused = updated.into_iter().cloned().collect();
            // Somebody else may have changed one of them during the search.
            observations.cluster.associations = eks.associations().await?;
            continue;
        }
        for (change, step) in &steps {
            let record = step.record(*change);
            // EKS has not listed this change yet.
            if done.contains(&record) {
                continue;
            }
            match execute(&eks, *change, step).await {
                Ok(()) => done.push(record),
                // Created by somebody else in the meantime. It is read back and treated like any
                // existing one.
                Err(UpstreamError::AlreadyExists { .. }) => {}
                Err(UpstreamError::AccessDenied { reason, .. }) => {
                    let finding = ASSOCIATIONS_ENSURED.failed(reason, ACCESS_REMEDY);
                    return Ok(Applied { finding, has_changed: !done.is_empty() });
                }
                Err(UpstreamError::Rejected { reason, .. }) => {
                    let remedy = "check that both roles exist and trust pods.eks.amazonaws.com";
                    let finding = ASSOCIATIONS_ENSURED.failed(reason, remedy);
                    return Ok(Applied { finding, has_changed: !done.is_empty() });
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
        format!("EKS does not list the change yet: {}", done.join("; ")),
        "validate again in a minute",
    );
    Ok(Applied { finding, has_changed: !done.is_empty() })
}

fn desired(request: &PodIdentityRequest) -> [DesiredAssociation<'_>; 2] {
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

/// Returns the finding if Gangway does not change one of the associations.
fn unchangeable(steps: &[(DesiredAssociation<'_>, Step<'_>)]) -> Option<Finding> {
    let (mut reasons, mut remedies) = (Vec::new(), Vec::new());
    for (_, step) in steps {
        if let Step::Keep { reason, remedy } = step {
            reasons.push(reason.as_str());
            if !remedies.contains(remedy) {
                remedies.push(*remedy);
            }
        }
    }
    let finding = || ASSOCIATIONS_ENSURED.failed(reasons.join("; "), remedies.join("; "));
    (!reasons.is_empty()).then(finding)
}

/// Returns the existing associations that the steps change.
fn to_update<'a>(
    current: &'a Associations,
    steps: &[(DesiredAssociation<'_>, Step<'_>)],
) -> Vec<&'a Association> {
    let updates = steps.iter().filter(|(_, step)| matches!(step, Step::Update { .. }));
    updates.filter_map(|(change, _)| current.find(change.service_account)).collect()
}

/// Returns the finding if another account relies on one of the associations, or may rely on it.
async fn in_use(
    registrant: Registrant<'_>,
    palette: &PaletteClient,
    associations: &[&Association],
) -> Result<Option<Finding>, UpstreamError> {
    let refusal = dependents::find_refusal(registrant, palette, associations).await?;
    Ok(refusal.map(|refusal| {
        let dependents::Refusal { reason, remedy, is_doubt } = refusal;
        if is_doubt {
            ASSOCIATIONS_ENSURED.unverified(reason, remedy)
        } else {
            ASSOCIATIONS_ENSURED.failed(reason, remedy)
        }
    }))
}

/// Returns the next step for an association, or `None` if it is as desired. An update contains only
/// what differs, since EKS may refuse an update that changes nothing, and replaces only roles that
/// the request names.
fn next_step<'a>(
    current: &Associations,
    desired: DesiredAssociation<'a>,
    replaceable: &[RoleArn],
) -> Option<Step<'a>> {
    let DesiredAssociation { service_account, role, target_role } = desired;
    let Some(found) = current.find(service_account) else { return Some(Step::Create) };
    let role = (found.role != role).then_some(role);
    let has_needless_target = found.target_role.is_some() && target_role.is_none();
    let target_role = target_role.filter(|target| found.target_role.as_deref() != Some(*target));
    if role.is_none() && target_role.is_none() && !has_needless_target {
        return None;
    }
    if let Some(owner) = &found.owner {
        return Some(Step::Keep {
            reason: format!("the association of {service_account} belongs to {owner}"),
            remedy: NOT_CHANGEABLE_REMEDY,
        });
    }
    if has_needless_target {
        return Some(Step::Keep {
            reason: format!(
                "the association of {service_account} has a target role, which EKS cannot remove"
            ),
            remedy: NOT_CHANGEABLE_REMEDY,
        });
    }
    let replaced_role = role.map(|_| found.role.as_str());
    // Without a target role, the association's role tells which association is meant.
    let replaced_target =
        target_role.map(|_| found.target_role.as_deref().unwrap_or(found.role.as_str()));
    let mut replaced = replaced_role.into_iter().chain(replaced_target);
    let is_named = |role: &str| replaceable.iter().any(|named| named.as_str() == role);
    if let Some(present) = replaced.find(|present| !is_named(present)) {
        return Some(Step::Keep {
            reason: format!(
                "the association of {service_account} has {present}, which replaceAssociations does not name"
            ),
            remedy: NOT_NAMED_REMEDY,
        });
    }
    Some(Step::Update { id: found.id.clone(), role, target_role })
}

async fn execute(
    eks: &EksClient,
    change: DesiredAssociation<'_>,
    step: &Step<'_>,
) -> Result<(), UpstreamError> {
    match step {
        Step::Create => eks.create_association(change).await?,
        Step::Update { id, role, target_role } => {
            eks.update_association(id, *role, *target_role).await?;
        }
        Step::Keep { .. } => return Ok(()),
    }
    let (role, target) = (change.role, change.target_role);
    tracing::info!(change = step.record(change), role, targetRole = target, "association changed");
    Ok(())
}

impl Step<'_> {
    fn record(&self, change: DesiredAssociation<'_>) -> String {
        match self {
            Self::Create => format!("created the association of {}", change.service_account),
            Self::Update { id, .. } => {
                format!("changed the association of {} ({id})", change.service_account)
            }
            Self::Keep { .. } => String::new(),
        }
    }
}

fn to_finding(done: &[String]) -> Applied {
    let observed = if done.is_empty() {
        "no change was needed".to_owned()
    } else {
        format!("{}; Palette's pods must be restarted", done.join("; "))
    };
    Applied { finding: ASSOCIATIONS_ENSURED.passed(observed), has_changed: !done.is_empty() }
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
    fn only_what_differs_is_changed() {
        let (other, x) = (arn("other"), arn("x"));
        let update =
            |role, target_role| Some(Step::Update { id: "a-1".to_owned(), role, target_role });
        let no_target = DesiredAssociation { target_role: None, ..DESIRED };
        for (current, desired, named, step) in [
            (Associations::default(), DESIRED, vec![], Some(Step::Create)),
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
            assert_eq!(next_step(&current, desired, &roles(&named)), step, "{current:?}");
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
            let step = next_step(&current, desired, &roles(&named));
            assert!(matches!(step, Some(Step::Keep { .. })), "{current:?}");
        }
    }
}
