//! Both associations, as they are to be (P20–P22).

use std::time::Duration;

use gangway_http::deadline;
use gangway_model::{RoleArn, UpstreamError};
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};
use tokio::time::sleep;

use super::{ASSOCIATIONS, Applied};
use crate::{
    eks::{AssociationChange, Associations, EksClient},
    observations::{AccountAccess, Observations},
    observed::Observed,
    request::PodIdentityRequest,
};

/// EKS is eventually consistent: what was made may not be shown at once. Looked for this often, with pauses that double.
const MAX_ATTEMPTS: u32 = 6;
const FIRST_DELAY: Duration = Duration::from_millis(200);

/// What the caller needs for whoever may not change associations.
const ACCESS_REMEDY: &str = "allow eks:CreatePodIdentityAssociation, eks:UpdatePodIdentityAssociation and iam:PassRole on both roles to the role that Gangway looks with (parameter AllowPodIdentityChanges)";

/// Where the caller reads what to do about what Gangway leaves alone.
const UNCHANGED_REMEDY: &str = "see pod-identity.hubble-association, pod-identity.identity-association and pod-identity.target-roles";

/// A step that is still to be taken.
#[derive(Debug, Eq, PartialEq)]
enum Step<'a> {
    Create,
    Update {
        id: String,
        role: Option<&'a str>,
        target: Option<&'a str>,
    },
    /// Gangway does not, for this reason.
    Keep(String),
}

pub(super) async fn ensure(
    views: &AccountAccess,
    wish: &PodIdentityRequest,
    facts: &mut Observations,
) -> Result<Applied, UpstreamError> {
    let Ok(eks) = views.eks(wish) else {
        let finding = ASSOCIATIONS.unverified("EKS may not be asked", ACCESS_REMEDY);
        return Ok(Applied { finding, changed: false });
    };
    let wanted = desired(wish);
    let (mut done, mut pause) = (Vec::new(), FIRST_DELAY);
    for look in 1..=MAX_ATTEMPTS {
        let Observed::Present(now) = &facts.associations else { break };
        let steps: Vec<_> = wanted
            .iter()
            .filter_map(|change| next_step(now, *change).map(|step| (*change, step)))
            .collect();
        if steps.is_empty() {
            return Ok(to_finding(&done));
        }
        let left: Vec<_> = steps.iter().filter_map(|(_, step)| step.unchanged_finding()).collect();
        if !left.is_empty() {
            let changed = !done.is_empty();
            let finding = ASSOCIATIONS.failed(left.join("; "), UNCHANGED_REMEDY);
            return Ok(Applied { finding, changed });
        }
        for (change, step) in &steps {
            let note = step.record(*change);
            // Shown late: it has been done already.
            if done.contains(&note) {
                continue;
            }
            match execute(&eks, *change, step).await {
                Ok(()) => done.push(note),
                // Somebody was quicker. What they made is read back and, if need be, corrected.
                Err(UpstreamError::AlreadyExists { .. }) => {}
                Err(UpstreamError::AccessDenied { reason, .. }) => {
                    let finding = ASSOCIATIONS.failed(reason, ACCESS_REMEDY);
                    return Ok(Applied { finding, changed: !done.is_empty() });
                }
                Err(UpstreamError::Rejected { reason, .. }) => {
                    let remedy = "see that both roles exist and trust pods.eks.amazonaws.com";
                    let finding = ASSOCIATIONS.failed(reason, remedy);
                    return Ok(Applied { finding, changed: !done.is_empty() });
                }
                Err(error) => return Err(error),
            }
        }
        if look > 1 {
            let slept = deadline::timeout(pause, sleep(pause)).await;
            drop(slept);
            pause *= 2;
        }
        facts.associations = eks.associations().await?;
    }
    let finding = ASSOCIATIONS.unverified(
        format!("EKS does not show it yet: {}", done.join("; ")),
        "validate again in a minute",
    );
    Ok(Applied { finding, changed: !done.is_empty() })
}

