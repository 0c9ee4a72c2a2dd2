//! Conversion of IAM's simulation results into decisions.

use aws_sdk_iam::types::ResourceSpecificResult;
use gangway_policies::PolicyDocument;

use super::*;

use PolicyEvaluationDecisionType::{Allowed, ExplicitDeny, ImplicitDeny};

fn question() -> SimulationRequest {
    let simulated = SimulatedAction {
        action: "ec2:RunInstances",
        resources: vec!["*".to_owned()],
        document: PolicyDocument::Controller,
        vendor_defect: false,
    };
    SimulationRequest {
        actions: vec![simulated],
        resources: vec!["*".to_owned()],
        context: Vec::new(),
    }
}

/// A result of IAM for one resource.
#[derive(Clone)]
struct IamResult {
    decision: PolicyEvaluationDecisionType,
    /// Whether the permissions boundary allows the action. `None` if there is no boundary.
    boundary: Option<bool>,
    /// The type of the policy with the statement that denies the action.
    statement: Option<PolicySourceType>,
    missing: &'static [&'static str],
}

impl IamResult {
    fn new(decision: PolicyEvaluationDecisionType) -> Self {
        Self { decision, boundary: None, statement: None, missing: &[] }
    }

    fn bounded() -> Self {
        Self { boundary: Some(false), ..Self::new(ImplicitDeny) }
    }

    fn lacking(decision: PolicyEvaluationDecisionType) -> Self {
        Self { missing: &["aws:PrincipalTag/team"], ..Self::new(decision) }
    }

    fn shown(by: PolicySourceType) -> Self {
        Self { statement: Some(by), ..Self::new(ExplicitDeny) }
    }

    fn boundary_detail(&self) -> Option<PermissionsBoundaryDecisionDetail> {
        let detail = |allows| {
            PermissionsBoundaryDecisionDetail::builder()
                .allowed_by_permissions_boundary(allows)
                .build()
        };
        self.boundary.map(detail)
    }

    fn statements(&self) -> Vec<Statement> {
        let statement = self.statement.clone().map(|kind| {
            Statement::builder().source_policy_id("Deny").source_policy_type(kind).build()
        });
        statement.into_iter().collect()
    }

    fn missing(&self) -> Vec<String> {
        self.missing.iter().map(|key| (*key).to_owned()).collect()
    }
}

fn result(
    overall: &IamResult,
    organization: Option<bool>,
    specific: &[IamResult],
) -> EvaluationResult {
    let specific = specific.iter().map(|one| {
        ResourceSpecificResult::builder()
            .eval_resource_name("arn")
            .eval_resource_decision(one.decision.clone())
            .set_permissions_boundary_decision_detail(one.boundary_detail())
            .set_matched_statements(Some(one.statements()))
            .set_missing_context_values(Some(one.missing()))
            .build()
            .unwrap()
    });
    EvaluationResult::builder()
        .eval_action_name("EC2:RunInstances")
        .eval_decision(overall.decision.clone())
        .set_permissions_boundary_decision_detail(overall.boundary_detail())
        .set_matched_statements(Some(overall.statements()))
        .set_missing_context_values(Some(overall.missing()))
        .set_organizations_decision_detail(organization.map(|allows| {
            OrganizationsDecisionDetail::builder().allowed_by_organizations(allows).build()
        }))
        .set_resource_specific_results(Some(specific.collect()))
        .build()
        .unwrap()
}

