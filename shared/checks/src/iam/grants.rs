//! Simulates whether a role is allowed given actions.

use std::collections::BTreeSet;

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum};
use futures_util::future::join_all;
use gangway_model::{RoleArn, UpstreamError};

use super::{
    policy_content::summarize,
    simulation::{Decision, Evaluated, Evaluation, evaluate},
};
use gangway_aws::{AwsSession, Principal};

/// The result of a simulation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SimulationOutcome {
    /// Every action is allowed. The number of actions.
    Everything(usize),
    /// Some actions are denied. A description of them.
    NotAll(String),
    /// No action is known to be denied, but some are not known to be allowed. The reason.
    Unknown(String),
    /// The caller may not call the simulator.
    Inaccessible,
    RoleNotFound,
}

/// Actions, and the resources on which all of them must be allowed.
pub type PermissionList = (Vec<String>, Vec<String>);

/// Simulates all lists at the same time, as if the actions were called in `region`. For `iam:PassRole`, the context says that the role is passed to EKS Pod
/// Identity.
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
    let mut all = Decided::default();
    for result in join_all(simulations).await {
        match result? {
            Ok(decided) => all.extend(decided),
            Err(nothing) => return Ok(nothing),
        }
    }
    Ok(all.into_outcome())
}

/// The decisions on all actions.
#[derive(Default)]
struct Decided {
    count: usize,
    denied: Vec<String>,
    unknown: Vec<String>,
    missing_keys: BTreeSet<String>,
}

impl Decided {
    fn extend(&mut self, other: Self) {
        self.count += other.count;
        self.denied.extend(other.denied);
        self.unknown.extend(other.unknown);
        self.missing_keys.extend(other.missing_keys);
    }

    fn into_outcome(self) -> SimulationOutcome {
        if !self.denied.is_empty() {
            return SimulationOutcome::NotAll(format!("denied: {}", summarize(&self.denied)));
        }
        if self.unknown.is_empty() {
            return SimulationOutcome::Everything(self.count);
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

async fn simulate_list(
    aws: &AwsSession,
    principal: &Principal,
    region: &str,
    actions: Vec<String>,
    resources: Vec<String>,
) -> Result<Result<Decided, SimulationOutcome>, UpstreamError> {
    let on = match resources.as_slice() {
        [one] if one != "*" => format!(" on {one}"),
        _ => String::new(),
    };
    let result = evaluate(aws, principal, actions.clone(), resources, context(region)).await?;
    let results = match result {
        Evaluated::Given(results) => results,
        Evaluated::NotAllowed => return Ok(Err(SimulationOutcome::Inaccessible)),
        Evaluated::NoSuchPrincipal => return Ok(Err(SimulationOutcome::RoleNotFound)),
        Evaluated::Failed(code) => {
            let reason = format!("IAM's simulator cannot evaluate its policies: {code}");
            return Ok(Err(SimulationOutcome::Unknown(reason)));
        }
    };
    let mut decided = Decided { count: actions.len(), ..Decided::default() };
    for action in actions {
        // An action without a result is not known to be allowed.
        let evaluation = Evaluation::of_action(&action, None, &results)
            .unwrap_or(Evaluation { decision: Decision::Unknown, ..Evaluation::default() });
        let label = format!("{action}{on}");
        match evaluation.decision {
            Decision::Allowed => {}
            Decision::Unknown => {
                decided.unknown.push(label);
                decided.missing_keys.extend(evaluation.missing_keys);
            }
            Decision::NotAllowed | Decision::Denied => decided.denied.push(label),
        }
    }
    Ok(Ok(decided))
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
