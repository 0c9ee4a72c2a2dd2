//! IAM's own judgement on each action, one call a question, all at the same time (C07, C11, C12).

#[cfg(test)]
mod tests;

use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType, Statement,
};
use futures_util::future::join_all;
use gangway_model::UpstreamError;
use gangway_policies::simulate::{SimulatedAction, SimulationRequest};

use gangway_aws::{AwsSession, Principal, error::AwsErrorKind};

/// What IAM says.
pub(super) enum SimulationResult {
    /// On every action.
    Decisions(Vec<ActionDecision>),
    /// Nothing: whoever looks may not ask.
    AccessDenied,
    /// Nothing: it does not know the identity.
    PrincipalNotFound,
}

/// What IAM says on one action.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ActionDecision {
    /// What was asked.
    pub(super) ask: SimulatedAction,
    /// On the resource where it is worst.
    pub(super) decision: Decision,
    /// The permissions boundary does not allow it.
    pub(super) boundary: bool,
    /// A policy of the organization does not allow it.
    pub(super) organization: bool,
    /// The policies that deny it by name.
    pub(super) denied_by: Vec<String>,
}

/// From best to worst.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Decision {
    /// It may.
    Allowed,
    /// Nothing allows it.
    NotAllowed,
    /// Something denies it.
    Denied,
}

/// Whether the caller is said to have used a second factor. Palette never does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mfa {
    Absent,
    Present,
}

impl ActionDecision {
    /// A denial that the published document causes by itself.
    pub(super) fn is_vendor_defect(&self) -> bool {
        let Self { ask, decision, boundary, organization, denied_by: _ } = self;
        ask.vendor_defect && *decision == Decision::NotAllowed && !boundary && !organization
    }

    /// A denial that somebody can mend in the account.
    pub(super) fn is_denial(&self) -> bool {
        self.decision != Decision::Allowed && !self.is_vendor_defect()
    }
}

/// Asks all questions about an identity.
pub(super) async fn simulate(
    aws: &AwsSession,
    principal: &Principal,
    questions: &[SimulationRequest],
    mfa: Mfa,
) -> Result<SimulationResult, UpstreamError> {
    let asked = questions.iter().map(|question| simulate_one(aws, principal, question, mfa));
    let mut verdicts = Vec::new();
    for answer in join_all(asked).await {
        match answer? {
            SimulationResult::Decisions(more) => verdicts.extend(more),
            nothing @ (SimulationResult::AccessDenied | SimulationResult::PrincipalNotFound) => {
                return Ok(nothing);
            }
        }
    }
    Ok(SimulationResult::Decisions(verdicts))
}

async fn simulate_one(
    aws: &AwsSession,
    principal: &Principal,
    question: &SimulationRequest,
    mfa: Mfa,
) -> Result<SimulationResult, UpstreamError> {
    let actions = question.actions().map(str::to_owned).collect();
    let context = context(question, aws.region(), mfa);
    match evaluate(aws, principal, actions, question.resources.clone(), context).await? {
        Evaluated::Given(results) => {
            let call = AwsSession::iam_api_call(ACTION, "such identity");
            fold(question, &results).map(SimulationResult::Decisions).ok_or_else(|| {
                call.invalid_response("actions that were asked for are not answered")
            })
        }
        Evaluated::NotAllowed => Ok(SimulationResult::AccessDenied),
        Evaluated::NoSuchPrincipal => Ok(SimulationResult::PrincipalNotFound),
    }
}

const ACTION: &str = "iam:SimulatePrincipalPolicy";

/// IAM's answers as they come, or why there are none.
pub(super) enum Evaluated {
    Given(Vec<EvaluationResult>),
    NotAllowed,
    NoSuchPrincipal,
}

/// One question, page by page.
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
    let mut results = Vec::new();
    let mut marker = None;
    loop {
        let answer = match request.clone().set_marker(marker).send().await {
            Ok(answer) => answer,
            Err(error) => {
                return match AwsErrorKind::from_sdk(&error) {
                    Some(AwsErrorKind::AccessDenied) => Ok(Evaluated::NotAllowed),
                    Some(AwsErrorKind::NotFound) => Ok(Evaluated::NoSuchPrincipal),
                    Some(_) | None => Err(call.to_upstream_error(&error)),
                };
            }
        };
        results.extend(answer.evaluation_results.unwrap_or_default());
        marker = answer.marker.filter(|_| answer.is_truncated);
        if marker.is_none() {
            return Ok(Evaluated::Given(results));
        }
    }
}

/// The documents' own conditions, and what policies of organizations and users look at.
fn context(question: &SimulationRequest, region: &str, mfa: Mfa) -> Vec<ContextEntry> {
    let entry = |key: &str, kind: ContextKeyTypeEnum, values: Vec<String>| {
        let builder = ContextEntry::builder().context_key_name(key).context_key_type(kind);
        builder.set_context_key_values(Some(values)).build()
    };
    let conditions = question.context.iter().map(|wanted| {
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

/// One verdict an action. `None` where an action is not answered.
fn fold(question: &SimulationRequest, results: &[EvaluationResult]) -> Option<Vec<ActionDecision>> {
    let verdict = |ask: &SimulatedAction| {
        let mut answers = results
            .iter()
            .filter(|result| result.eval_action_name().eq_ignore_ascii_case(ask.action))
            .map(|result| to_result(ask, result));
        let first = answers.next()?;
        Some(answers.fold(first, worse))
    };
    question.asks.iter().map(verdict).collect()
}

/// The same action may be answered on several resources.
fn worse(mut one: ActionDecision, other: ActionDecision) -> ActionDecision {
    one.decision = one.decision.max(other.decision);
    one.boundary |= other.boundary;
    one.organization |= other.organization;
    one.denied_by.extend(other.denied_by);
    one
}

/// Where there are answers for each resource, only those count: the one above them is about a template of an ARN.
fn to_result(ask: &SimulatedAction, result: &EvaluationResult) -> ActionDecision {
    let specific = result.resource_specific_results();
    let organization = result
        .organizations_decision_detail()
        .is_some_and(|detail| !detail.allowed_by_organizations());
    let judge_one = |decision: &PolicyEvaluationDecisionType, boundary, statements| {
        let decision = Decision::of(decision);
        let denied = decision != Decision::Allowed;
        ActionDecision {
            ask: ask.clone(),
            decision,
            boundary: denied && boundary,
            organization: denied && organization,
            denied_by: if decision == Decision::Denied { sources(statements) } else { Vec::new() },
        }
    };
    let blocks = |detail: Option<&aws_sdk_iam::types::PermissionsBoundaryDecisionDetail>| {
        detail.is_some_and(|detail| !detail.allowed_by_permissions_boundary())
    };
    let overall = judge_one(
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
            judge_one(one.eval_resource_decision(), boundary, statements)
        })
        .reduce(worse)
        .unwrap_or(overall)
}

impl Decision {
    /// What is not understood is not allowed.
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

/// The names of the policies that the statements are from.
fn sources(statements: &[Statement]) -> Vec<String> {
    statements.iter().filter_map(Statement::source_policy_id).map(str::to_owned).collect()
}
