//! Requests to IAM's policy simulator whose results equal those of the real calls.

mod sample;
#[cfg(test)]
mod tests;

use gangway_model::{AccountId, Partition};

use crate::{
    document::{PARTITION, PolicyDocument},
    statement::{Condition, Statement, statements},
};

/// One call of `SimulatePrincipalPolicy`: IAM evaluates every action for every resource. At most
/// 100 actions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SimulationRequest {
    /// The actions, without duplicates.
    pub actions: Vec<SimulatedAction>,
    /// The resources of all actions: ARNs without wildcards, or `*` alone.
    pub resources: Vec<String>,
    /// Values of the condition keys in the documents. The caller adds `aws:RequestedRegion`.
    pub context: Vec<ContextEntry>,
}

/// An action, and the document that allows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SimulatedAction {
    /// `<service>:<operation>`.
    pub action: &'static str,
    /// The resources of the request that it must be allowed on.
    pub resources: Vec<String>,
    /// The first of the documents that allows it: the one to attach if it is denied.
    pub document: PolicyDocument,
    /// `true` if the published document names a resource type that this action does not have. A
    /// denial is then a defect of the document, not of the customer's role.
    pub vendor_defect: bool,
}

/// A condition key with a value that fulfills the document's condition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContextEntry {
    /// The key, as written in the document.
    pub key: &'static str,
    pub values: Vec<String>,
    /// `true` for the type `stringList`, `false` for `string`.
    pub list: bool,
}

/// Maximum number of actions in one call.
const MAX_ACTIONS: usize = 100;

/// Actions in published documents that IAM does not know. They are always denied.
pub(crate) const UNKNOWN_TO_IAM: &[&str] = &["ecr:ListRepositories"];

/// Actions that the EKS document allows on clusters and node groups only, although they do not act
/// on these resources.
const MISPLACED: &[&str] = &[
    "eks:CreateCluster",
    "eks:DescribeIdentityProviderConfig",
    "eks:DisassociateIdentityProviderConfig",
    "eks:ListClusters",
];

impl SimulationRequest {
    pub fn actions(&self) -> impl Iterator<Item = &'static str> {
        self.actions.iter().map(|simulated| simulated.action)
    }
}

/// Returns the requests that check the permissions of these documents, in as few calls as possible.
pub fn simulation_requests(
    documents: &[PolicyDocument],
    partition: Partition,
    account: AccountId,
    region: &str,
) -> Vec<SimulationRequest> {
    let place = sample::Place { partition, account, region };
    let mut requests = Vec::new();
    for document in documents {
        for statement in statements(document.template()) {
            if statement.allows() {
                add_action(&mut requests, *document, statement, &place);
            }
        }
    }
    remove_implied_actions(&mut requests);
    merge_requests(requests).into_iter().flat_map(split_in_calls).collect()
}

fn add_action(
    requests: &mut Vec<SimulationRequest>,
    document: PolicyDocument,
    statement: Statement<'static>,
    place: &sample::Place<'_>,
) {
    let context: Vec<_> = statement.conditions().iter().filter_map(satisfy).collect();
    for action in statement.action_names() {
        if UNKNOWN_TO_IAM.contains(&action) {
            continue;
        }
        let resources: Vec<_> = statement
            .resources()
            .iter()
            .map(|pattern| place.sample(action, &pattern.replace(PARTITION, place.partition.id())))
            .collect();
        let vendor_defect = document == PolicyDocument::ControllersEks
            && MISPLACED.contains(&action)
            && resources.iter().all(|resource| resource != "*");
        let simulated =
            SimulatedAction { action, resources: resources.clone(), document, vendor_defect };
        match requests
            .iter_mut()
            .find(|request| request.resources == resources && may_share(&request.context, &context))
        {
            Some(request) => {
                if request.actions().all(|known| known != action) {
                    request.actions.push(simulated);
                }
                for entry in &context {
                    if !request.context.contains(entry) {
                        request.context.push(entry.clone());
                    }
                }
            }
            None => {
                requests.push(SimulationRequest {
                    actions: vec![simulated],
                    resources,
                    context: context.clone(),
                });
            }
        }
    }
}

/// Returns `true` if two contexts can be in one request: they are equal, or have no key in common.
/// An empty context is never combined with another one, because that would weaken the check.
fn may_share(one: &[ContextEntry], other: &[ContextEntry]) -> bool {
    one == other
        || (!one.is_empty()
            && !other.is_empty()
            && one.iter().all(|a| other.iter().all(|b| a.key != b.key)))
}

fn satisfy(condition: &Condition<'static>) -> Option<ContextEntry> {
    let values = condition.values.first().map(|pattern| pattern.replace('*', sample::PROBE));
    let list = condition.operator.starts_with("For");
    values.map(|value| ContextEntry { key: condition.key, values: vec![value], list })
}

/// Removes actions on single resources that are also checked on `*` without a condition.
fn remove_implied_actions(requests: &mut Vec<SimulationRequest>) {
    let broad: Vec<_> = requests
        .iter()
        .filter(|request| request.context.is_empty() && request.resources == ["*"])
        .flat_map(SimulationRequest::actions)
        .collect();
    for request in &mut *requests {
        if !(request.context.is_empty() && request.resources == ["*"]) {
            request.actions.retain(|simulated| !broad.contains(&simulated.action));
        }
    }
    requests.retain(|request| !request.actions.is_empty());
}

/// Merges requests about single resources that have the same context, so that there are fewer
/// calls. `*` stays alone: the result for it is about no resource.
fn merge_requests(requests: Vec<SimulationRequest>) -> Vec<SimulationRequest> {
    let mut merged: Vec<SimulationRequest> = Vec::new();
    for request in requests {
        let is_mergeable = |other: &&mut SimulationRequest| {
            let is_broad = |resources: &[String]| resources.iter().any(|one| one == "*");
            other.context == request.context
                && !is_broad(&other.resources)
                && !is_broad(&request.resources)
                && request.actions().all(|action| other.actions().all(|known| known != action))
        };
        let Some(other) = merged.iter_mut().find(is_mergeable) else {
            merged.push(request);
            continue;
        };
        other.actions.extend(request.actions);
        for resource in request.resources {
            if !other.resources.contains(&resource) {
                other.resources.push(resource);
            }
        }
    }
    merged
}

/// Splits a request into parts of equal size, since the longest call determines the total time.
fn split_in_calls(request: SimulationRequest) -> Vec<SimulationRequest> {
    let SimulationRequest { actions, resources, context } = request;
    let calls = actions.len().div_ceil(MAX_ACTIONS).max(1);
    actions
        .chunks(actions.len().div_ceil(calls).max(1))
        .map(|chunk| SimulationRequest {
            actions: chunk.to_vec(),
            resources: resources.clone(),
            context: context.clone(),
        })
        .collect()
}
