//! The roles, by their trust and what they may do (P11–P14, P16–P19).

use gangway_checks::iam::grants::SimulationOutcome;
use gangway_model::{Check, Finding, RoleArn};
use gangway_policies::pod_identity::{
    RolePurpose,
    trust::{TrustAssessment, assess_trust},
};

use crate::{
    checks::{
        HUBBLE_LOCAL_ROLE, HUBBLE_ROLE, HUBBLE_TARGET_ROLE, IDENTITY_LOCAL_ROLE, IDENTITY_ROLE,
        PALETTE_SUPPLEMENT, PALETTE_TARGET_ROLE, PALETTE_TRUST,
    },
    observations::Observations,
    observed::{Observed, ObservedRole},
    request::PodIdentityRequest,
};

const PLAN: &str = "GET /v1/accounts/pod-identity/plan shows it with commands";

/// The checks of both cases; one case has these, the other those.
const SAME: [&Check; 4] = [&PALETTE_TRUST, &PALETTE_SUPPLEMENT, &HUBBLE_ROLE, &IDENTITY_ROLE];
const CROSS: [&Check; 4] =
    [&IDENTITY_LOCAL_ROLE, &PALETTE_TARGET_ROLE, &HUBBLE_TARGET_ROLE, &HUBBLE_LOCAL_ROLE];

pub(super) fn findings(facts: &Observations, wish: &PodIdentityRequest) -> Vec<Finding> {
    let mut findings = vec![facts.boundary.clone()];
    for (part, arn) in wish.roles.in_creation_order() {
        let Some(seen) = facts.role(part) else { continue };
        let role = Role { part, arn, seen, facts, wish };
        match part {
            RolePurpose::Palette => {
                findings.push(role.role_finding(&PALETTE_TRUST, &[RolePart::Trust]));
                findings.push(role.role_finding(&PALETTE_SUPPLEMENT, &[RolePart::Permissions]));
            }
            RolePurpose::Hubble => findings.push(role.role_finding(&HUBBLE_ROLE, &RolePart::BOTH)),
            RolePurpose::Identity => {
                findings.push(role.role_finding(&IDENTITY_ROLE, &RolePart::BOTH))
            }
            RolePurpose::IdentityLocal => {
                findings.push(role.role_finding(&IDENTITY_LOCAL_ROLE, &RolePart::BOTH))
            }
            RolePurpose::HubbleLocal => {
                findings.push(role.role_finding(&HUBBLE_LOCAL_ROLE, &RolePart::BOTH))
            }
            RolePurpose::PaletteTarget => {
                findings.push(role.role_finding(&PALETTE_TARGET_ROLE, &RolePart::BOTH))
            }
            RolePurpose::HubbleTarget => {
                findings.push(role.role_finding(&HUBBLE_TARGET_ROLE, &RolePart::BOTH))
            }
        }
    }
    let (others, why) = if wish.roles.hubble_target().is_some() {
        (SAME, "Palette's role is in another account than the cluster")
    } else {
        (CROSS, "Palette's role is in the account of the cluster")
    };
    findings.extend(others.map(|check| check.not_applicable(why)));
    findings
}

/// One side of a role.
#[derive(Clone, Copy, Eq, PartialEq)]
enum RolePart {
    Trust,
    Permissions,
}

impl RolePart {
    const BOTH: [Self; 2] = [Self::Trust, Self::Permissions];
}

/// A role that is to be judged.
struct Role<'a> {
    part: RolePurpose,
    arn: &'a RoleArn,
    seen: &'a ObservedRole,
    facts: &'a Observations,
    wish: &'a PodIdentityRequest,
}

/// What a side came to: faults, each with what mends it, or why it is not known.
enum PartState {
    Valid(String),
    Invalid(String, String),
    Undetermined(String, String),
}

impl Role<'_> {
    fn role_finding(&self, check: &'static Check, halves: &[RolePart]) -> Finding {
        let (name, account) = (self.arn.name(), self.arn.account());
        if matches!(self.seen.trust, Observed::Absent) {
            return check.failed(
                format!("account {account} has no role {}", self.arn),
                format!("create it, or correct its ARN: {PLAN}"),
            );
        }
        let sides: Vec<_> = halves.iter().map(|half| self.part_state(*half)).collect();
        let (mut bad, mut remedies, mut unknown, mut good) = (vec![], vec![], None, vec![]);
        for side in sides {
            match side {
                PartState::Valid(seen) => good.push(seen),
                PartState::Invalid(fault, remedy) => {
                    bad.push(fault);
                    remedies.push(remedy);
                }
                PartState::Undetermined(reason, remedy) => {
                    unknown = unknown.or(Some((reason, remedy)))
                }
            }
        }
        match unknown {
            _ if !bad.is_empty() => {
                check.failed(format!("{name}: {}", bad.join("; ")), remedies.join("; "))
            }
            Some((reason, remedy)) => check.unverified(format!("{name}: {reason}"), remedy),
            None => check.passed(format!("{name}: {}", good.join("; "))),
        }
    }

    fn part_state(&self, half: RolePart) -> PartState {
        match half {
            RolePart::Trust => self.trust(),
            RolePart::Permissions => self.permissions(),
        }
    }

    fn trust(&self) -> PartState {
        let Self { part, facts, wish, seen, .. } = self;
        let document = match &seen.trust {
            Observed::Present(document) => document,
            Observed::Inaccessible(hidden) => {
                return PartState::Undetermined(hidden.reason.clone(), hidden.remedy.clone());
            }
            Observed::Absent => {
                return PartState::Undetermined(
                    "there is no such role".to_owned(),
                    PLAN.to_owned(),
                );
            }
        };
        let ids = facts.external_ids(wish);
        match assess_trust(document, *part, &wish.roles, wish.cluster.place(), &ids) {
            TrustAssessment::Valid => PartState::Valid("its trust is right".to_owned()),
            TrustAssessment::Undetermined(lines) => PartState::Undetermined(
                format!("the conditions of its trust may keep Palette out: {}", lines.join("; ")),
                format!("remove them, or see that they hold for Palette; {PLAN}"),
            ),
            TrustAssessment::Invalid(lines) => {
                let wanted = wish.roles.trust(*part, &ids);
                PartState::Invalid(lines.join("; "), format!("set its trust policy to {wanted}"))
            }
        }
    }

    fn permissions(&self) -> PartState {
        let document = self.part.document().name();
        match &self.seen.allowed {
            Observed::Present(SimulationOutcome::Everything(count)) => {
                PartState::Valid(format!("{count} actions of {document} are allowed"))
            }
            Observed::Present(SimulationOutcome::NotAll(denied)) => PartState::Invalid(
                denied.clone(),
                format!(
                    "attach {document} to it: {PLAN}; see that no boundary and no policy of the organization denies it"
                ),
            ),
            Observed::Present(SimulationOutcome::Inaccessible) => PartState::Undetermined(
                "IAM may not be asked what it is allowed to do".to_owned(),
                format!(
                    "allow iam:SimulatePrincipalPolicy on {} to the role that Gangway looks with",
                    self.arn
                ),
            ),
            Observed::Present(SimulationOutcome::RoleNotFound) | Observed::Absent => {
                PartState::Invalid("there is no such role".to_owned(), format!("create it: {PLAN}"))
            }
            Observed::Inaccessible(hidden) => {
                PartState::Undetermined(hidden.reason.clone(), hidden.remedy.clone())
            }
        }
    }
}
