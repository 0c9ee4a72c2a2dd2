//! Evaluates the trust policies and the permissions of the roles.

use gangway_aws::Observed;
use gangway_model::{Check, Finding, RoleArn};
use gangway_policies::pod_identity::{
    RolePurpose,
    trust::{TrustAssessment, assess_trust},
};

use crate::{
    iam::grants::SimulationOutcome,
    pod_identity::{
        Observations, PodIdentitySetup,
        catalogue::{
            HUBBLE_LOCAL_ROLE, HUBBLE_ROLE, HUBBLE_TARGET_ROLE, IDENTITY_LOCAL_ROLE, IDENTITY_ROLE,
            PALETTE_SUPPLEMENT, PALETTE_TARGET_ROLE, PALETTE_TRUST,
        },
        observations::ObservedRole,
    },
};

const PLAN_REMEDY: &str = "GET /v1/pod-identity/plan shows it with commands";

/// The checks that apply only if Palette's role is in the AWS account of the cluster.
const SAME_ACCOUNT_CHECKS: [&Check; 4] =
    [&PALETTE_TRUST, &PALETTE_SUPPLEMENT, &HUBBLE_ROLE, &IDENTITY_ROLE];
/// The checks that apply only if Palette's role is in another AWS account than the cluster.
const CROSS_ACCOUNT_CHECKS: [&Check; 4] =
    [&IDENTITY_LOCAL_ROLE, &PALETTE_TARGET_ROLE, &HUBBLE_TARGET_ROLE, &HUBBLE_LOCAL_ROLE];

pub(super) fn findings(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (purpose, arn) in setup.roles.in_creation_order() {
        let Some(observed) = observations.role(purpose) else { continue };
        let role = RoleToCheck { purpose, arn, observed, observations, setup };
        match purpose {
            RolePurpose::Palette => {
                findings.push(role.role_finding(&PALETTE_TRUST, &[RolePart::Trust]));
                findings.push(role.role_finding(&PALETTE_SUPPLEMENT, &[RolePart::Permissions]));
            }
            RolePurpose::Hubble => findings.push(role.role_finding(&HUBBLE_ROLE, &RolePart::BOTH)),
            RolePurpose::Identity => {
                findings.push(role.role_finding(&IDENTITY_ROLE, &RolePart::BOTH));
            }
            RolePurpose::IdentityLocal => {
                findings.push(role.role_finding(&IDENTITY_LOCAL_ROLE, &RolePart::BOTH));
            }
            RolePurpose::HubbleLocal => {
                findings.push(role.role_finding(&HUBBLE_LOCAL_ROLE, &RolePart::BOTH));
            }
            RolePurpose::PaletteTarget => {
                findings.push(role.role_finding(&PALETTE_TARGET_ROLE, &RolePart::BOTH));
            }
            RolePurpose::HubbleTarget => {
                findings.push(role.role_finding(&HUBBLE_TARGET_ROLE, &RolePart::BOTH));
            }
        }
    }
    let (other_checks, reason) = if setup.roles.hubble_target().is_some() {
        (SAME_ACCOUNT_CHECKS, "Palette's role is in another account than the cluster")
    } else {
        (CROSS_ACCOUNT_CHECKS, "Palette's role is in the account of the cluster")
    };
    findings.extend(other_checks.map(|check| check.not_applicable(reason)));
    findings
}

/// The part of a role that a check is about.
#[derive(Clone, Copy, Eq, PartialEq)]
enum RolePart {
    Trust,
    Permissions,
}

impl RolePart {
    const BOTH: [Self; 2] = [Self::Trust, Self::Permissions];
}

/// A role of the setup, and the facts with which its checks are evaluated.
struct RoleToCheck<'a> {
    purpose: RolePurpose,
    arn: &'a RoleArn,
    observed: &'a ObservedRole,
    observations: &'a Observations,
    setup: &'a PodIdentitySetup<'a>,
}

/// The result of checking one part of a role.
enum PartState {
    /// The part is correct. The value describes what was observed.
    Valid(String),
    /// The part is wrong. The values are the error and the remedy.
    Invalid(String, String),
    /// The part could not be checked. The values are the reason and the remedy.
    Undetermined(String, String),
}