#[test]
fn worst_result_decides_and_doubt_is_no_denial() {
    use OrganizationDecision::{Allows, Denies, Doubtful};
    let new = IamResult::new;
    let bounded_and_lacking =
        IamResult { boundary: Some(false), ..IamResult::lacking(ImplicitDeny) };
    for (results, decision, boundary, organization) in [
        (vec![result(&new(Allowed), None, &[])], Decision::Allowed, false, Allows),
        (vec![result(&new(Allowed), Some(true), &[])], Decision::Allowed, false, Allows),
        (vec![result(&new(ImplicitDeny), None, &[])], Decision::NotAllowed, false, Allows),
        (vec![result(&new(ImplicitDeny), Some(true), &[])], Decision::NotAllowed, false, Allows),
        // A statement that IAM shows is a denial; of the organization if it is in no policy of the account.
        (
            vec![result(&IamResult::shown(PolicySourceType::User), None, &[])],
            Decision::Denied,
            false,
            Allows,
        ),
        (
            vec![result(&IamResult::shown(PolicySourceType::None), Some(false), &[])],
            Decision::Denied,
            false,
            Denies,
        ),
        (
            vec![result(&IamResult::shown(PolicySourceType::Role), Some(false), &[])],
            Decision::Denied,
            false,
            Doubtful,
        ),
        // What IAM blames on the organization without a statement proves nothing.
        (vec![result(&new(ImplicitDeny), Some(false), &[])], Decision::Unknown, false, Doubtful),
        (vec![result(&new(ExplicitDeny), Some(false), &[])], Decision::Unknown, false, Doubtful),
        (vec![result(&new(ExplicitDeny), None, &[])], Decision::Unknown, false, Allows),
        (
            vec![result(&IamResult::bounded(), Some(false), &[])],
            Decision::NotAllowed,
            true,
            Doubtful,
        ),
        // Nor does a decision for which a value was missing.
        (
            vec![result(&IamResult::lacking(ImplicitDeny), None, &[])],
            Decision::Unknown,
            false,
            Allows,
        ),
        (
            vec![result(&IamResult::lacking(ExplicitDeny), None, &[])],
            Decision::Unknown,
            false,
            Allows,
        ),
        (vec![result(&bounded_and_lacking, None, &[])], Decision::Unknown, true, Allows),
        (vec![result(&IamResult::lacking(Allowed), None, &[])], Decision::Allowed, false, Allows),
        // IAM left the action out.
        (Vec::new(), Decision::Unknown, false, Allows),
        (vec![result(&IamResult::bounded(), None, &[])], Decision::NotAllowed, true, Allows),
        // The overall decision is about a template of an ARN.
        (vec![result(&new(ImplicitDeny), None, &[new(Allowed)])], Decision::Allowed, false, Allows),
        (
            vec![result(&new(Allowed), None, &[new(Allowed), IamResult::bounded()])],
            Decision::NotAllowed,
            true,
            Allows,
        ),
        (
            vec![result(
                &new(Allowed),
                None,
                &[IamResult::lacking(ImplicitDeny), new(ImplicitDeny)],
            )],
            Decision::NotAllowed,
            false,
            Allows,
        ),
        (
            vec![result(&IamResult::bounded(), None, &[new(ImplicitDeny)])],
            Decision::NotAllowed,
            true,
            Allows,
        ),
        (
            vec![
                result(&new(Allowed), None, &[]),
                result(&IamResult::shown(PolicySourceType::User), None, &[]),
            ],
            Decision::Denied,
            false,
            Allows,
        ),
    ] {
        let decisions = to_decisions(&question(), &results);
        let Evaluation {
            decision: actual, denied_by_boundary: bounded, organization: blamed, ..
        } = &decisions.first().unwrap().evaluation;
        assert_eq!((*actual, *bounded, *blamed), (decision, boundary, organization), "{results:?}");
    }
}

#[test]
fn only_an_implicit_denial_of_a_misplaced_action_is_a_vendor_defect() {
    let decide = |decision, denied_by_boundary, vendor_defect| ActionDecision {
        simulated: SimulatedAction { vendor_defect, ..question().actions.remove(0) },
        evaluation: Evaluation { decision, denied_by_boundary, ..Evaluation::default() },
    };
    for (decision, vendors, denial) in [
        (decide(Decision::Allowed, false, true), false, false),
        (decide(Decision::Unknown, false, true), false, false),
        (decide(Decision::NotAllowed, false, true), true, false),
        (decide(Decision::NotAllowed, true, true), false, true),
        (decide(Decision::Denied, false, true), false, true),
        (decide(Decision::NotAllowed, false, false), false, true),
    ] {
        assert_eq!((decision.is_vendor_defect(), decision.is_denial()), (vendors, denial));
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
