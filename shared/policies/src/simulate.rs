//! What to ask IAM's simulator, so that its answer is that of the real calls (C07).

mod sample;
#[cfg(test)]
mod tests;

use gangway_model::{AccountId, Partition, PermissionProfile};

use crate::{
    document::{PARTITION, PolicyDocument, documents_for},
    statement::{Condition, Statement, statements},
};

/// One call of `SimulatePrincipalPolicy`: every action is to be allowed on every resource. At most 100 actions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SimulationRequest {
    /// The actions, no action twice.
    pub asks: Vec<SimulatedAction>,
    /// ARNs without wildcards, or `*` alone.
    pub resources: Vec<String>,
    /// What the documents' conditions look at. The caller adds `aws:RequestedRegion`.
    pub context: Vec<ContextEntry>,
}

/// An action, and why it is asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SimulatedAction {
    /// `<service>:<operation>`.
    pub action: &'static str,
    /// The first document of the profile that allows it: the one to attach if it is denied.
    pub document: PolicyDocument,
    /// The published document names a resource that this action does not have, so a denial is no fault of the customer's.
    pub vendor_defect: bool,
}

/// A condition key with a value that satisfies the document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ContextEntry {
    /// As the document spells it.
    pub key: &'static str,
    /// The values.
    pub values: Vec<String>,
    /// Whether the key holds a list (`stringList`) and not one text (`string`).
    pub list: bool,
}

/// Most actions that one call may hold.
const MAX_CONTEXT_VALUE: usize = 100;

/// In published documents, yet unknown to IAM: always denied, whatever the policy.
pub(crate) const UNKNOWN_TO_IAM: &[&str] = &["ecr:ListRepositories"];

/// Allowed by the EKS document on clusters and node groups only, which these do not act on.
const MISPLACED: &[&str] = &[
    "eks:CreateCluster",
    "eks:DescribeIdentityProviderConfig",
    "eks:DisassociateIdentityProviderConfig",
    "eks:ListClusters",
];

impl SimulationRequest {
    /// The actions' names.
    pub fn actions(&self) -> impl Iterator<Item = &'static str> {
        self.asks.iter().map(|ask| ask.action)
    }
}

/// Everything to ask about an identity that is to have a profile, in as few calls as the rules of simulation allow.
pub fn simulation_requests(
    profile: PermissionProfile,
    partition: Partition,
    account: AccountId,
    region: &str,
) -> Vec<SimulationRequest> {
    let place = sample::Place { partition, account, region };
    let mut requests = Vec::new();
    for document in documents_for(profile) {
        for statement in statements(document.template()) {
            if statement.allows() {
                add_action(&mut requests, *document, statement, &place);
            }
        }
    }
    remove_implied_actions(&mut requests);
    requests.into_iter().flat_map(split_in_calls).collect()
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
        let ask = SimulatedAction { action, document, vendor_defect };
        match requests.iter_mut().find(|question| {
            question.resources == resources && may_share(&question.context, &context)
        }) {
            Some(question) => {
                if question.actions().all(|known| known != action) {
                    question.asks.push(ask);
                }
                for entry in &context {
                    if !question.context.contains(entry) {
                        question.context.push(entry.clone());
                    }
                }
            }
            None => {
                requests.push(SimulationRequest {
                    asks: vec![ask],
                    resources,
                    context: context.clone(),
                });
            }
        }
    }
}

/// Context may be shared where it is equal or about other keys. Never with none: that would ask for less than the document allows.
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

/// What is allowed on `*` without a condition is allowed on every resource.
fn remove_implied_actions(requests: &mut Vec<SimulationRequest>) {
    let broad: Vec<_> = requests
        .iter()
        .filter(|question| question.context.is_empty() && question.resources == ["*"])
        .flat_map(SimulationRequest::actions)
        .collect();
    for question in &mut *requests {
        if !(question.context.is_empty() && question.resources == ["*"]) {
            question.asks.retain(|ask| !broad.contains(&ask.action));
        }
    }
    requests.retain(|question| !question.asks.is_empty());
}

/// Parts as equal as they can be: the longest call is the one that everything waits for.
fn split_in_calls(question: SimulationRequest) -> Vec<SimulationRequest> {
    let SimulationRequest { asks, resources, context } = question;
    let calls = asks.len().div_ceil(MAX_CONTEXT_VALUE).max(1);
    asks.chunks(asks.len().div_ceil(calls).max(1))
        .map(|asks| SimulationRequest {
            asks: asks.to_vec(),
            resources: resources.clone(),
            context: context.clone(),
        })
        .collect()
}
