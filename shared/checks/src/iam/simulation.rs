//! Calls IAM's policy simulator: one call for each simulation request, all at the same time.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, OrganizationsDecisionDetail,
    PermissionsBoundaryDecisionDetail, PolicyEvaluationDecisionType, PolicySourceType, Statement,
};
use futures_util::future::join_all;
use gangway_model::UpstreamError;
use gangway_policies::simulate::{SimulatedAction, SimulationRequest};

use gangway_aws::{
    AwsSession, Principal,
    error::{AwsErrorKind, error_code},
};

/// The result of a simulation.
pub(super) enum SimulationResult {
    Decisions(Vec<ActionDecision>),
    /// The caller may not call the simulator.
    AccessDenied,
    /// IAM does not know the principal.
    PrincipalNotFound,
    /// IAM refused the simulation for another reason. The error code.
    NotEvaluated(String),
}

/// The decision of IAM on one simulated action.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ActionDecision {
    pub(super) simulated: SimulatedAction,
    pub(super) evaluation: Evaluation,
}

/// The result of the simulator for an action. The default is that it is allowed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Evaluation {
    /// The worst decision over all resources.
    pub(super) decision: Decision,
    /// `true` if the permissions boundary does not allow it.
    pub(super) denied_by_boundary: bool,
    /// What IAM tells about the policies of the organization (SCPs).
    pub(super) organization: OrganizationDecision,
    /// The policies that deny it explicitly.
    pub(super) denied_by: Vec<String>,
    /// Condition keys of the policies for which the simulation has no value.
    pub(super) missing_keys: BTreeSet<String>,
}

/// A decision of the simulator, from best to worst.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Decision {
    #[default]
    Allowed,
    /// The simulator does not allow it, and that proves nothing: it lacked the value of a condition key,
    /// or it blames the organization and shows no statement. It does so for actions that are allowed
    /// where SCPs have conditions. Or it left the action out.
    Unknown,
    /// No statement allows it (implicit deny).
    NotAllowed,
    /// A statement that IAM shows denies it (explicit deny).
    Denied,
}

/// What the simulator tells about the policies of the organization, from best to worst.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum OrganizationDecision {
    /// They allow the action, or the account is in no organization.
    #[default]
    Allows,
    /// They do not allow it, and IAM shows no statement that denies it.
    Doubtful,
    /// A statement that IAM shows denies it.
    Denies,
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
        let Evaluation { decision, denied_by_boundary, .. } = &self.evaluation;
        self.simulated.vendor_defect && *decision == Decision::NotAllowed && !denied_by_boundary
    }

    /// Returns `true` if something in the account or the organization denies the action.
    pub(super) fn is_denial(&self) -> bool {
        match self.evaluation.decision {
            Decision::NotAllowed | Decision::Denied => !self.is_vendor_defect(),
            Decision::Allowed | Decision::Unknown => false,
        }
    }
}

/// A principal whose permissions are simulated.
#[derive(Clone, Copy)]
pub(super) struct Simulator<'a> {
    pub(super) aws: &'a AwsSession,
    pub(super) principal: &'a Principal,
    /// The region in which the actions would be called.
    pub(super) region: &'a str,
}

impl Simulator<'_> {
    /// Runs all simulation requests.
    pub(super) async fn simulate(
        self,
        requests: &[SimulationRequest],
        mfa: Mfa,
    ) -> Result<SimulationResult, UpstreamError> {
        let simulations = requests.iter().map(|request| self.simulate_one(request, mfa));
        let mut decisions = Vec::new();
        for result in join_all(simulations).await {
            match result? {
                SimulationResult::Decisions(more) => decisions.extend(more),
                none @ (SimulationResult::AccessDenied
                | SimulationResult::PrincipalNotFound
                | SimulationResult::NotEvaluated(_)) => return Ok(none),
            }
        }
        Ok(SimulationResult::Decisions(decisions))
    }

    /// Simulates the explicitly denied actions again, as if MFA had been used. Returns `None` if there are none.
    pub(super) async fn simulate_denied_with_mfa(
        self,
        requests: &[SimulationRequest],
        decisions: &[ActionDecision],
    ) -> Result<Option<SimulationResult>, UpstreamError> {
        // There is one decision for each action of each request, in the same order.
        let mut denied =
            decisions.iter().map(|decision| decision.evaluation.decision == Decision::Denied);
        let mut requests = requests.to_vec();
        for request in &mut requests {
            request.actions.retain(|_action| denied.next().unwrap_or(false));
        }
        requests.retain(|request| !request.actions.is_empty());
        if requests.is_empty() {
            return Ok(None);
        }
        self.simulate(&requests, Mfa::Present).await.map(Some)
    }

    async fn simulate_one(
        self,
        request: &SimulationRequest,
        mfa: Mfa,
    ) -> Result<SimulationResult, UpstreamError> {
        let Self { aws, principal, region } = self;
        let actions = request.actions().map(str::to_owned).collect();
        let context = context(request, region, mfa);
        match evaluate(aws, principal, actions, request.resources.clone(), context).await? {
            Evaluated::Given(results) => {
                Ok(SimulationResult::Decisions(to_decisions(request, &results)))
            }
            Evaluated::NotAllowed => Ok(SimulationResult::AccessDenied),
            Evaluated::NoSuchPrincipal => Ok(SimulationResult::PrincipalNotFound),
            Evaluated::Failed(code) => Ok(SimulationResult::NotEvaluated(code)),
        }
    }
}

