//! Evaluates the decisions of IAM's simulator: what is denied, by what, and how to fix it.

#[cfg(test)]
mod tests;

use crate::catalogue::iam::{
    ACTIONS_ALLOWED, BOUNDARY_ALLOWS, MFA_NOT_REQUIRED, ORGANIZATION_ALLOWS, VENDOR_POLICY,
};
use std::collections::{BTreeMap, BTreeSet};

use gangway_model::Finding;
use gangway_policies::PolicyDocument;

use super::{
    policy_content::summarize,
    simulation::{ActionDecision, Decision, OrganizationDecision, SimulationResult},
};
use gangway_aws::Principal;

/// Returns the findings for the decisions: about identity policies, permissions boundary and SCPs,
/// and about defects of the published policies. Decisions that prove nothing are *unverified*.
pub(super) fn findings(decisions: &[ActionDecision], principal: &Principal) -> Vec<Finding> {
    let denials: Vec<_> = decisions.iter().filter(|decision| decision.is_denial()).collect();
    // The defects of a policy that is not attached cannot be seen.
    let lacking = |document| {
        let plain = |denial: &&ActionDecision| denial.evaluation.decision == Decision::NotAllowed;
        denials.iter().copied().filter(plain).any(|denial| denial.simulated.document == document)
    };
    let vendors: Vec<_> = decisions
        .iter()
        .filter(|decision| decision.is_vendor_defect() && !lacking(decision.simulated.document))
        .map(|decision| decision.simulated.action)
        .collect();
    let mut findings = vec![
        actions_finding(decisions, &denials, principal),
        boundary_finding(decisions, principal),
        organization_finding(decisions),
    ];
    findings.extend(vendor_defect_finding(&vendors));
    findings
}

/// Returns the actions that `select` accepts.
fn actions_of(decisions: &[ActionDecision], select: impl Fn(&ActionDecision) -> bool) -> Vec<&str> {
    let selected = decisions.iter().filter(|decision| select(decision));
    selected.map(|decision| decision.simulated.action).collect()
}

fn boundary_finding(decisions: &[ActionDecision], principal: &Principal) -> Finding {
    let label = principal.label();
    let denied = actions_of(decisions, |decision| {
        decision.evaluation.denied_by_boundary && decision.is_denial()
    });
    let unknown = actions_of(decisions, |decision| {
        decision.evaluation.denied_by_boundary && decision.evaluation.decision == Decision::Unknown
    });
    if !denied.is_empty() {
        BOUNDARY_ALLOWS.failed(
            format!("the permissions boundary of {label} does not allow {}", summarize(&denied)),
            format!(
                "allow them in the policy that is the boundary of {label}, or remove the boundary"
            ),
        )
    } else if !unknown.is_empty() {
        BOUNDARY_ALLOWS.unverified(
            format!(
                "IAM's simulator does not allow {} within the permissions boundary of {label}, but had no value for {}",
                summarize(&unknown),
                missing_keys(decisions),
            ),
            format!("check whether the conditions in the boundary of {label} allow them"),
        )
    } else {
        BOUNDARY_ALLOWS.passed("no action is denied by a permissions boundary")
    }
}

fn organization_finding(decisions: &[ActionDecision]) -> Finding {
    let by =
        |wanted| actions_of(decisions, move |decision| decision.evaluation.organization == wanted);
    let (denied, doubtful) = (by(OrganizationDecision::Denies), by(OrganizationDecision::Doubtful));
    if !denied.is_empty() {
        ORGANIZATION_ALLOWS.failed(
            format!("a service control policy denies {}", summarize(&denied)),
            "ask the owners of the organization to allow them in the SCPs of this account",
        )
    } else if !doubtful.is_empty() {
        ORGANIZATION_ALLOWS.unverified(
            format!(
                "IAM's simulator says that policies of the organization do not allow {}, but shows no statement that denies them; it also says so where the conditions of an SCP do not apply",
                summarize(&doubtful)
            ),
            "compare the SCPs of this account and their conditions with these actions, or call one of them as Palette would: if the call works, nothing has to be changed",
        )
    } else {
        ORGANIZATION_ALLOWS.passed("no action is denied by a policy of the organization")
    }
}

