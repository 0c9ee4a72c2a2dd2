//! Simulates whether a role is allowed given actions.

use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType,
};
use futures_util::future::join_all;
use gangway_model::{RoleArn, UpstreamError};

use super::{
    policy_content::summarize,
    simulation::{Evaluated, evaluate},
};
use gangway_aws::{AwsSession, Principal};

/// The result of a simulation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SimulationOutcome {
    /// Every action is allowed. The number of actions.
    Everything(usize),
    /// Some actions are denied. A description of them.
    NotAll(String),
    /// The caller may not call the simulator.
    Inaccessible,
    RoleNotFound,
}

/// Actions, and the resources on which all of them must be allowed.
pub type PermissionList = (Vec<String>, Vec<String>);

/// Simulates all lists at the same time. For `iam:PassRole`, the context says that the role is passed to EKS Pod
/// Identity.
pub async fn simulate(
    aws: &AwsSession,
    role: &RoleArn,
    wanted: Vec<PermissionList>,
) -> Result<SimulationOutcome, UpstreamError> {
    let principal = Principal::Role(role.clone());
    let simulations = wanted
        .into_iter()
        .map(|(actions, resources)| simulate_list(aws, &principal, actions, resources));
    let (mut count, mut denied) = (0, Vec::new());
    for result in join_all(simulations).await {
        match result? {
            Ok((simulated, not_allowed)) => {
                count += simulated;
                denied.extend(not_allowed);
            }
            Err(nothing) => return Ok(nothing),
        }
    }
    if denied.is_empty() {
        return Ok(SimulationOutcome::Everything(count));
    }
    Ok(SimulationOutcome::NotAll(format!("denied: {}", summarize(&denied))))
}

async fn simulate_list(
    aws: &AwsSession,
    principal: &Principal,
    actions: Vec<String>,
    resources: Vec<String>,
) -> Result<Result<(usize, Vec<String>), SimulationOutcome>, UpstreamError> {
    let on = match resources.as_slice() {
        [one] if one != "*" => format!(" on {one}"),
        _ => String::new(),
    };
    let answer =
        evaluate(aws, principal, actions.clone(), resources, context(aws.region())).await?;
    let results = match answer {
        Evaluated::Given(results) => results,
        Evaluated::NotAllowed => return Ok(Err(SimulationOutcome::Inaccessible)),
        Evaluated::NoSuchPrincipal => return Ok(Err(SimulationOutcome::RoleNotFound)),
    };
    let not_allowed = actions.iter().filter(|action| !is_allowed(action, &results));
    let not_allowed = not_allowed.map(|action| format!("{action}{on}")).collect();
    Ok(Ok((actions.len(), not_allowed)))
}

/// Returns whether every result for the action allows it. An action without a result is not allowed.
fn is_allowed(action: &str, results: &[EvaluationResult]) -> bool {
    let mut answers = results
        .iter()
        .filter(|result| result.eval_action_name().eq_ignore_ascii_case(action))
        .peekable();
    let allowed = |decision: &PolicyEvaluationDecisionType| {
        *decision == PolicyEvaluationDecisionType::Allowed
    };
    answers.peek().is_some()
        && answers.all(|result| match result.resource_specific_results() {
            // If there are results for each resource, only those count.
            [] => allowed(result.eval_decision()),
            specific => specific.iter().all(|one| allowed(one.eval_resource_decision())),
        })
}

fn context(region: &str) -> Vec<ContextEntry> {
    let entry = |key: &str, value: &str| {
        ContextEntry::builder()
            .context_key_name(key)
            .context_key_type(ContextKeyTypeEnum::String)
            .context_key_values(value)
            .build()
    };
    vec![
        entry("aws:RequestedRegion", region),
        entry("iam:PassedToService", "pods.eks.amazonaws.com"),
    ]
}
