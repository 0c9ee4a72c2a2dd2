//! The findings for given decisions: which checks fail, and their texts.

use gangway_model::Outcome;
use gangway_policies::simulate::SimulatedAction;

use super::super::simulation::Evaluation;
use super::*;

fn role() -> Principal {
    Principal::Role("arn:aws:iam::123456789012:role/SpectroCloudRole".parse().unwrap())
}

fn allowed() -> ActionDecision {
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

fn decided(evaluation: Evaluation) -> ActionDecision {
    ActionDecision { evaluation, ..allowed() }
}

fn denied() -> ActionDecision {
    decided(Evaluation { decision: Decision::NotAllowed, ..Evaluation::default() })
}

#[test]
fn each_cause_of_a_denial_fails_its_own_check_and_has_its_own_remedy() {
    let by_name = Evaluation {
        decision: Decision::Denied,
        denied_by: vec!["DenyTags".to_owned()],
        ..Evaluation::default()
    };
    let by_organization =
        Evaluation { organization: OrganizationDecision::Denies, ..by_name.clone() };
    let bounded = Evaluation { denied_by_boundary: true, ..denied().evaluation };
    let vendor = ActionDecision {
        simulated: SimulatedAction { vendor_defect: true, ..allowed().simulated },
        ..denied()
    };
    let attach = "attach PaletteNodesPolicy to role SpectroCloudRole";
    for (decision, failed, remedy) in [
        (allowed(), &[][..], ""),
        (denied(), &["iam.actions-allowed"], attach),
        (decided(by_name), &["iam.actions-allowed"], "statements that deny them in DenyTags"),
        (
            decided(bounded),
            &["iam.actions-allowed", "iam.boundary-allows"],
            "widen the permissions boundary",
        ),
        (
            decided(by_organization),
            &["iam.actions-allowed", "iam.organization-allows"],
            "ask for a change of the organization's SCPs",
        ),
        (vendor, &["iam.vendor-policy"], "nothing is wrong in this account"),
    ] {
        let findings = findings(&[allowed(), decision.clone()], &role());
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
fn decisions_that_prove_nothing_are_unverified_and_name_what_is_missing() {
    let unknown = Evaluation { decision: Decision::Unknown, ..Evaluation::default() };
    let lacking =
        Evaluation { missing_keys: ["aws:PrincipalTag/team".to_owned()].into(), ..unknown.clone() };
    let bounded = Evaluation { denied_by_boundary: true, ..lacking.clone() };
    let doubtful = Evaluation { organization: OrganizationDecision::Doubtful, ..unknown };
    for (evaluation, unverified, observed) in [
        (lacking, &["iam.actions-allowed"][..], "no value for aws:PrincipalTag/team"),
        (
            bounded,
            &["iam.actions-allowed", "iam.boundary-allows"],
            "no value for aws:PrincipalTag/team",
        ),
        (
            doubtful,
            &["iam.actions-allowed", "iam.organization-allows"],
            "of 2 actions, none is known to be denied; not known for 1 of them (ec2:CreateTags)",
        ),
    ] {
        let findings = findings(&[allowed(), decided(evaluation)], &role());
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
fn denials_are_grouped_by_document_and_long_lists_are_shortened() {
    let decisions: Vec<_> = (0..20).map(|_| denied()).collect();
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
fn defects_are_not_reported_for_a_policy_that_is_not_attached() {
    let vendor = ActionDecision {
        simulated: SimulatedAction { vendor_defect: true, ..allowed().simulated },
        ..denied()
    };
    let findings = findings(&[vendor, denied()], &role());
    assert!(findings.iter().all(|finding| finding.check.id != "iam.vendor-policy"));
}
