//! Creates or corrects the associations of Hubble and of the identity service.

use std::time::Duration;

use gangway_aws::{
    Observed,
    eks::{Associations, DesiredAssociation, EksClient},
};
use gangway_checks::pod_identity::{AccountAccess, Observations, catalogue::ASSOCIATIONS_ENSURED};
use gangway_http::deadline;
use gangway_model::{RoleArn, UpstreamError};
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};
use tokio::time::sleep;

use super::Applied;
use crate::request::PodIdentityRequest;

/// EKS is eventually consistent: a change may not be listed at once. The associations are read this
/// often, with delays that double from [`FIRST_DELAY`].
const MAX_ATTEMPTS: u32 = 6;
const FIRST_DELAY: Duration = Duration::from_millis(200);

/// Remedy if EKS denies a change.
const ACCESS_REMEDY: &str = "allow eks:CreatePodIdentityAssociation, eks:UpdatePodIdentityAssociation and iam:PassRole on both roles to the role that Gangway inspects with (parameter AllowPodIdentityChanges)";

/// Remedy if Gangway does not change an association: refers to the checks that say what to do.
const UNCHANGED_REMEDY: &str = "see pod-identity.hubble-association, pod-identity.identity-association and pod-identity.target-roles";

/// The next step for one association.
#[derive(Debug, Eq, PartialEq)]
enum Step<'a> {
    Create,
    Update {
        id: String,
        role: Option<&'a str>,
        target_role: Option<&'a str>,
    },
    /// Gangway does not change it, for this reason.
    Keep(String),
}

pub(super) async fn ensure(
    access: &AccountAccess,
    request: &PodIdentityRequest,
    observations: &mut Observations,
) -> Result<Applied, UpstreamError> {
    let Ok(eks) = access.eks(&request.cluster) else {
        let finding = ASSOCIATIONS_ENSURED
            .unverified("Gangway has no access to the account of the cluster", ACCESS_REMEDY);
        return Ok(Applied { finding, has_changed: false });
    };
    let wanted = desired(request);
    let (mut done, mut delay) = (Vec::new(), FIRST_DELAY);
    for attempt in 1..=MAX_ATTEMPTS {
        let Observed::Present(current) = &observations.cluster.associations else { break };
        let steps: Vec<_> = wanted
            .iter()
            .filter_map(|change| next_step(current, *change).map(|step| (*change, step)))
            .collect();
        if steps.is_empty() {
            return Ok(to_finding(&done));
        }
        let unchanged: Vec<_> =
            steps.iter().filter_map(|(_, step)| step.reason_to_keep()).collect();
        if !unchanged.is_empty() {
            let has_changed = !done.is_empty();
            let finding = ASSOCIATIONS_ENSURED.failed(unchanged.join("; "), UNCHANGED_REMEDY);
            return Ok(Applied { finding, has_changed });
        }
        for (change, step) in &steps {
            let record = step.record(*change);
            // EKS has not listed this change yet.
            if done.contains(&record) {
                continue;
            }
            match execute(&eks, *change, step).await {
                Ok(()) => done.push(record),
                // Created by somebody else in the meantime. It is read back and, if it differs,
                // corrected.
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

/// Returns the next step for an association, or `None` if it is as desired. An update contains only
/// what differs, since EKS may refuse an update that changes nothing.
fn next_step<'a>(current: &Associations, desired: DesiredAssociation<'a>) -> Option<Step<'a>> {
    let DesiredAssociation { service_account, role, target_role } = desired;
    let Some(found) = current.find(service_account) else { return Some(Step::Create) };
    let role = (found.role != role).then_some(role);
    let has_needless_target = found.target_role.is_some() && target_role.is_none();
    let target_role = target_role.filter(|target| found.target_role.as_deref() != Some(*target));
    if role.is_none() && target_role.is_none() && !has_needless_target {
        return None;
    }
    if let Some(owner) = &found.owner {
        return Some(Step::Keep(format!(
            "the association of {service_account} belongs to {owner}"
        )));
    }
    if has_needless_target {
        return Some(Step::Keep(format!(
            "the association of {service_account} has a target role, which EKS cannot remove"
        )));
    }
    Some(Step::Update { id: found.id.clone(), role, target_role })
}

async fn execute(
    eks: &EksClient,
    change: DesiredAssociation<'_>,
    step: &Step<'_>,
) -> Result<(), UpstreamError> {
    match step {
        Step::Create => eks.create_association(change).await,
        Step::Update { id, role, target_role } => {
            eks.update_association(id, *role, *target_role).await
        }
        Step::Keep(_) => Ok(()),
    }
}

impl Step<'_> {
    fn reason_to_keep(&self) -> Option<&str> {
        match self {
            Self::Keep(reason) => Some(reason),
            Self::Create | Self::Update { .. } => None,
        }
    }

    fn record(&self, change: DesiredAssociation<'_>) -> String {
        match self {
            Self::Create => format!("created the association of {}", change.service_account),
            Self::Update { id, .. } => {
                format!("corrected the association of {} ({id})", change.service_account)
            }
            Self::Keep(_) => String::new(),
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
            external_id: None,
            owner: owner.map(str::to_owned),
        };
        Associations { described: vec![association], is_incomplete: false }
    }

    #[test]
    fn only_what_differs_is_changed() {
        let update =
            |role, target_role| Some(Step::Update { id: "a-1".to_owned(), role, target_role });
        let no_target = DesiredAssociation { target_role: None, ..DESIRED };
        for (current, desired, step) in [
            (Associations::default(), DESIRED, Some(Step::Create)),
            (existing("role", Some("target"), None), DESIRED, None),
            (existing("role", None, None), no_target, None),
            (existing("other", Some("target"), None), DESIRED, update(Some("role"), None)),
            (existing("role", None, None), DESIRED, update(None, Some("target"))),
            (existing("other", Some("x"), None), DESIRED, update(Some("role"), Some("target"))),
        ] {
            assert_eq!(next_step(&current, desired), step, "{current:?}");
        }
        for (current, desired) in [
            (existing("other", None, Some("arn:aws:eks:addon")), DESIRED),
            (existing("role", Some("target"), None), no_target),
        ] {
            assert!(matches!(next_step(&current, desired), Some(Step::Keep(_))), "{current:?}");
        }
    }
}
