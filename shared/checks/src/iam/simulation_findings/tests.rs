use gangway_model::Outcome;
use gangway_policies::simulate::SimulatedAction;

use super::super::simulation::Evaluation;
use super::*;

fn role() -> Principal {
    Principal::Role("arn:aws:iam::123456789012:role/SpectroCloudRole".parse().unwrap())
}

fn allowed_decision() -> ActionDecision {
    ActionDecision {
        simulated: SimulatedAction {
            action: "ec2:CreateTags",
            resources: vec!["*".to_owned()],
            document: PolicyDocument::Nodes,
            vendor_defect: false,
        },
        evaluation: Evaluation::default(),
    }
}

fn decision_with(evaluation: Evaluation) -> ActionDecision {
    ActionDecision { evaluation, ..allowed_decision() }
}

fn denied_decision() -> ActionDecision {
    decision_with(Evaluation { decision: Decision::NotAllowed, ..Evaluation::default() })
}

#[test]
fn cause_of_a_denial_determines_failed_checks_and_remedy() {
    let denied_by_policy = Evaluation {
        decision: Decision::Denied,
        denied_by: vec!["DenyTags".to_owned()],
        ..Evaluation::default()
    };
    let denied_by_scp =
        Evaluation { organization: OrganizationDecision::Denies, ..denied_by_policy.clone() };
    let denied_by_boundary =
        Evaluation { is_denied_by_boundary: true, ..denied_decision().evaluation };
    let vendor_defect_denial = ActionDecision {
        simulated: SimulatedAction { vendor_defect: true, ..allowed_decision().simulated },
        ..denied_decision()
    };
    let attach = "attach PaletteNodesPolicy to role SpectroCloudRole";
    for (decision, failed, remedy) in [
        (allowed_decision(), &[][..], ""),
        (denied_decision(), &["iam.actions-allowed"], attach),
        (
            decision_with(denied_by_policy),
            &["iam.actions-allowed"],
            "statements that deny them in DenyTags",
        ),
        (
            decision_with(denied_by_boundary),
            &["iam.actions-allowed", "iam.boundary-allows"],
            "widen the permissions boundary",
        ),
        (
            decision_with(denied_by_scp),
            &["iam.actions-allowed", "iam.organization-allows"],
            "ask for a change of the organization's SCPs",
        ),
        (vendor_defect_denial, &["iam.vendor-policy"], "nothing is wrong in this account"),
    ] {
        let findings = findings(&[allowed_decision(), decision.clone()], &role());
        let failures: Vec<_> = findings
            .iter()
            .filter_map(|finding| match &finding.outcome {
                Outcome::Failed { remedy } => Some((finding.check.id, remedy.as_str())),
                Outcome::Passed
                | Outcome::Waived { .. }
                | Outcome::Unverified { .. }
                | Outcome::NotApplicable => None,
            })
            .collect();
        let ids: Vec<_> = failures.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, failed, "{decision:?}");
        let first = failures.first().map_or("", |(_, remedy)| *remedy);
        assert!(first.contains(remedy), "{first}");
    }
}

#[test]
fn unknown_decisions_give_unverified_findings_with_the_reason() {
    let unknown = Evaluation { decision: Decision::Unknown, ..Evaluation::default() };
    let with_missing_key =
        Evaluation { missing_keys: ["aws:PrincipalTag/team".to_owned()].into(), ..unknown.clone() };
    let denied_by_boundary = Evaluation { is_denied_by_boundary: true, ..with_missing_key.clone() };
    let unclear_scp = Evaluation { organization: OrganizationDecision::Unclear, ..unknown };
    for (evaluation, unverified, observed) in [
        (with_missing_key, &["iam.actions-allowed"][..], "no value for aws:PrincipalTag/team"),
        (
            denied_by_boundary,
            &["iam.actions-allowed", "iam.boundary-allows"],
            "no value for aws:PrincipalTag/team",
        ),
        (
            unclear_scp,
            &["iam.actions-allowed", "iam.organization-allows"],
            "of 2 actions, none is known to be denied; not known for 1 of them (ec2:CreateTags)",
        ),
    ] {
        let findings = findings(&[allowed_decision(), decision_with(evaluation)], &role());
        let is_unverified = |finding: &&Finding| {
            assert!(!matches!(finding.outcome, Outcome::Failed { .. }), "{finding:?}");
            matches!(finding.outcome, Outcome::Unverified { .. })
        };
        let found: Vec<_> = findings.iter().filter(is_unverified).collect();
        let ids: Vec<_> = found.iter().map(|finding| finding.check.id).collect();
        assert_eq!(ids, unverified);
        let first = found.first().unwrap();
        assert!(first.observed.contains(observed), "{}", first.observed);
    }
}

#[test]
fn denials_are_grouped_by_document_and_long_lists_are_cut() {
    let decisions: Vec<_> = (0..20).map(|_| denied_decision()).collect();
    let finding = findings(&decisions, &role()).remove(0);
    assert!(
        finding.observed.starts_with(
            "20 of 20 actions are denied; of PaletteNodesPolicy: ec2:CreateTags, ec2:CreateTags"
        ),
        "{}",
        finding.observed
    );
    assert!(finding.observed.ends_with("and 12 more"), "{}", finding.observed);
}

#[test]
fn vendor_defects_of_a_policy_that_is_not_attached_are_ignored() {
    let vendor_defect_denial = ActionDecision {
        simulated: SimulatedAction { vendor_defect: true, ..allowed_decision().simulated },
        ..denied_decision()
    };
    let findings = findings(&[vendor_defect_denial, denied_decision()], &role());
    assert!(findings.iter().all(|finding| finding.check.id != "iam.vendor-policy"));
}
