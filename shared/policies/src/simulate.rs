//! Requests to IAM's policy simulator that ask whether an identity has the permissions of Palette's
//! documents.

mod sample;
#[cfg(test)]
mod tests;

use gangway_model::{AccountId, Partition};

use crate::{
    document::{PARTITION, PolicyDocument},
    statement::{Condition, Statement, statements},
};

/// The parameters of one call of `SimulatePrincipalPolicy`, with at most 100 actions. IAM evaluates
/// every action for every resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SimulationRequest {
    /// The actions, without duplicates.
    pub actions: Vec<SimulatedAction>,
    /// The resources of all actions: either ARNs without wildcards, or only `*`.
    pub resources: Vec<String>,
    /// A value for each condition key in the documents. The crate that sends the request adds
    /// `aws:RequestedRegion`.
    pub context: Vec<ContextEntry>,
}

/// An action, and the document that allows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SimulatedAction {
    /// The name of the action, in the form `<service>:<operation>`.
    pub action: &'static str,
    /// The resources of the request on which the action must be allowed.
    pub resources: Vec<String>,
    /// The first document that allows the action. If IAM denies the action, the customer must
    /// attach this document.
    pub document: PolicyDocument,
    /// `true` if Palette's document allows the action only on a type of resource that the action
    /// does not use. If IAM denies the action, the document is wrong, and not the customer's role.
    pub vendor_defect: bool,
}

/// A condition key with a value that satisfies the condition in Palette's document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContextEntry {
    /// The condition key, as Palette's document contains it.
    pub key: &'static str,
    pub values: Vec<String>,
    /// `true` if the type of the entry in the request is `stringList`, `false` if it is `string`.
    pub list: bool,
}

/// The maximum number of actions in one call of the policy simulator.
const MAX_ACTIONS_PER_CALL: usize = 100;

/// The actions in Palette's documents that IAM does not know, so that the policy simulator always
/// denies them.
pub(crate) const UNKNOWN_TO_IAM: &[&str] = &["ecr:ListRepositories"];

/// The actions that Palette's document for EKS allows only on clusters and node groups, although
/// these actions do not use such resources.
const ACTIONS_ON_WRONG_RESOURCES: &[&str] = &[
    "eks:CreateCluster",
    "eks:DescribeIdentityProviderConfig",
    "eks:DisassociateIdentityProviderConfig",
    "eks:ListClusters",
];

impl SimulationRequest {
    /// Returns the names of the actions.
    pub fn actions(&self) -> impl Iterator<Item = &'static str> {
        self.actions.iter().map(|simulated| simulated.action)
    }
}

/// Returns the requests that ask whether an identity has all permissions of these documents.
/// Combines actions so that few calls are needed.
pub fn simulation_requests(
    documents: &[PolicyDocument],
    partition: Partition,
    account: AccountId,
    region: &str,
) -> Vec<SimulationRequest> {
    let scope = sample::SampleScope { partition, account, region };
    let mut requests = Vec::new();
    for document in documents {
        for statement in statements(document.template()) {
            if statement.allows() {
                add_actions_of_statement(&mut requests, *document, statement, &scope);
            }
        }
    }
    remove_implied_actions(&mut requests);
    merge_requests(requests).into_iter().flat_map(split_into_calls).collect()
}

/// Adds the actions of an Allow statement to a request with the same resources and a compatible
/// context, or to a new request.
fn add_actions_of_statement(
    requests: &mut Vec<SimulationRequest>,
    document: PolicyDocument,
    statement: Statement<'static>,
    scope: &sample::SampleScope<'_>,
) {
    let context: Vec<_> = statement.conditions().iter().filter_map(to_satisfying_entry).collect();
    for action in statement.action_names() {
        if UNKNOWN_TO_IAM.contains(&action) {
            continue;
        }
        let resources: Vec<_> = statement
            .resources()
            .iter()
            .map(|pattern| {
                scope.sample_arn(action, &pattern.replace(PARTITION, scope.partition.id()))
            })
            .collect();
        let vendor_defect = document == PolicyDocument::ControllersEks
            && ACTIONS_ON_WRONG_RESOURCES.contains(&action)
            && resources.iter().all(|resource| resource != "*");
        let simulated =
            SimulatedAction { action, resources: resources.clone(), document, vendor_defect };
        match requests.iter_mut().find(|request| {
            request.resources == resources && can_share_request(&request.context, &context)
        }) {
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

/// Returns `true` if the entries of two contexts can be in one request: the contexts are equal, or
/// have no condition key in common. An empty context is never combined with another context: a
/// policy could then allow an action only because of an entry that its document does not need.
fn can_share_request(one: &[ContextEntry], other: &[ContextEntry]) -> bool {
    one == other
        || (!one.is_empty()
            && !other.is_empty()
            && one.iter().all(|a| other.iter().all(|b| a.key != b.key)))
}

/// Returns a context entry with a value that satisfies the condition. Replaces each `*` in the
/// value with a sample name.
fn to_satisfying_entry(condition: &Condition<'static>) -> Option<ContextEntry> {
    let values = condition.values.first().map(|pattern| pattern.replace('*', sample::SAMPLE_NAME));
    let list = condition.operator.starts_with("For");
    values.map(|value| ContextEntry { key: condition.key, values: vec![value], list })
}

/// Removes each action on single resources that another request contains for `*` without a context:
/// an action that is allowed on `*` is also allowed on single resources.
fn remove_implied_actions(requests: &mut Vec<SimulationRequest>) {
    let unrestricted: Vec<_> = requests
        .iter()
        .filter(|request| request.context.is_empty() && request.resources == ["*"])
        .flat_map(SimulationRequest::actions)
        .collect();
    for request in &mut *requests {
        if !(request.context.is_empty() && request.resources == ["*"]) {
            request.actions.retain(|simulated| !unrestricted.contains(&simulated.action));
        }
    }
    requests.retain(|request| !request.actions.is_empty());
}

/// Merges requests that are about single resources and have the same context, so that there are
/// fewer calls. A request for `*` is not merged, because IAM returns its result without a resource.
fn merge_requests(requests: Vec<SimulationRequest>) -> Vec<SimulationRequest> {
    let mut merged: Vec<SimulationRequest> = Vec::new();
    for request in requests {
        let is_mergeable = |other: &&mut SimulationRequest| {
            let has_wildcard = |resources: &[String]| resources.iter().any(|one| one == "*");
            other.context == request.context
                && !has_wildcard(&other.resources)
                && !has_wildcard(&request.resources)
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

/// Splits a request into requests with about the same number of actions, each at most
/// [`MAX_ACTIONS_PER_CALL`]. Gangway sends them at the same time, so the longest one determines the
/// duration.
fn split_into_calls(request: SimulationRequest) -> Vec<SimulationRequest> {
    let SimulationRequest { actions, resources, context } = request;
    let calls = actions.len().div_ceil(MAX_ACTIONS_PER_CALL).max(1);
    actions
        .chunks(actions.len().div_ceil(calls).max(1))
        .map(|chunk| SimulationRequest {
            actions: chunk.to_vec(),
            resources: resources.clone(),
            context: context.clone(),
        })
        .collect()
}