/// Returns the condition keys for which IAM had no value, as a list.
fn missing_keys(decisions: &[ActionDecision]) -> String {
    let keys: BTreeSet<_> =
        decisions.iter().flat_map(|decision| &decision.evaluation.missing_keys).collect();
    keys.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ")
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

fn actions_finding(
    decisions: &[ActionDecision],
    denials: &[&ActionDecision],
    principal: &Principal,
) -> Finding {
    let total = decisions.len();
    let unknown =
        actions_of(decisions, |decision| decision.evaluation.decision == Decision::Unknown);
    let unknown = (!unknown.is_empty()).then(|| unknown_actions(&unknown, decisions));
    if denials.is_empty() {
        return match unknown {
            None => ACTIONS_ALLOWED.passed(format!("{total} actions checked, none denied")),
            Some(unknown) => ACTIONS_ALLOWED.unverified(
                format!("of {total} actions, none is known to be denied; {unknown}"),
                format!(
                    "check the conditions of the policies of {} and of the organization's SCPs for these actions, or call one of them as Palette would",
                    principal.label()
                ),
            ),
        };
    }
    let mut by_document: BTreeMap<PolicyDocument, Vec<&str>> = BTreeMap::new();
    let mut deniers: Vec<&str> = Vec::new();
    let mut explicit = Vec::new();
    for denial in denials {
        by_document.entry(denial.simulated.document).or_default().push(denial.simulated.action);
        if is_denied_in_account(denial) {
            explicit.push(denial.simulated.action);
            deniers.extend(denial.evaluation.denied_by.iter().map(String::as_str));
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
    observed.extend(unknown);
    ACTIONS_ALLOWED.failed(observed.join("; "), remedy(denials, deniers, principal))
}

/// Returns `true` if a policy of the account, other than the boundary, denies the action explicitly.
fn is_denied_in_account(denial: &ActionDecision) -> bool {
    denial.evaluation.decision == Decision::Denied
        && !denial.evaluation.denied_by_boundary
        && denial.evaluation.organization != OrganizationDecision::Denies
}

/// Describes the actions whose decision is not known, and why.
fn unknown_actions(actions: &[&str], decisions: &[ActionDecision]) -> String {
    let text = format!("not known for {} of them ({})", actions.len(), summarize(actions));
    match missing_keys(decisions).as_str() {
        "" => text,
        keys => format!("{text}, because IAM's simulator had no value for {keys}"),
    }
}

/// Returns the steps that fix each kind of denial.
fn remedy(denials: &[&ActionDecision], mut deniers: Vec<&str>, principal: &Principal) -> String {
    let label = principal.label();
    let mut lacking: Vec<PolicyDocument> = denials
        .iter()
        .filter(|denial| denial.evaluation.decision == Decision::NotAllowed)
        .filter(|denial| !denial.evaluation.denied_by_boundary)
        .map(|denial| denial.simulated.document)
        .collect();
    lacking.sort_unstable();
    lacking.dedup();
    let mut steps = Vec::new();
    if !lacking.is_empty() {
        let names = super::policy_content::join_names(&lacking);
        steps.push(format!("attach {names} to {label}, or a new default version of it"));
    }
    if denials.iter().any(|denial| is_denied_in_account(denial)) {
        deniers.sort_unstable();
        deniers.dedup();
        let of =
            if deniers.is_empty() { String::new() } else { format!(" in {}", deniers.join(", ")) };
        steps.push(format!("exempt {label} from the statements that deny them{of}"));
    }
    if denials.iter().any(|denial| denial.evaluation.denied_by_boundary) {
        steps.push("widen the permissions boundary (iam.boundary-allows)".to_owned());
    }
    if denials.iter().any(|denial| denial.evaluation.organization == OrganizationDecision::Denies) {
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
        .filter(|decision| {
            matches!(decision.evaluation.decision, Decision::Allowed | Decision::NotAllowed)
        })
        .map(|decision| decision.simulated.action)
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
