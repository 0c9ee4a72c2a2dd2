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

/// The result of simulating all requests.
pub(super) enum SimulationResult {
    /// The simulator returned a decision on each action.
    Decisions(Vec<ActionDecision>),
    /// Gangway is not allowed to call the simulator.
    AccessDenied,
    /// IAM does not know the principal.
    PrincipalNotFound,
    /// IAM refused the simulation for another reason. The value is the error code.
    NotEvaluated(String),
}

/// A simulated action, and the decision of IAM's simulator on the action.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ActionDecision {
    pub(super) simulated: SimulatedAction,
    pub(super) evaluation: Evaluation,
}

/// The result of the simulator for one action. The default result is that the action is allowed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Evaluation {
    /// The worst decision of all simulated resources.
    pub(super) decision: Decision,
    /// `true` if the permissions boundary does not allow the action.
    pub(super) is_denied_by_boundary: bool,
    /// Whether the service control policies (SCPs) of the organization allow the action.
    pub(super) organization: OrganizationDecision,
    /// The names of the policies with a statement that denies the action.
    pub(super) denied_by: Vec<String>,
    /// The condition keys in policies for which the simulation had no value.
    pub(super) missing_keys: BTreeSet<String>,
}

/// A decision of the simulator, from best to worst.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Decision {
    #[default]
    Allowed,
    /// The result of the simulator does not show whether the action is allowed, for one of these
    /// reasons:
    ///
    /// - The simulation had no value for a condition key.
    /// - The simulator says that SCPs do not allow the action, but returns no statement. The
    ///   simulator also says so for allowed actions if an SCP has conditions.
    /// - The simulator returned no result for the action.
    Unknown,
    /// No statement allows the action (implicit deny).
    NotAllowed,
    /// A statement denies the action (explicit deny), and IAM returned the statement.
    Denied,
}

/// The simulator's decision about the SCPs of the organization, from best to worst.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum OrganizationDecision {
    /// The SCPs allow the action, or the account is in no organization.
    #[default]
    Allows,
    /// IAM says that the SCPs do not allow the action, but returns no statement that denies it.
    Unclear,
    /// IAM returned a statement of an SCP that denies the action.
    Denies,
}

/// Whether the simulated call was made with multi-factor authentication. Palette never uses MFA.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mfa {
    Absent,
    Present,
}

impl ActionDecision {
    /// Returns `true` if a defect of Palette's published policy causes the denial.
    pub(super) fn is_vendor_defect(&self) -> bool {
        let Evaluation { decision, is_denied_by_boundary, .. } = &self.evaluation;
        self.simulated.vendor_defect && *decision == Decision::NotAllowed && !is_denied_by_boundary
    }

    /// Returns `true` if the policies of the account or of the organization cause the denial.
    pub(super) fn is_denial(&self) -> bool {
        match self.evaluation.decision {
            Decision::NotAllowed | Decision::Denied => !self.is_vendor_defect(),
            Decision::Allowed | Decision::Unknown => false,
        }
    }
}

/// Simulates the permissions of one principal.
#[derive(Clone, Copy)]
pub(super) struct Simulator<'a> {
    pub(super) aws: &'a AwsSession,
    pub(super) principal: &'a Principal,
    /// The AWS Region of the simulated calls.
    pub(super) region: &'a str,
}

impl Simulator<'_> {
    /// Runs all simulation requests at the same time.
    pub(super) async fn simulate(
        self,
        requests: &[SimulationRequest],
        mfa: Mfa,
    ) -> Result<SimulationResult, UpstreamError> {
        let simulations = requests.iter().map(|request| self.simulate_request(request, mfa));
        let mut decisions = Vec::new();
        for result in join_all(simulations).await {
            match result? {
                SimulationResult::Decisions(more) => decisions.extend(more),
                failed @ (SimulationResult::AccessDenied
                | SimulationResult::PrincipalNotFound
                | SimulationResult::NotEvaluated(_)) => return Ok(failed),
            }
        }
        Ok(SimulationResult::Decisions(decisions))
    }

    /// Simulates the explicitly denied actions again, with MFA. Returns `None` if no action is
    /// explicitly denied.
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

    async fn simulate_request(
        self,
        request: &SimulationRequest,
        mfa: Mfa,
    ) -> Result<SimulationResult, UpstreamError> {
        let Self { aws, principal, region } = self;
        let actions = request.actions().map(str::to_owned).collect();
        let context = context_entries(request, region, mfa);
        match call_simulator(aws, principal, actions, request.resources.clone(), context).await? {
            SimulatorResponse::Results(results) => {
                Ok(SimulationResult::Decisions(to_decisions(request, &results)))
            }
            SimulatorResponse::AccessDenied => Ok(SimulationResult::AccessDenied),
            SimulatorResponse::PrincipalNotFound => Ok(SimulationResult::PrincipalNotFound),
            SimulatorResponse::Failed(code) => Ok(SimulationResult::NotEvaluated(code)),
        }
    }
}

/// The IAM action that calls the simulator.
const SIMULATE_ACTION: &str = "iam:SimulatePrincipalPolicy";

/// The response of IAM's simulator to one call.
pub(super) enum SimulatorResponse {
    /// The simulator returned results.
    Results(Vec<EvaluationResult>),
    /// Gangway is not allowed to call the simulator.
    AccessDenied,
    PrincipalNotFound,
    /// IAM refused the simulation for another reason, for example because it cannot evaluate a
    /// policy or does not know the access key yet. The value is the error code.
    Failed(String),
}

