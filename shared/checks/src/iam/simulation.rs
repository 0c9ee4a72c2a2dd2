//! Calls IAM's policy simulator: one call for each simulation request, all at the same time.

#[cfg(test)]
mod tests;

use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType, Statement,
};
use futures_util::future::join_all;
use gangway_model::UpstreamError;
use gangway_policies::simulate::{SimulatedAction, SimulationRequest};

use gangway_aws::{AwsSession, Principal, error::AwsErrorKind};

/// The result of a simulation.
pub(super) enum SimulationResult {
    Decisions(Vec<ActionDecision>),
    /// The caller may not call the simulator.
    AccessDenied,
    /// IAM does not know the principal.
    PrincipalNotFound,
}

/// The decision of IAM on one simulated action.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ActionDecision {
    pub(super) simulated: SimulatedAction,
    /// The worst decision over all resources.
    pub(super) decision: Decision,
    /// The permissions boundary does not allow it.
    pub(super) boundary: bool,
    /// An organization policy (SCP) does not allow it.
    pub(super) organization: bool,
    /// The policies that deny it explicitly.
    pub(super) denied_by: Vec<String>,
}

/// A decision of the simulator, from best to worst.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Decision {
    Allowed,
    /// No statement allows it (implicit deny).
    NotAllowed,
    /// A statement denies it (explicit deny).
    Denied,
}

/// Whether the simulated caller used MFA. Palette never does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mfa {
    Absent,
    Present,
}

impl ActionDecision {
    /// Returns `true` if the published policy itself causes the denial.
    pub(super) fn is_vendor_defect(&self) -> bool {
        let Self { simulated, decision, boundary, organization, denied_by: _ } = self;
        simulated.vendor_defect && *decision == Decision::NotAllowed && !boundary && !organization
    }

    /// Returns `true` if something in the account or the organization denies the action.
    pub(super) fn is_denial(&self) -> bool {
        self.decision != Decision::Allowed && !self.is_vendor_defect()
    }
}

/// Runs all simulation requests for a principal.
pub(super) async fn simulate(
    aws: &AwsSession,
    principal: &Principal,
    requests: &[SimulationRequest],
    mfa: Mfa,
) -> Result<SimulationResult, UpstreamError> {
    let simulations = requests.iter().map(|request| simulate_one(aws, principal, request, mfa));
    let mut decisions = Vec::new();
    for result in join_all(simulations).await {
        match result? {
            SimulationResult::Decisions(more) => decisions.extend(more),
            none @ (SimulationResult::AccessDenied | SimulationResult::PrincipalNotFound) => {
                return Ok(none);
            }
        }
    }
    Ok(SimulationResult::Decisions(decisions))
}

/// Simulates the explicitly denied actions again, as if MFA had been used. Returns `None` if there are none.
pub(super) async fn simulate_denied_with_mfa(
    aws: &AwsSession,
    principal: &Principal,
    requests: &[SimulationRequest],
    decisions: &[ActionDecision],
) -> Result<Option<SimulationResult>, UpstreamError> {
    // There is one decision for each action of each request, in the same order.
    let mut denied = decisions.iter().map(|decision| decision.decision == Decision::Denied);
    let mut requests = requests.to_vec();
    for request in &mut requests {
        request.actions.retain(|_action| denied.next().unwrap_or(false));
    }
    requests.retain(|request| !request.actions.is_empty());
    if requests.is_empty() {
        return Ok(None);
    }
    simulate(aws, principal, &requests, Mfa::Present).await.map(Some)
}

async fn simulate_one(
    aws: &AwsSession,
    principal: &Principal,
    request: &SimulationRequest,
    mfa: Mfa,
) -> Result<SimulationResult, UpstreamError> {
    let actions = request.actions().map(str::to_owned).collect();
    let context = context(request, aws.region(), mfa);
    match evaluate(aws, principal, actions, request.resources.clone(), context).await? {
        Evaluated::Given(results) => {
            let call = AwsSession::iam_api_call(ACTION, "such identity");
            to_decisions(request, &results)
                .map(SimulationResult::Decisions)
                .ok_or_else(|| call.invalid_response("requested actions have no result"))
        }
        Evaluated::NotAllowed => Ok(SimulationResult::AccessDenied),
        Evaluated::NoSuchPrincipal => Ok(SimulationResult::PrincipalNotFound),
    }
}

const ACTION: &str = "iam:SimulatePrincipalPolicy";

/// The unprocessed results of IAM, or why there are none.
pub(super) enum Evaluated {
    Given(Vec<EvaluationResult>),
    NotAllowed,
    NoSuchPrincipal,
}

