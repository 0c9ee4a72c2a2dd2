//! Evaluates the decisions of IAM's simulator: what is denied, by what, and how to fix it.

#[cfg(test)]
mod tests;

use crate::catalogue::iam::{
    ACTIONS_ALLOWED, BOUNDARY_ALLOWS, MFA_NOT_REQUIRED, ORGANIZATION_ALLOWS, VENDOR_POLICY,
};
use std::collections::BTreeMap;

use gangway_model::Finding;
use gangway_policies::PolicyDocument;

use super::{
    policy_content::summarize,
    simulation::{ActionDecision, Decision, SimulationResult},
};
use gangway_aws::Principal;

/// Returns the findings for the decisions: about identity policies, permissions boundary and SCPs,
/// and about defects of the published policies.
pub(super) fn findings(verdicts: &[ActionDecision], principal: &Principal) -> Vec<Finding> {
    let denials: Vec<_> = verdicts.iter().filter(|verdict| verdict.is_denial()).collect();
    let of = |part: fn(&ActionDecision) -> bool| -> Vec<&str> {
        denials.iter().filter(|denial| part(denial)).map(|denial| denial.simulated.action).collect()
    };
    let (bounded, forbidden) = (of(|denial| denial.boundary), of(|denial| denial.organization));
    // The defects of a policy that is not attached cannot be seen.
    let lacking = |document| {
        let plain = |denial: &&ActionDecision| denial.decision == Decision::NotAllowed;
        denials.iter().copied().filter(plain).any(|denial| denial.simulated.document == document)
    };
    let vendors: Vec<_> = verdicts
        .iter()
        .filter(|verdict| verdict.is_vendor_defect() && !lacking(verdict.simulated.document))
        .map(|verdict| verdict.simulated.action)
        .collect();
    let label = principal.label();
    let mut findings = vec![
        allowed(verdicts.len(), &denials, principal),
        if bounded.is_empty() {
            BOUNDARY_ALLOWS.passed("no action is denied by a permissions boundary")
        } else {
            BOUNDARY_ALLOWS.failed(
                format!("the permissions boundary of {label} does not allow {}", summarize(&bounded)),
                format!("allow them in the policy that is the boundary of {label}, or remove the boundary"),
            )
        },
        if forbidden.is_empty() {
            ORGANIZATION_ALLOWS.passed("no action is denied by a policy of the organization")
        } else {
            ORGANIZATION_ALLOWS.failed(
                format!("a service control policy does not allow {}", summarize(&forbidden)),
                "ask the owners of the organization to allow them in the SCPs of this account",
            )
        },
    ];
    findings.extend(vendor_defect_finding(&vendors));
    findings
}

/// Returns a failed finding if the published policies have defects.
fn vendor_defect_finding(denied: &[&str]) -> Option<Finding> {
    (!denied.is_empty()).then(|| {
        VENDOR_POLICY.failed(
            format!(
                "denied although Palette's document names them, because it allows them on resource types that they do not support: {}",
                denied.join(", ")
            ),
            "nothing is wrong in this account; if Palette reports these actions, allow them on * in a policy of your own",
        )
    })
}

fn allowed(total: usize, denials: &[&ActionDecision], principal: &Principal) -> Finding {
    if denials.is_empty() {
        return ACTIONS_ALLOWED.passed(format!("{total} actions checked, none denied"));
    }
    let mut by_document: BTreeMap<PolicyDocument, Vec<&str>> = BTreeMap::new();
    let mut deniers: Vec<&str> = Vec::new();
    let mut explicit = Vec::new();
    for denial in denials {
        let external = denial.boundary || denial.organization;
        by_document.entry(denial.simulated.document).or_default().push(denial.simulated.action);
        if denial.decision == Decision::Denied && !external {
            explicit.push(denial.simulated.action);
            deniers.extend(denial.denied_by.iter().map(String::as_str));
        }
    }
    let mut observed = vec![format!("{} of {total} actions are denied", denials.len())];
    observed.extend(
        by_document
            .iter()
            .map(|(document, actions)| format!("of {}: {}", document.name(), summarize(actions))),
    );
    if !explicit.is_empty() {
        observed.push(format!("explicitly denied: {}", summarize(&explicit)));
    }
    ACTIONS_ALLOWED.failed(observed.join("; "), remedy(denials, deniers, principal))
}

/// Returns the steps that fix each kind of denial.
fn remedy(denials: &[&ActionDecision], mut deniers: Vec<&str>, principal: &Principal) -> String {
    let label = principal.label();
    let mut lacking: Vec<PolicyDocument> = denials
        .iter()
        .filter(|denial| denial.decision == Decision::NotAllowed)
        .filter(|denial| !denial.boundary && !denial.organization)
        .map(|denial| denial.simulated.document)
        .collect();
    lacking.sort_unstable();
    lacking.dedup();
    let mut steps = Vec::new();
    if !lacking.is_empty() {
        let names = super::policy_content::join_names(&lacking);
        steps.push(format!("attach {names} to {label}, or a new default version of it"));
    }
    let explicit = denials.iter().any(|denial| {
        denial.decision == Decision::Denied && !denial.boundary && !denial.organization
    });
    if explicit {
        deniers.sort_unstable();
        deniers.dedup();
        let of =
            if deniers.is_empty() { String::new() } else { format!(" in {}", deniers.join(", ")) };
        steps.push(format!("exempt {label} from the statements that deny them{of}"));
    }
    if denials.iter().any(|denial| denial.boundary) {
        steps.push("widen the permissions boundary (iam.boundary-allows)".to_owned());
    }
    if denials.iter().any(|denial| denial.organization) {
        steps.push(
            "ask for a change of the organization's SCPs (iam.organization-allows)".to_owned(),
        );
    }
    steps.join("; ")
}

/// Checks whether explicit denials depend on MFA. `with_mfa` are the decisions on the denied actions as if MFA had been
/// used, or `None` if no action is explicitly denied.
pub(super) fn mfa_finding(principal: &Principal, with_mfa: Option<&SimulationResult>) -> Finding {
    if matches!(principal, Principal::Role(_)) {
        return MFA_NOT_REQUIRED.not_applicable("checked for IAM users only");
    }
    let Some(with_mfa) = with_mfa else {
        return MFA_NOT_REQUIRED.passed("no action is explicitly denied");
    };
    let SimulationResult::Decisions(decisions) = with_mfa else {
        return MFA_NOT_REQUIRED.unverified("IAM denied the second simulation", "validate again");
    };
    let conditional: Vec<_> = decisions
        .iter()
        .filter(|verdict| verdict.decision != Decision::Denied)
        .map(|verdict| verdict.simulated.action)
        .collect();
    if conditional.is_empty() {
        MFA_NOT_REQUIRED.passed("the denied actions are denied with MFA too")
    } else {
        let label = principal.label();
        MFA_NOT_REQUIRED.failed(
            format!("denied unless MFA was used: {}", summarize(&conditional)),
            format!("exempt {label} from the policy that requires MFA: Palette calls AWS with the keys alone"),
        )
    }
}