impl RoleToCheck<'_> {
    /// Evaluates the parts of the role, and combines the results into one finding.
    fn role_finding(&self, check: &'static Check, parts: &[RolePart]) -> Finding {
        let (name, account) = (self.arn.name(), self.arn.account());
        if matches!(self.observed.trust, Observed::Absent) {
            return check.failed(
                format!("account {account} has no role {}", self.arn),
                format!("create it, or correct its ARN: {PLAN_REMEDY}"),
            );
        }
        let states: Vec<_> = parts.iter().map(|part| self.part_state(*part)).collect();
        let (mut errors, mut remedies, mut undetermined, mut valid) =
            (vec![], vec![], None, vec![]);
        for state in states {
            match state {
                PartState::Valid(observed) => valid.push(observed),
                PartState::Invalid(error, remedy) => {
                    errors.push(error);
                    remedies.push(remedy);
                }
                PartState::Undetermined(reason, remedy) => {
                    undetermined = undetermined.or(Some((reason, remedy)));
                }
            }
        }
        match undetermined {
            _ if !errors.is_empty() => {
                check.failed(format!("{name}: {}", errors.join("; ")), remedies.join("; "))
            }
            Some((reason, remedy)) => check.unverified(format!("{name}: {reason}"), remedy),
            None => check.passed(format!("{name}: {}", valid.join("; "))),
        }
    }

    fn part_state(&self, part: RolePart) -> PartState {
        match part {
            RolePart::Trust => self.trust_state(),
            RolePart::Permissions => self.permissions_state(),
        }
    }

    fn trust_state(&self) -> PartState {
        let Self { purpose, observations, setup, observed, .. } = self;
        let document = match &observed.trust {
            Observed::Present(document) => document,
            Observed::Inaccessible(inaccessible) => {
                return PartState::Undetermined(
                    inaccessible.reason.clone(),
                    inaccessible.remedy.clone(),
                );
            }
            Observed::Absent => {
                return PartState::Undetermined(
                    "there is no such role".to_owned(),
                    PLAN_REMEDY.to_owned(),
                );
            }
        };
        let sessions = observations.eks_sessions(setup);
        match assess_trust(document, *purpose, setup.roles, setup.policy_cluster(), &sessions) {
            TrustAssessment::Valid => PartState::Valid("its trust policy is correct".to_owned()),
            TrustAssessment::Undetermined(lines) => PartState::Undetermined(
                format!(
                    "the conditions of its trust policy may deny Palette access: {}",
                    lines.join("; ")
                ),
                format!("remove them, or check that they are met for Palette; {PLAN_REMEDY}"),
            ),
            TrustAssessment::Invalid(lines) => {
                let trust_policy = setup.roles.trust(*purpose, &sessions);
                PartState::Invalid(
                    lines.join("; "),
                    format!("set its trust policy to {trust_policy}"),
                )
            }
        }
    }

    fn permissions_state(&self) -> PartState {
        let document = self.purpose.document().name();
        match &self.observed.simulation {
            Observed::Present(SimulationOutcome::AllAllowed(count)) => {
                PartState::Valid(format!("{count} actions of {document} are allowed"))
            }
            Observed::Present(SimulationOutcome::SomeDenied(denied)) => PartState::Invalid(
                denied.clone(),
                format!(
                    "attach {document} to it: {PLAN_REMEDY}; check that no permissions boundary and no policy of the organization denies them"
                ),
            ),
            Observed::Present(SimulationOutcome::Unknown(reason)) => PartState::Undetermined(
                reason.clone(),
                format!(
                    "check the conditions of the policies of {} and of the organization's SCPs for these actions",
                    self.arn
                ),
            ),
            Observed::Present(SimulationOutcome::Inaccessible) => PartState::Undetermined(
                "Gangway may not simulate its permissions".to_owned(),
                format!(
                    "allow iam:SimulatePrincipalPolicy on {} to the role that Gangway inspects with",
                    self.arn
                ),
            ),
            Observed::Present(SimulationOutcome::RoleNotFound) | Observed::Absent => {
                PartState::Invalid(
                    "there is no such role".to_owned(),
                    format!("create it: {PLAN_REMEDY}"),
                )
            }
            Observed::Inaccessible(inaccessible) => {
                PartState::Undetermined(inaccessible.reason.clone(), inaccessible.remedy.clone())
            }
        }
    }
}
