//! The findings for given decisions: which checks fail, and their texts.

use gangway_model::Outcome;
use gangway_policies::simulate::SimulatedAction;

use super::*;

fn role() -> Principal {
    Principal::Role("arn:aws:iam::123456789012:role/SpectroCloudRole".parse().unwrap())
}

fn allowed() -> ActionDecision {
    ActionDecision {
        simulated: SimulatedAction {
            action: "ec2:CreateTags",
            document: PolicyDocument::Nodes,
            vendor_defect: false,
        },
        decision: Decision::Allowed,
        boundary: false,
        organization: false,
        denied_by: Vec::new(),
    }
}

fn denied() -> ActionDecision {
    ActionDecision { decision: Decision::NotAllowed, ..allowed() }
}

#[test]
fn each_cause_of_a_denial_fails_its_own_check_and_has_its_own_remedy() {
    let by_name = ActionDecision {
        decision: Decision::Denied,
        denied_by: vec!["DenyTags".to_owned()],
        ..allowed()
    };
    let vendor = ActionDecision {
        simulated: SimulatedAction { vendor_defect: true, ..allowed().simulated },
        ..denied()
    };
    let attach = "attach PaletteNodesPolicy to role SpectroCloudRole";
    for (verdict, failed, remedy) in [
        (allowed(), &[][..], ""),
        (denied(), &["iam.actions-allowed"], attach),
        (by_name, &["iam.actions-allowed"], "statements that deny them in DenyTags"),
        (
            ActionDecision { boundary: true, ..denied() },
            &["iam.actions-allowed", "iam.boundary-allows"],
            "widen the permissions boundary",
        ),
        (
            ActionDecision { organization: true, ..denied() },
            &["iam.actions-allowed", "iam.organization-allows"],
            "ask for a change of the organization's SCPs",
        ),
        (vendor, &["iam.vendor-policy"], "nothing is wrong in this account"),
    ] {
        let findings = findings(&[allowed(), verdict.clone()], &role());
        let failures: Vec<_> = findings
            .iter()
            .filter_map(|finding| match &finding.outcome {
                Outcome::Failed { remedy } => Some((finding.check.id, remedy.as_str())),
                Outcome::Passed | Outcome::Unverified { .. } | Outcome::NotApplicable => None,
            })
            .collect();
        let ids: Vec<_> = failures.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, failed, "{verdict:?}");
        let first = failures.first().map_or("", |(_, remedy)| *remedy);
        assert!(first.contains(remedy), "{first}");
    }
}

#[test]
fn denials_are_grouped_by_document_and_long_lists_are_shortened() {
    let verdicts: Vec<_> = (0..20).map(|_| denied()).collect();
    let finding = findings(&verdicts, &role()).remove(0);
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