/// Runs one simulation and reads all pages of its result.
pub(super) async fn evaluate(
    aws: &AwsSession,
    principal: &Principal,
    actions: Vec<String>,
    resources: Vec<String>,
    context: Vec<ContextEntry>,
) -> Result<Evaluated, UpstreamError> {
    let call = AwsSession::iam_api_call(ACTION, "such identity");
    let request = aws
        .iam()
        .simulate_principal_policy()
        .policy_source_arn(principal.arn())
        .set_action_names(Some(actions))
        .set_resource_arns(Some(resources))
        .set_context_entries(Some(context))
        .max_items(1000);
    let results = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    let error = match results {
        Ok(results) => return Ok(Evaluated::Given(results)),
        Err(error) => error,
    };
    match AwsErrorKind::from_sdk(&error) {
        Some(AwsErrorKind::AccessDenied) => Ok(Evaluated::NotAllowed),
        Some(AwsErrorKind::NotFound) => Ok(Evaluated::NoSuchPrincipal),
        Some(_) | None => Err(call.to_upstream_error(&error)),
    }
}

/// Returns the context: keys that Palette's policies use, and keys that other policies commonly use.
fn context(request: &SimulationRequest, region: &str, mfa: Mfa) -> Vec<ContextEntry> {
    let entry = |key: &str, kind: ContextKeyTypeEnum, values: Vec<String>| {
        let builder = ContextEntry::builder().context_key_name(key).context_key_type(kind);
        builder.set_context_key_values(Some(values)).build()
    };
    let conditions = request.context.iter().map(|wanted| {
        let kind =
            if wanted.list { ContextKeyTypeEnum::StringList } else { ContextKeyTypeEnum::String };
        entry(wanted.key, kind, wanted.values.clone())
    });
    let mfa = (mfa == Mfa::Present).to_string();
    let always = [
        entry("aws:RequestedRegion", ContextKeyTypeEnum::String, vec![region.to_owned()]),
        entry("aws:MultiFactorAuthPresent", ContextKeyTypeEnum::Boolean, vec![mfa]),
    ];
    conditions.chain(always).collect()
}

/// Returns the worst decision for each action, or `None` if an action has no result.
fn to_decisions(
    request: &SimulationRequest,
    results: &[EvaluationResult],
) -> Option<Vec<ActionDecision>> {
    let to_decision = |simulated: &SimulatedAction| {
        let mut decisions = results
            .iter()
            .filter(|result| result.eval_action_name().eq_ignore_ascii_case(simulated.action))
            .map(|result| to_result(simulated, result));
        let first = decisions.next()?;
        Some(decisions.fold(first, worse))
    };
    request.actions.iter().map(to_decision).collect()
}

/// Combines the decisions on two resources of the same action.
fn worse(mut one: ActionDecision, other: ActionDecision) -> ActionDecision {
    one.decision = one.decision.max(other.decision);
    one.boundary |= other.boundary;
    one.organization |= other.organization;
    one.denied_by.extend(other.denied_by);
    one
}

/// Converts one result. If there are results for each resource, only those count: the overall decision is about a
/// template of an ARN.
fn to_result(simulated: &SimulatedAction, result: &EvaluationResult) -> ActionDecision {
    let specific = result.resource_specific_results();
    let organization = result
        .organizations_decision_detail()
        .is_some_and(|detail| !detail.allowed_by_organizations());
    let decide = |decision: &PolicyEvaluationDecisionType, boundary, statements| {
        let decision = Decision::of(decision);
        let denied = decision != Decision::Allowed;
        ActionDecision {
            simulated: simulated.clone(),
            decision,
            boundary: denied && boundary,
            organization: denied && organization,
            denied_by: if decision == Decision::Denied { sources(statements) } else { Vec::new() },
        }
    };
    let blocks = |detail: Option<&aws_sdk_iam::types::PermissionsBoundaryDecisionDetail>| {
        detail.is_some_and(|detail| !detail.allowed_by_permissions_boundary())
    };
    let overall = decide(
        result.eval_decision(),
        blocks(result.permissions_boundary_decision_detail()),
        result.matched_statements(),
    );
    specific
        .iter()
        .map(|one| {
            let boundary = one.permissions_boundary_decision_detail();
            let statements = one.matched_statements();
            let boundary = blocks(boundary) || boundary.is_none() && overall.boundary;
            decide(one.eval_resource_decision(), boundary, statements)
        })
        .reduce(worse)
        .unwrap_or(overall)
}

impl Decision {
    /// Converts IAM's decision. An unknown value is not allowed.
    fn of(decision: &PolicyEvaluationDecisionType) -> Self {
        if *decision == PolicyEvaluationDecisionType::Allowed {
            Self::Allowed
        } else if *decision == PolicyEvaluationDecisionType::ExplicitDeny {
            Self::Denied
        } else {
            Self::NotAllowed
        }
    }
}

/// Returns the names of the policies that contain the statements.
fn sources(statements: &[Statement]) -> Vec<String> {
    statements.iter().filter_map(Statement::source_policy_id).map(str::to_owned).collect()
}
