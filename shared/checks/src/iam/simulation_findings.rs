//! Converts the decisions of IAM's simulator into findings.

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

/// Converts the decisions into findings about the policies of the identity, the permissions
/// boundary, the SCPs, and defects of Palette's published policies. *Unknown* decisions make a
/// finding *unverified*.
pub(super) fn findings(decisions: &[ActionDecision], principal: &Principal) -> Vec<Finding> {
    let denials: Vec<_> = decisions.iter().filter(|decision| decision.is_denial()).collect();
    // If a policy is not attached, the simulator does not show whether the policy has defects.
    let is_not_attached = |document| {
        let is_not_allowed =
            |denial: &&ActionDecision| denial.evaluation.decision == Decision::NotAllowed;
        denials
            .iter()
            .copied()
            .filter(is_not_allowed)
            .any(|denial| denial.simulated.document == document)
    };
    let vendor_defects: Vec<_> = decisions
        .iter()
        .filter(|decision| {
            decision.is_vendor_defect() && !is_not_attached(decision.simulated.document)
        })
        .map(|decision| decision.simulated.action)
        .collect();
    let mut findings = vec![
        actions_finding(decisions, &denials, principal),
        boundary_finding(decisions, principal),
        organization_finding(decisions),
    ];
    findings.extend(vendor_defect_finding(&vendor_defects));
    findings
}

/// Returns the actions of the decisions for which `select` returns `true`.
fn select_actions(
    decisions: &[ActionDecision],
    select: impl Fn(&ActionDecision) -> bool,
) -> Vec<&str> {
    let selected = decisions.iter().filter(|decision| select(decision));
    selected.map(|decision| decision.simulated.action).collect()
}

