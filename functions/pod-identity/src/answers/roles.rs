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
    facts::Facts,
    request::Wish,
    seen::{RoleSeen, Seen},
};

const PLAN: &str = "GET /v1/accounts/pod-identity/plan shows it with commands";

/// The checks of both cases; one case has these, the other those.
const SAME: [&Check; 4] = [&PALETTE_TRUST, &PALETTE_SUPPLEMENT, &HUBBLE_ROLE, &IDENTITY_ROLE];
const CROSS: [&Check; 4] =
    [&IDENTITY_LOCAL_ROLE, &PALETTE_TARGET_ROLE, &HUBBLE_TARGET_ROLE, &HUBBLE_LOCAL_ROLE];

pub(super) fn findings(facts: &Facts, wish: &Wish) -> Vec<Finding> {
    let mut findings = vec![facts.boundary.clone()];
    for (part, arn) in wish.roles.in_creation_order() {
        let Some(seen) = facts.role(part) else { continue };
        let role = Role { part, arn, seen, facts, wish };
        match part {
            RolePurpose::Palette => {
                findings.push(role.answer(&PALETTE_TRUST, &[Half::Trust]));
                findings.push(role.answer(&PALETTE_SUPPLEMENT, &[Half::Permissions]));
            }
            RolePurpose::Hubble => findings.push(role.answer(&HUBBLE_ROLE, &Half::BOTH)),
            RolePurpose::Identity => findings.push(role.answer(&IDENTITY_ROLE, &Half::BOTH)),
            RolePurpose::IdentityLocal => {
                findings.push(role.answer(&IDENTITY_LOCAL_ROLE, &Half::BOTH))
            }
            RolePurpose::HubbleLocal => findings.push(role.answer(&HUBBLE_LOCAL_ROLE, &Half::BOTH)),
            RolePurpose::PaletteTarget => {
                findings.push(role.answer(&PALETTE_TARGET_ROLE, &Half::BOTH))
            }
            RolePurpose::HubbleTarget => {
                findings.push(role.answer(&HUBBLE_TARGET_ROLE, &Half::BOTH))
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
enum Half {
    Trust,
    Permissions,
}

impl Half {
    const BOTH: [Self; 2] = [Self::Trust, Self::Permissions];
}

/// A role that is to be judged.
struct Role<'a> {
    part: RolePurpose,
    arn: &'a RoleArn,
    seen: &'a RoleSeen,
    facts: &'a Facts,
    wish: &'a Wish,
}

/// What a side came to: faults, each with what mends it, or why it is not known.
enum Side {
    Good(String),
    Bad(String, String),
    Unknown(String, String),
}

impl Role<'_> {
    fn answer(&self, check: &'static Check, halves: &[Half]) -> Finding {
        let (name, account) = (self.arn.name(), self.arn.account());
        if matches!(self.seen.trust, Seen::Missing) {
            return check.failed(
                format!("account {account} has no role {}", self.arn),
                format!("create it, or correct its ARN: {PLAN}"),
            );
        }
        let sides: Vec<_> = halves.iter().map(|half| self.side(*half)).collect();
        let (mut bad, mut remedies, mut unknown, mut good) = (vec![], vec![], None, vec![]);
        for side in sides {
            match side {
                Side::Good(seen) => good.push(seen),
                Side::Bad(fault, remedy) => {
                    bad.push(fault);
                    remedies.push(remedy);
                }
                Side::Unknown(reason, remedy) => unknown = unknown.or(Some((reason, remedy))),
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

    fn side(&self, half: Half) -> Side {
        match half {
            Half::Trust => self.trust(),
            Half::Permissions => self.permissions(),
        }
    }

    fn trust(&self) -> Side {
        let Self { part, facts, wish, seen, .. } = self;
        let document = match &seen.trust {
            Seen::There(document) => document,
            Seen::Hidden(hidden) => {
                return Side::Unknown(hidden.reason.clone(), hidden.remedy.clone());
            }
            Seen::Missing => {
                return Side::Unknown("there is no such role".to_owned(), PLAN.to_owned());
            }
        };
        let ids = facts.external_ids(wish);
        match assess_trust(document, *part, &wish.roles, wish.cluster.place(), &ids) {
            TrustAssessment::Valid => Side::Good("its trust is right".to_owned()),
            TrustAssessment::Undetermined(lines) => Side::Unknown(
                format!("the conditions of its trust may keep Palette out: {}", lines.join("; ")),
                format!("remove them, or see that they hold for Palette; {PLAN}"),
            ),
            TrustAssessment::Invalid(lines) => {
                let wanted = wish.roles.trust(*part, &ids);
                Side::Bad(lines.join("; "), format!("set its trust policy to {wanted}"))
            }
        }
    }

    fn permissions(&self) -> Side {
        let document = self.part.document().name();
        match &self.seen.allowed {
            Seen::There(SimulationOutcome::Everything(count)) => {
                Side::Good(format!("{count} actions of {document} are allowed"))
            }
            Seen::There(SimulationOutcome::NotAll(denied)) => Side::Bad(
                denied.clone(),
                format!(
                    "attach {document} to it: {PLAN}; see that no boundary and no policy of the organization denies it"
                ),
            ),
            Seen::There(SimulationOutcome::Inaccessible) => Side::Unknown(
                "IAM may not be asked what it is allowed to do".to_owned(),
                format!(
                    "allow iam:SimulatePrincipalPolicy on {} to the role that Gangway looks with",
                    self.arn
                ),
            ),
            Seen::There(SimulationOutcome::RoleNotFound) | Seen::Missing => {
                Side::Bad("there is no such role".to_owned(), format!("create it: {PLAN}"))
            }
            Seen::Hidden(hidden) => Side::Unknown(hidden.reason.clone(), hidden.remedy.clone()),
        }
    }
}