/// Calls IAM's simulator once, and reads all pages of the response.
pub(super) async fn call_simulator(
    aws: &AwsSession,
    principal: &Principal,
    actions: Vec<String>,
    resources: Vec<String>,
    context: Vec<ContextEntry>,
) -> Result<SimulatorResponse, UpstreamError> {
    let call = AwsSession::iam_api_call(SIMULATE_ACTION, "such identity");
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
        Ok(results) => return Ok(SimulatorResponse::Results(results)),
        Err(error) => error,
    };
    match AwsErrorKind::from_sdk(&error) {
        Some(AwsErrorKind::AccessDenied) => Ok(SimulatorResponse::AccessDenied),
        Some(AwsErrorKind::NotFound) => Ok(SimulatorResponse::PrincipalNotFound),
        Some(kind) if !kind.is_transient() => {
            Ok(SimulatorResponse::Failed(error_code(&error).to_owned()))
        }
        Some(_) | None => Err(call.to_upstream_error(&error)),
    }
}

/// Returns the condition keys of the simulated call with their values: keys that Palette's policies
/// use, and keys that other policies commonly use.
fn context_entries(request: &SimulationRequest, region: &str, mfa: Mfa) -> Vec<ContextEntry> {
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

/// Returns the worst decision for each action. The decision is *unknown* for an action without a
/// result.
fn to_decisions(request: &SimulationRequest, results: &[EvaluationResult]) -> Vec<ActionDecision> {
    let to_decision = |simulated: &SimulatedAction| {
        let resources = Some(simulated.resources.as_slice());
        let evaluation = Evaluation::worst_for_action(simulated.action, resources, results)
            .unwrap_or(Evaluation { decision: Decision::Unknown, ..Evaluation::default() });
        ActionDecision { simulated: simulated.clone(), evaluation }
    };
    request.actions.iter().map(to_decision).collect()
}

impl Evaluation {
    /// Returns the worst result for an action on `resources`, or on all resources of the call if
    /// `resources` is `None`. Returns `None` if the simulator returned no result for the action.
    pub(super) fn worst_for_action(
        action: &str,
        resources: Option<&[String]>,
        results: &[EvaluationResult],
    ) -> Option<Self> {
        results
            .iter()
            .filter(|result| result.eval_action_name().eq_ignore_ascii_case(action))
            .filter_map(|result| Self::from_result(result, resources))
            .reduce(Self::combine_worst)
    }

    /// Combines the results for two resources of the same action into the worse result.
    fn combine_worst(mut self, other: Self) -> Self {
        self.decision = self.decision.max(other.decision);
        self.is_denied_by_boundary |= other.is_denied_by_boundary;
        self.organization = self.organization.max(other.organization);
        self.denied_by.extend(other.denied_by);
        self.missing_keys.extend(other.missing_keys);
        self
    }

    /// Converts one result of the simulator. If the result contains a decision for each resource,
    /// the overall decision is ignored, because it is about an ARN with variables. Returns `None`
    /// if the result is not about `resources`.
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
            is_blocked_by_boundary(result.permissions_boundary_decision_detail()),
            result.matched_statements(),
            result.missing_context_values(),
        );
        let all = result.resource_specific_results();
        if all.is_empty() {
            // The name is an ARN, or an ARN with variables such as `arn:aws:s3:::${BucketName}`.
            let resource = result.eval_resource_name();
            let resource = resource.filter(|name| !name.contains(['*', '$']));
            return resource.is_none_or(is_wanted).then_some(overall);
        }
        let specific = all.iter().filter(|one| is_wanted(one.eval_resource_name())).map(|one| {
            let boundary = one.permissions_boundary_decision_detail();
            Self::new(
                one.eval_resource_decision(),
                organization_allows,
                is_blocked_by_boundary(boundary)
                    || boundary.is_none() && overall.is_denied_by_boundary,
                one.matched_statements(),
                one.missing_context_values(),
            )
        });
        specific.reduce(Self::combine_worst)
    }

    fn new(
        decision: &PolicyEvaluationDecisionType,
        organization_allows: bool,
        is_denied_by_boundary: bool,
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
        } else if is_denied_by_boundary || (organization_allows && !is_explicit) {
            Decision::NotAllowed
        } else {
            Decision::Unknown
        };
        let organization = if organization_allows {
            OrganizationDecision::Allows
        } else if decision == Decision::Denied && statements.iter().any(is_in_scp) {
            OrganizationDecision::Denies
        } else {
            OrganizationDecision::Unclear
        };
        let denied_by =
            if decision == Decision::Denied { policy_names(statements) } else { Vec::new() };
        let missing_keys = missing_keys.iter().cloned().collect();
        Self { decision, is_denied_by_boundary, organization, denied_by, missing_keys }
    }
}

fn is_blocked_by_boundary(detail: Option<&PermissionsBoundaryDecisionDetail>) -> bool {
    detail.is_some_and(|detail| !detail.allowed_by_permissions_boundary())
}

/// Returns `true` if the statement is in an SCP. IAM has no policy type for SCPs, so a statement
/// without a policy type is in an SCP.
fn is_in_scp(statement: &Statement) -> bool {
    match statement.source_policy_type() {
        None | Some(PolicySourceType::None) => true,
        Some(_) => false,
    }
}

/// Returns the names of the policies that contain the statements.
fn policy_names(statements: &[Statement]) -> Vec<String> {
    statements.iter().filter_map(Statement::source_policy_id).map(str::to_owned).collect()
}
