use aws_sdk_iam::types::ResourceSpecificResult;
use gangway_policies::PolicyDocument;

use super::*;

use PolicyEvaluationDecisionType::{Allowed, ExplicitDeny, ImplicitDeny};

/// Returns a simulation request with the action `ec2:RunInstances` on all resources.
fn simulation_request() -> SimulationRequest {
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

/// A result of IAM's simulator for one resource.
#[derive(Clone)]
struct IamResult {
    decision: PolicyEvaluationDecisionType,
    /// Whether the permissions boundary allows the action. `None` if there is no boundary.
    boundary: Option<bool>,
    /// The type of the policy with the statement that denies the action.
    statement: Option<PolicySourceType>,
    /// The condition keys for which the simulation had no value.
    missing: &'static [&'static str],
}

impl IamResult {
    fn new(decision: PolicyEvaluationDecisionType) -> Self {
        Self { decision, boundary: None, statement: None, missing: &[] }
    }

    fn denied_by_boundary() -> Self {
        Self { boundary: Some(false), ..Self::new(ImplicitDeny) }
    }

    fn missing_key(decision: PolicyEvaluationDecisionType) -> Self {
        Self { missing: &["aws:PrincipalTag/team"], ..Self::new(decision) }
    }

    fn denied_by_statement(policy_type: PolicySourceType) -> Self {
        Self { statement: Some(policy_type), ..Self::new(ExplicitDeny) }
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
fn worst_result_decides_and_unproven_denial_is_unknown() {
    use Decision::{Denied, NotAllowed, Unknown};
    use OrganizationDecision::{Allows, Denies, Unclear};
    let new = IamResult::new;
    let denied_by_boundary_with_missing_key =
        IamResult { boundary: Some(false), ..IamResult::missing_key(ImplicitDeny) };
    for (results, decision, boundary, organization) in [
        (vec![result(&new(Allowed), None, &[])], Decision::Allowed, false, Allows),
        (vec![result(&new(Allowed), Some(true), &[])], Decision::Allowed, false, Allows),
        (vec![result(&new(ImplicitDeny), None, &[])], NotAllowed, false, Allows),
        (vec![result(&new(ImplicitDeny), Some(true), &[])], NotAllowed, false, Allows),
        // IAM returns the statement that denies the action. The statement is in an SCP if it has no
        // policy type of the account.
        (
            vec![result(&IamResult::denied_by_statement(PolicySourceType::User), None, &[])],
            Denied,
            false,
            Allows,
        ),
        (
            vec![result(&IamResult::denied_by_statement(PolicySourceType::None), Some(false), &[])],
            Denied,
            false,
            Denies,
        ),
        (
            vec![result(&IamResult::denied_by_statement(PolicySourceType::Role), Some(false), &[])],
            Denied,
            false,
            Unclear,
        ),
        // IAM says that SCPs do not allow the action, but returns no statement: this proves
        // nothing.
        (vec![result(&new(ImplicitDeny), Some(false), &[])], Unknown, false, Unclear),
        (vec![result(&new(ExplicitDeny), Some(false), &[])], Unknown, false, Unclear),
        (vec![result(&new(ExplicitDeny), None, &[])], Unknown, false, Allows),
        (
            vec![result(&IamResult::denied_by_boundary(), Some(false), &[])],
            NotAllowed,
            true,
            Unclear,
        ),
        // A denial proves nothing if the value of a condition key was missing.
        (vec![result(&IamResult::missing_key(ImplicitDeny), None, &[])], Unknown, false, Allows),
        (vec![result(&IamResult::missing_key(ExplicitDeny), None, &[])], Unknown, false, Allows),
        (vec![result(&denied_by_boundary_with_missing_key, None, &[])], Unknown, true, Allows),
        (
            vec![result(&IamResult::missing_key(Allowed), None, &[])],
            Decision::Allowed,
            false,
            Allows,
        ),
        // IAM returned no result for the action.
        (Vec::new(), Unknown, false, Allows),
        (vec![result(&IamResult::denied_by_boundary(), None, &[])], NotAllowed, true, Allows),
        // The overall decision is about an ARN with variables; the decision on the resource counts.
        (vec![result(&new(ImplicitDeny), None, &[new(Allowed)])], Decision::Allowed, false, Allows),
        (
            vec![result(&new(Allowed), None, &[new(Allowed), IamResult::denied_by_boundary()])],
            NotAllowed,
            true,
            Allows,
        ),
        (
            vec![result(
                &new(Allowed),
                None,
                &[IamResult::missing_key(ImplicitDeny), new(ImplicitDeny)],
            )],
            NotAllowed,
            false,
            Allows,
        ),
        (
            vec![result(&IamResult::denied_by_boundary(), None, &[new(ImplicitDeny)])],
            NotAllowed,
            true,
            Allows,
        ),
        (
            vec![
                result(&new(Allowed), None, &[]),
                result(&IamResult::denied_by_statement(PolicySourceType::User), None, &[]),
            ],
            Denied,
            false,
            Allows,
        ),
    ] {
        let decisions = to_decisions(&simulation_request(), &results);
        let Evaluation {
            decision: actual,
            is_denied_by_boundary: actual_boundary,
            organization: actual_organization,
            ..
        } = &decisions.first().unwrap().evaluation;
        assert_eq!(
            (*actual, *actual_boundary, *actual_organization),
            (decision, boundary, organization),
            "{results:?}"
        );
    }
}

#[test]
fn only_an_implicit_denial_can_be_a_vendor_defect() {
    let decision_with = |decision, is_denied_by_boundary, vendor_defect| ActionDecision {
        simulated: SimulatedAction { vendor_defect, ..simulation_request().actions.remove(0) },
        evaluation: Evaluation { decision, is_denied_by_boundary, ..Evaluation::default() },
    };
    for (decision, is_vendor_defect, is_denial) in [
        (decision_with(Decision::Allowed, false, true), false, false),
        (decision_with(Decision::Unknown, false, true), false, false),
        (decision_with(Decision::NotAllowed, false, true), true, false),
        (decision_with(Decision::NotAllowed, true, true), false, true),
        (decision_with(Decision::Denied, false, true), false, true),
        (decision_with(Decision::NotAllowed, false, false), false, true),
    ] {
        assert_eq!(
            (decision.is_vendor_defect(), decision.is_denial()),
            (is_vendor_defect, is_denial)
        );
    }
}

#[test]
fn simulated_call_has_a_region_and_no_mfa_by_default() {
    let names: Vec<_> = context_entries(&simulation_request(), "eu-west-1", Mfa::Absent)
        .iter()
        .map(|entry| {
            let key = entry.context_key_name().unwrap_or_default();
            format!("{key}={}", entry.context_key_values().join(","))
        })
        .collect();
    assert_eq!(names, ["aws:RequestedRegion=eu-west-1", "aws:MultiFactorAuthPresent=false"]);
}