fn desired(wish: &PodIdentityRequest) -> [AssociationChange<'_>; 2] {
    let (hubble, identity) = (wish.roles.hubble().as_str(), wish.roles.identity().as_str());
    let target = wish.roles.hubble_target().map(RoleArn::as_str);
    [
        AssociationChange { account: HUBBLE_SERVICE_ACCOUNT, role: hubble, target },
        AssociationChange { account: IDENTITY_SERVICE_ACCOUNT, role: identity, target: None },
    ]
}

/// What brings an association to its state; `None` where it is there. Only what differs is sent: EKS may refuse an update
/// that changes nothing.
fn next_step<'a>(now: &Associations, wanted: AssociationChange<'a>) -> Option<Step<'a>> {
    let AssociationChange { account, role, target } = wanted;
    let Some(found) = now.of(account) else { return Some(Step::Create) };
    let role = (found.role != role).then_some(role);
    let superfluous = found.target.is_some() && target.is_none();
    let target = target.filter(|target| found.target.as_deref() != Some(*target));
    if role.is_none() && target.is_none() && !superfluous {
        return None;
    }
    if let Some(owner) = &found.owner {
        return Some(Step::Keep(format!("that of {account} belongs to {owner}")));
    }
    if superfluous {
        return Some(Step::Keep(format!(
            "that of {account} has a target role, which EKS takes away from none"
        )));
    }
    Some(Step::Update { id: found.id.clone(), role, target })
}

async fn execute(
    eks: &EksClient,
    change: AssociationChange<'_>,
    step: &Step<'_>,
) -> Result<(), UpstreamError> {
    match step {
        Step::Create => eks.associate(change).await,
        Step::Update { id, role, target } => eks.update(id, *role, *target).await,
        Step::Keep(_) => Ok(()),
    }
}

impl Step<'_> {
    fn unchanged_finding(&self) -> Option<&str> {
        match self {
            Self::Keep(reason) => Some(reason),
            Self::Create | Self::Update { .. } => None,
        }
    }

    fn record(&self, change: AssociationChange<'_>) -> String {
        match self {
            Self::Create => format!("made that of {}", change.account),
            Self::Update { id, .. } => format!("corrected that of {} ({id})", change.account),
            Self::Keep(_) => String::new(),
        }
    }
}

fn to_finding(done: &[String]) -> Applied {
    let observed = if done.is_empty() {
        "nothing had to be done".to_owned()
    } else {
        format!("{}; Palette's pods must be restarted", done.join("; "))
    };
    Applied { finding: ASSOCIATIONS.passed(observed), changed: !done.is_empty() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eks::Association;

    const CHANGE: AssociationChange<'_> =
        AssociationChange { account: HUBBLE_SERVICE_ACCOUNT, role: "role", target: Some("target") };

    fn found(role: &str, target: Option<&str>, owner: Option<&str>) -> Associations {
        let association = Association {
            id: "a-1".to_owned(),
            namespace: HUBBLE_SERVICE_ACCOUNT.namespace.to_owned(),
            service_account: HUBBLE_SERVICE_ACCOUNT.name.to_owned(),
            role: role.to_owned(),
            target: target.map(str::to_owned),
            external_id: None,
            owner: owner.map(str::to_owned),
        };
        Associations { all: vec![association], more: false }
    }

    /// Rows: F58, F59.
    #[test]
    fn only_what_differs_is_changed() {
        let correct = |role, target| Some(Step::Update { id: "a-1".to_owned(), role, target });
        let no_target = AssociationChange { target: None, ..CHANGE };
        for (now, wanted, step) in [
            (Associations::default(), CHANGE, Some(Step::Create)),
            (found("role", Some("target"), None), CHANGE, None),
            (found("role", None, None), no_target, None),
            (found("other", Some("target"), None), CHANGE, correct(Some("role"), None)),
            (found("role", None, None), CHANGE, correct(None, Some("target"))),
            (found("other", Some("x"), None), CHANGE, correct(Some("role"), Some("target"))),
        ] {
            assert_eq!(next_step(&now, wanted), step, "{now:?}");
        }
        for (now, wanted) in [
            (found("other", None, Some("arn:aws:eks:addon")), CHANGE),
            (found("role", Some("target"), None), no_target),
        ] {
            assert!(matches!(next_step(&now, wanted), Some(Step::Keep(_))), "{now:?}");
        }
    }
}
