//! Asks IAM's policy simulator whether a role is allowed a list of actions.

use std::collections::BTreeSet;

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum};
use futures_util::future::join_all;
use gangway_model::{RoleArn, UpstreamError};

use super::{
    policy_content::summarize,
    simulation::{Decision, Evaluation, SimulatorResponse, call_simulator},
};
use gangway_aws::{AwsSession, Principal};

/// Whether a role is allowed all actions of a simulation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SimulationOutcome {
    /// Every action is allowed. The value is the number of actions.
    AllAllowed(usize),
    /// Some actions are denied. The value describes the denied actions.
    SomeDenied(String),
    /// No action is known to be denied, but some actions are not known to be allowed. The value is
    /// the reason.
    Unknown(String),
    /// Gangway is not allowed to call the simulator.
    Inaccessible,
    RoleNotFound,
}

/// A list of actions, and a list of resources on which each action must be allowed.
pub type PermissionList = (Vec<String>, Vec<String>);

/// Simulates whether the role is allowed all actions of `wanted` in the AWS Region `region`. The
/// simulations of all lists run at the same time. In the simulated calls, `iam:PassRole` passes a
/// role to EKS Pod Identity.
pub async fn simulate(
    aws: &AwsSession,
    role: &RoleArn,
    region: &str,
    wanted: Vec<PermissionList>,
) -> Result<SimulationOutcome, UpstreamError> {
    let principal = Principal::Role(role.clone());
    let simulations = wanted
        .into_iter()
        .map(|(actions, resources)| simulate_list(aws, &principal, region, actions, resources));
    let mut all = DecisionSummary::default();
    for result in join_all(simulations).await {
        match result? {
            Ok(summary) => all.extend(summary),
            Err(outcome) => return Ok(outcome),
        }
    }
    Ok(all.into_outcome())
}

/// The simulated actions that are denied or unknown, and the number of all simulated actions.
#[derive(Default)]
struct DecisionSummary {
    count: usize,
    denied: Vec<String>,
    unknown: Vec<String>,
    missing_keys: BTreeSet<String>,
}

impl DecisionSummary {
    fn extend(&mut self, other: Self) {
        self.count += other.count;
        self.denied.extend(other.denied);
        self.unknown.extend(other.unknown);
        self.missing_keys.extend(other.missing_keys);
    }

    fn into_outcome(self) -> SimulationOutcome {
        if !self.denied.is_empty() {
            return SimulationOutcome::SomeDenied(format!("denied: {}", summarize(&self.denied)));
        }
        if self.unknown.is_empty() {
            return SimulationOutcome::AllAllowed(self.count);
        }
        let actions = summarize(&self.unknown);
        let reason = if self.missing_keys.is_empty() {
            "it blames policies of the organization and shows no statement that denies them"
                .to_owned()
        } else {
            let keys: Vec<_> = self.missing_keys.into_iter().collect();
            format!("it had no value for {}", keys.join(", "))
        };
        SimulationOutcome::Unknown(format!(
            "IAM's simulator does not tell whether these are allowed: {actions}; {reason}"
        ))
    }
}

/// Simulates one list of actions. The inner error is an outcome that ends the whole simulation.
async fn simulate_list(
    aws: &AwsSession,
    principal: &Principal,
    region: &str,
    actions: Vec<String>,
    resources: Vec<String>,
) -> Result<Result<DecisionSummary, SimulationOutcome>, UpstreamError> {
    let on_resource = match resources.as_slice() {
        [one] if one != "*" => format!(" on {one}"),
        _ => String::new(),
    };
    let context = context_entries(region);
    let result = call_simulator(aws, principal, actions.clone(), resources, context).await?;
    let results = match result {
        SimulatorResponse::Results(results) => results,
        SimulatorResponse::AccessDenied => return Ok(Err(SimulationOutcome::Inaccessible)),
        SimulatorResponse::PrincipalNotFound => return Ok(Err(SimulationOutcome::RoleNotFound)),
        SimulatorResponse::Failed(code) => {
            let reason = format!("IAM's simulator cannot evaluate its policies: {code}");
            return Ok(Err(SimulationOutcome::Unknown(reason)));
        }
    };
    let mut summary = DecisionSummary { count: actions.len(), ..DecisionSummary::default() };
    for action in actions {
        // An action without a result is not known to be allowed.
        let evaluation = Evaluation::worst_for_action(&action, None, &results)
            .unwrap_or(Evaluation { decision: Decision::Unknown, ..Evaluation::default() });
        let label = format!("{action}{on_resource}");
        match evaluation.decision {
            Decision::Allowed => {}
            Decision::Unknown => {
                summary.unknown.push(label);
                summary.missing_keys.extend(evaluation.missing_keys);
            }
            Decision::NotAllowed | Decision::Denied => summary.denied.push(label),
        }
    }
    Ok(Ok(summary))
}

/// Returns the values of the condition keys in the simulated calls.
fn context_entries(region: &str) -> Vec<ContextEntry> {
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