const ACTION: &str = "iam:SimulatePrincipalPolicy";

/// The unprocessed results of IAM, or why there are none.
pub(super) enum Evaluated {
    Given(Vec<EvaluationResult>),
    NotAllowed,
    NoSuchPrincipal,
    /// IAM refused the simulation for another reason, such as a policy that it cannot evaluate, or an
    /// access key that it does not know yet. The error code.
    Failed(String),
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
        Some(kind) if !kind.is_transient() => Ok(Evaluated::Failed(error_code(&error).to_owned())),
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

/// Returns the worst decision for each action. One without a result is not known to be allowed.
fn to_decisions(request: &SimulationRequest, results: &[EvaluationResult]) -> Vec<ActionDecision> {
    let to_decision = |simulated: &SimulatedAction| {
        let resources = Some(simulated.resources.as_slice());
        let evaluation = Evaluation::of_action(simulated.action, resources, results)
            .unwrap_or(Evaluation { decision: Decision::Unknown, ..Evaluation::default() });
        ActionDecision { simulated: simulated.clone(), evaluation }
    };
    request.actions.iter().map(to_decision).collect()
}

impl Evaluation {
    /// Returns the worst result for an action on these resources, by default on all of the call. Returns
    /// `None` if it has none.
    pub(super) fn of_action(
        action: &str,
        resources: Option<&[String]>,
        results: &[EvaluationResult],
    ) -> Option<Self> {
        results
            .iter()
            .filter(|result| result.eval_action_name().eq_ignore_ascii_case(action))
            .filter_map(|result| Self::from_result(result, resources))
            .reduce(Self::worse)
    }

    /// Combines the results for two resources of the same action.
    fn worse(mut self, other: Self) -> Self {
        self.decision = self.decision.max(other.decision);
        self.denied_by_boundary |= other.denied_by_boundary;
        self.organization = self.organization.max(other.organization);
        self.denied_by.extend(other.denied_by);
        self.missing_keys.extend(other.missing_keys);
        self
    }

    /// Converts one result. If there are results for each resource, only those count: the overall
    /// decision is about a template of an ARN. Returns `None` if none of them is about these resources.
    fn from_result(result: &EvaluationResult, resources: Option<&[String]>) -> Option<Self> {
        let is_wanted = |name: &str| {
            resources.is_none_or(|wanted| wanted.iter().any(|one| one == "*" || one == name))
        };
        let organization_allows = result
            .organizations_decision_detail()
            .is_none_or(OrganizationsDecisionDetail::allowed_by_organizations);
        let overall = Self::new(
            result.eval_decision(),
            organization_allows,
            is_blocked(result.permissions_boundary_decision_detail()),
            result.matched_statements(),
            result.missing_context_values(),
        );
        let all = result.resource_specific_results();
        if all.is_empty() {
            // Of one resource, or of a template of an ARN, such as `arn:aws:s3:::${BucketName}`.
            let resource = result.eval_resource_name();
            let resource = resource.filter(|name| !name.contains(['*', '$']));
            return resource.is_none_or(is_wanted).then_some(overall);
        }
        let specific = all.iter().filter(|one| is_wanted(one.eval_resource_name())).map(|one| {
            let boundary = one.permissions_boundary_decision_detail();
            Self::new(
                one.eval_resource_decision(),
                organization_allows,
                is_blocked(boundary) || boundary.is_none() && overall.denied_by_boundary,
                one.matched_statements(),
                one.missing_context_values(),
            )
        });
        specific.reduce(Self::worse)
    }

    fn new(
        decision: &PolicyEvaluationDecisionType,
        organization_allows: bool,
        denied_by_boundary: bool,
        statements: &[Statement],
        missing_keys: &[String],
    ) -> Self {
        if *decision == PolicyEvaluationDecisionType::Allowed {
            return Self::default();
        }
        let is_explicit = *decision == PolicyEvaluationDecisionType::ExplicitDeny;
        let decision = if !missing_keys.is_empty() {
            Decision::Unknown
        } else if is_explicit && !statements.is_empty() {
            Decision::Denied
        } else if denied_by_boundary || (organization_allows && !is_explicit) {
            Decision::NotAllowed
        } else {
            Decision::Unknown
        };
        let organization = if organization_allows {
            OrganizationDecision::Allows
        } else if decision == Decision::Denied && statements.iter().any(is_of_organization) {
            OrganizationDecision::Denies
        } else {
            OrganizationDecision::Doubtful
        };
        let denied_by = if decision == Decision::Denied { sources(statements) } else { Vec::new() };
        let missing_keys = missing_keys.iter().cloned().collect();
        Self { decision, denied_by_boundary, organization, denied_by, missing_keys }
    }
}

fn is_blocked(detail: Option<&PermissionsBoundaryDecisionDetail>) -> bool {
    detail.is_some_and(|detail| !detail.allowed_by_permissions_boundary())
}

/// Returns `true` if the statement is not of a policy of the account. IAM has no policy type for SCPs.
fn is_of_organization(statement: &Statement) -> bool {
    match statement.source_policy_type() {
        None | Some(PolicySourceType::None) => true,
        Some(_) => false,
    }
}

/// Returns the names of the policies that contain the statements.
fn sources(statements: &[Statement]) -> Vec<String> {
    statements.iter().filter_map(Statement::source_policy_id).map(str::to_owned).collect()
}
