//! Conversion of IAM's simulation results into decisions.

use aws_sdk_iam::types::{
    OrganizationsDecisionDetail, PermissionsBoundaryDecisionDetail, ResourceSpecificResult,
};
use gangway_policies::PolicyDocument;

use super::*;

use PolicyEvaluationDecisionType::{Allowed, ExplicitDeny, ImplicitDeny};

fn question() -> SimulationRequest {
    let simulated = SimulatedAction {
        action: "ec2:RunInstances",
        document: PolicyDocument::Controller,
        vendor_defect: false,
    };
    SimulationRequest {
        actions: vec![simulated],
        resources: vec!["*".to_owned()],
        context: Vec::new(),
    }
}

/// The decision of IAM, and whether the permissions boundary allows the action.
type IamDecision = (PolicyEvaluationDecisionType, Option<bool>);

fn result(
    overall: IamDecision,
    organization: Option<bool>,
    specific: &[IamDecision],
) -> EvaluationResult {
    let boundary = |allows: Option<bool>| {
        allows.map(|allows| {
            PermissionsBoundaryDecisionDetail::builder()
                .allowed_by_permissions_boundary(allows)
                .build()
        })
    };
    let specific = specific.iter().map(|(decision, allows)| {
        ResourceSpecificResult::builder()
            .eval_resource_name("arn")
            .eval_resource_decision(decision.clone())
            .set_permissions_boundary_decision_detail(boundary(*allows))
            .build()
            .unwrap()
    });
    EvaluationResult::builder()
        .eval_action_name("EC2:RunInstances")
        .eval_decision(overall.0)
        .set_permissions_boundary_decision_detail(boundary(overall.1))
        .set_organizations_decision_detail(organization.map(|allows| {
            OrganizationsDecisionDetail::builder().allowed_by_organizations(allows).build()
        }))
        .set_resource_specific_results(Some(specific.collect()))
        .build()
        .unwrap()
}

#[test]
fn the_worst_resource_specific_result_decides() {
    let allowed = (Allowed, None);
    let bounded = (ImplicitDeny, Some(false));
    for (results, decision, boundary, organization) in [
        (vec![result(allowed.clone(), None, &[])], Decision::Allowed, false, false),
        (vec![result(allowed.clone(), Some(true), &[])], Decision::Allowed, false, false),
        (vec![result((ImplicitDeny, None), None, &[])], Decision::NotAllowed, false, false),
        (vec![result((ExplicitDeny, None), None, &[])], Decision::Denied, false, false),
        (vec![result((ImplicitDeny, None), Some(false), &[])], Decision::NotAllowed, false, true),
        (vec![result(bounded.clone(), None, &[])], Decision::NotAllowed, true, false),
        // The overall decision is about a template of an ARN.
        (
            vec![result((ImplicitDeny, None), None, std::slice::from_ref(&allowed))],
            Decision::Allowed,
            false,
            false,
        ),
        (
            vec![result(allowed.clone(), None, &[allowed.clone(), bounded.clone()])],
            Decision::NotAllowed,
            true,
            false,
        ),
        (vec![result(bounded, None, &[(ImplicitDeny, None)])], Decision::NotAllowed, true, false),
        (
            vec![result(allowed, None, &[]), result((ExplicitDeny, None), None, &[])],
            Decision::Denied,
            false,
            false,
        ),
    ] {
        let verdicts = to_decisions(&question(), &results).unwrap();
        let actual = verdicts
            .first()
            .map(|verdict| (verdict.decision, verdict.boundary, verdict.organization));
        assert_eq!(actual, Some((decision, boundary, organization)), "{results:?}");
    }
    assert_eq!(to_decisions(&question(), &[]), None);
}

#[test]
fn only_an_implicit_denial_of_a_misplaced_action_is_a_vendor_defect() {
    let verdict = |decision, boundary, vendor_defect| ActionDecision {
        simulated: SimulatedAction { vendor_defect, ..question().actions.remove(0) },
        decision,
        boundary,
        organization: false,
        denied_by: Vec::new(),
    };
    for (verdict, vendors, denial) in [
        (verdict(Decision::Allowed, false, true), false, false),
        (verdict(Decision::NotAllowed, false, true), true, false),
        (verdict(Decision::NotAllowed, true, true), false, true),
        (verdict(Decision::Denied, false, true), false, true),
        (verdict(Decision::NotAllowed, false, false), false, true),
    ] {
        assert_eq!((verdict.is_vendor_defect(), verdict.is_denial()), (vendors, denial));
    }
}

#[test]
fn the_context_always_has_the_region_and_says_that_mfa_is_absent() {
    let names: Vec<_> = context(&question(), "eu-west-1", Mfa::Absent)
        .iter()
        .map(|entry| {
            let key = entry.context_key_name().unwrap_or_default();
            format!("{key}={}", entry.context_key_values().join(","))
        })
        .collect();
    assert_eq!(names, ["aws:RequestedRegion=eu-west-1", "aws:MultiFactorAuthPresent=false"]);
}