fn boundary_finding(decisions: &[ActionDecision], principal: &Principal) -> Finding {
    let label = principal.label();
    let denied = select_actions(decisions, |decision| {
        decision.evaluation.is_denied_by_boundary && decision.is_denial()
    });
    let unknown = select_actions(decisions, |decision| {
        decision.evaluation.is_denied_by_boundary
            && decision.evaluation.decision == Decision::Unknown
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
    let actions_with = |wanted| {
        select_actions(decisions, move |decision| decision.evaluation.organization == wanted)
    };
    let (denied, unclear) =
        (actions_with(OrganizationDecision::Denies), actions_with(OrganizationDecision::Unclear));
    if !denied.is_empty() {
        ORGANIZATION_ALLOWS.failed(
            format!("a service control policy denies {}", summarize(&denied)),
            "ask the owners of the organization to allow them in the SCPs of this account",
        )
    } else if !unclear.is_empty() {
        ORGANIZATION_ALLOWS.unverified(
            format!(
                "IAM's simulator says that policies of the organization do not allow {}, but shows no statement that denies them; it also says so where the conditions of an SCP do not apply",
                summarize(&unclear)
            ),
            "compare the SCPs of this account and their conditions with these actions, or call one of them as Palette would: if the call works, nothing has to be changed",
        )
    } else {
        ORGANIZATION_ALLOWS.passed("no action is denied by a policy of the organization")
    }
}

/// Returns the condition keys for which the simulator had no value, separated by commas.
fn missing_keys(decisions: &[ActionDecision]) -> String {
    let keys: BTreeSet<_> =
        decisions.iter().flat_map(|decision| &decision.evaluation.missing_keys).collect();
    keys.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Returns a failed finding if Palette's published policies have defects. `denied` contains the
/// actions that are denied because of the defects.
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
        select_actions(decisions, |decision| decision.evaluation.decision == Decision::Unknown);
    let unknown = (!unknown.is_empty()).then(|| describe_unknown_actions(&unknown, decisions));
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
    let mut denying_policies: Vec<&str> = Vec::new();
    let mut explicitly_denied = Vec::new();
    for denial in denials {
        by_document.entry(denial.simulated.document).or_default().push(denial.simulated.action);
        if is_denied_by_account_policy(denial) {
            explicitly_denied.push(denial.simulated.action);
            denying_policies.extend(denial.evaluation.denied_by.iter().map(String::as_str));
        }
    }
    let mut observed = vec![format!("{} of {total} actions are denied", denials.len())];
    observed.extend(
        by_document
            .iter()
            .map(|(document, actions)| format!("of {}: {}", document.name(), summarize(actions))),
    );
    if !explicitly_denied.is_empty() {
        observed.push(format!("explicitly denied: {}", summarize(&explicitly_denied)));
    }
    observed.extend(unknown);
    ACTIONS_ALLOWED.failed(observed.join("; "), remedy(denials, denying_policies, principal))
}

/// Returns `true` if a policy of the account denies the action explicitly, and the policy is not
/// the permissions boundary.
fn is_denied_by_account_policy(denial: &ActionDecision) -> bool {
    denial.evaluation.decision == Decision::Denied
        && !denial.evaluation.is_denied_by_boundary
        && denial.evaluation.organization != OrganizationDecision::Denies
}

/// Returns a text with the actions whose decision is not known, and the reason.
fn describe_unknown_actions(actions: &[&str], decisions: &[ActionDecision]) -> String {
    let text = format!("not known for {} of them ({})", actions.len(), summarize(actions));
    match missing_keys(decisions).as_str() {
        "" => text,
        keys => format!("{text}, because IAM's simulator had no value for {keys}"),
    }
}

/// Returns the remedy for the denials: one step for each kind of policy that denies an action.
/// `denying_policies` are the names of the policies that deny an action explicitly.
fn remedy(
    denials: &[&ActionDecision],
    mut denying_policies: Vec<&str>,
    principal: &Principal,
) -> String {
    let label = principal.label();
    let mut missing_documents: Vec<PolicyDocument> = denials
        .iter()
        .filter(|denial| denial.evaluation.decision == Decision::NotAllowed)
        .filter(|denial| !denial.evaluation.is_denied_by_boundary)
        .map(|denial| denial.simulated.document)
        .collect();
    missing_documents.sort_unstable();
    missing_documents.dedup();
    let mut steps = Vec::new();
    if !missing_documents.is_empty() {
        let names = super::policy_content::join_names(&missing_documents);
        steps.push(format!("attach {names} to {label}, or a new default version of it"));
    }
    if denials.iter().any(|denial| is_denied_by_account_policy(denial)) {
        denying_policies.sort_unstable();
        denying_policies.dedup();
        let of = if denying_policies.is_empty() {
            String::new()
        } else {
            format!(" in {}", denying_policies.join(", "))
        };
        steps.push(format!("exempt {label} from the statements that deny them{of}"));
    }
    if denials.iter().any(|denial| denial.evaluation.is_denied_by_boundary) {
        steps.push("widen the permissions boundary (iam.boundary-allows)".to_owned());
    }
    if denials.iter().any(|denial| denial.evaluation.organization == OrganizationDecision::Denies) {
        steps.push(
            "ask for a change of the organization's SCPs (iam.organization-allows)".to_owned(),
        );
    }
    steps.join("; ")
}

/// Checks that no action is denied only because the call was made without MFA. `with_mfa` is the
/// result of simulating the explicitly denied actions with MFA, or `None` if no action is
/// explicitly denied.
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
    let allowed_with_mfa: Vec<_> = decisions
        .iter()
        .filter(|decision| {
            matches!(decision.evaluation.decision, Decision::Allowed | Decision::NotAllowed)
        })
        .map(|decision| decision.simulated.action)
        .collect();
    if allowed_with_mfa.is_empty() {
        MFA_NOT_REQUIRED.passed("the denied actions are denied with MFA too")
    } else {
        let label = principal.label();
        MFA_NOT_REQUIRED.failed(
            format!("denied unless MFA was used: {}", summarize(&allowed_with_mfa)),
            format!("exempt {label} from the policy that requires MFA: Palette calls AWS with the keys alone"),
        )
    }
}
