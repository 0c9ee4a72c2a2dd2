//! What to ask IAM's simulator, so that its answer is that of the real calls (C07).

mod sample;
#[cfg(test)]
mod tests;

use gangway_model::{AccountId, Partition, PermissionProfile};

use crate::{
    document::{Document, PARTITION, of},
    statement::{Condition, Statement, statements},
};

/// One call of `SimulatePrincipalPolicy`: every action is to be allowed on every resource. At most 100 actions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Question {
    /// The actions, no action twice.
    pub asks: Vec<Ask>,
    /// ARNs without wildcards, or `*` alone.
    pub resources: Vec<String>,
    /// What the documents' conditions look at. The caller adds `aws:RequestedRegion`.
    pub context: Vec<ContextEntry>,
}

/// An action, and why it is asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ask {
    /// `<service>:<operation>`.
    pub action: &'static str,
    /// The first document of the profile that allows it: the one to attach if it is denied.
    pub document: Document,
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
const LONGEST: usize = 100;

/// In published documents, yet unknown to IAM: always denied, whatever the policy.
pub(crate) const UNKNOWN_TO_IAM: &[&str] = &["ecr:ListRepositories"];

/// Allowed by the EKS document on clusters and node groups only, which these do not act on.
const MISPLACED: &[&str] = &[
    "eks:CreateCluster",
    "eks:DescribeIdentityProviderConfig",
    "eks:DisassociateIdentityProviderConfig",
    "eks:ListClusters",
];

impl Question {
    /// The actions' names.
    pub fn actions(&self) -> impl Iterator<Item = &'static str> {
        self.asks.iter().map(|ask| ask.action)
    }
}

/// Everything to ask about an identity that is to have a profile, in as few calls as the rules of simulation allow.
pub fn questions(
    profile: PermissionProfile,
    partition: Partition,
    account: AccountId,
    region: &str,
) -> Vec<Question> {
    let place = sample::Place { partition, account, region };
    let mut questions = Vec::new();
    for document in of(profile) {
        for statement in statements(document.neutral()) {
            if statement.allows() {
                put(&mut questions, *document, statement, &place);
            }
        }
    }
    leave_out_what_is_implied(&mut questions);
    questions.into_iter().flat_map(in_calls).collect()
}

fn put(
    questions: &mut Vec<Question>,
    document: Document,
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
        let vendor_defect = document == Document::ControllersEks
            && MISPLACED.contains(&action)
            && resources.iter().all(|resource| resource != "*");
        let ask = Ask { action, document, vendor_defect };
        match questions.iter_mut().find(|question| {
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
                questions.push(Question { asks: vec![ask], resources, context: context.clone() });
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
fn leave_out_what_is_implied(questions: &mut Vec<Question>) {
    let broad: Vec<_> = questions
        .iter()
        .filter(|question| question.context.is_empty() && question.resources == ["*"])
        .flat_map(Question::actions)
        .collect();
    for question in &mut *questions {
        if !(question.context.is_empty() && question.resources == ["*"]) {
            question.asks.retain(|ask| !broad.contains(&ask.action));
        }
    }
    questions.retain(|question| !question.asks.is_empty());
}

/// Parts as equal as they can be: the longest call is the one that everything waits for.
fn in_calls(question: Question) -> Vec<Question> {
    let Question { asks, resources, context } = question;
    let calls = asks.len().div_ceil(LONGEST).max(1);
    asks.chunks(asks.len().div_ceil(calls).max(1))
        .map(|asks| Question {
            asks: asks.to_vec(),
            resources: resources.clone(),
            context: context.clone(),
        })
        .collect()
}
