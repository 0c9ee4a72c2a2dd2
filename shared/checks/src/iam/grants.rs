//! Whether a role may do what a document of its own grants, asked of IAM's simulator.

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

/// What IAM says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SimulationOutcome {
    /// All of it, counted.
    Everything(usize),
    /// Not all of it: what is denied, in words for people.
    NotAll(String),
    /// Nothing: whoever looks may not ask.
    Inaccessible,
    /// Nothing: there is no such role.
    RoleNotFound,
}

/// Actions on resources, all of which are to be allowed.
pub type PermissionList = (Vec<String>, Vec<String>);

/// Asks everything at the same time. A role that is passed on goes to EKS's pods, whatever the statement asks about that.
pub async fn simulate(
    aws: &AwsSession,
    role: &RoleArn,
    wanted: Vec<PermissionList>,
) -> Result<SimulationOutcome, UpstreamError> {
    let principal = Principal::Role(role.clone());
    let asked =
        wanted.into_iter().map(|(actions, resources)| ask(aws, &principal, actions, resources));
    let (mut count, mut denied) = (0, Vec::new());
    for answer in join_all(asked).await {
        match answer? {
            Ok((asked, lacking)) => {
                count += asked;
                denied.extend(lacking);
            }
            Err(nothing) => return Ok(nothing),
        }
    }
    if denied.is_empty() {
        return Ok(SimulationOutcome::Everything(count));
    }
    Ok(SimulationOutcome::NotAll(format!("denied: {}", summarize(&denied))))
}

async fn ask(
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
    let lacking = actions.iter().filter(|action| !is_allowed(action, &results));
    let lacking = lacking.map(|action| format!("{action}{on}")).collect();
    Ok(Ok((actions.len(), lacking)))
}

/// An action that is not answered is not allowed.
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
            // Where there are answers for each resource, only those count.
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
