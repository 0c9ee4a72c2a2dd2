//! Evaluates policies for a call. A statement that denies the call overrides all statements that
//! allow it.
use std::collections::BTreeSet;

use super::Context;
use super::document::{Actions, Document, Patterns, Statement};
use super::pattern::Pattern;

/// The question whether policies allow an action on a resource, in a call with these condition
/// keys.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PolicyQuery<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) context: &'a Context,
}

/// A policy document with the id and the type of its policy.
#[derive(Debug, Clone)]
pub(crate) struct NamedDocument<'a> {
    pub(crate) id: String,
    /// The type of the policy, as `SimulatePrincipalPolicy` returns it: for example `user`,
    /// `group`, `role`, `aws-managed` or `user-managed`.
    pub(crate) kind: &'static str,
    pub(crate) document: &'a Document,
}

/// What policies decide about a call. The order is from the least to the most strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Allowed,
    /// No statement allows the call.
    ImplicitDeny,
    /// A statement denies the call.
    ExplicitDeny,
}

/// The result of an evaluation, with the statements that determine it.
#[derive(Debug, Clone)]
pub(crate) struct PolicyEvaluation {
    pub(crate) outcome: Outcome,
    /// For each statement that determines the result: id and type of its policy.
    pub(crate) matched: Vec<(String, &'static str)>,
    /// For each statement that determines the result: its `Sid`.
    pub(crate) sids: Vec<String>,
    /// Condition keys that applicable statements use, and that the call does not have.
    pub(crate) missing: BTreeSet<String>,
}

/// Evaluates policy documents for a call. The principals of their statements are ignored.
pub(crate) fn evaluate(
    documents: &[NamedDocument<'_>],
    query: PolicyQuery<'_>,
) -> PolicyEvaluation {
    let statements = documents.iter().flat_map(|named| {
        named
            .document
            .statements
            .iter()
            .map(move |statement| (named.id.as_str(), named.kind, statement))
    });
    evaluate_statements(statements, query)
}

/// Evaluates statements for a call, each with the id and the type of its policy. The principals of
/// the statements are ignored.
pub(crate) fn evaluate_statements<'a>(
    statements: impl Iterator<Item = (&'a str, &'static str, &'a Statement)>,
    query: PolicyQuery<'_>,
) -> PolicyEvaluation {
    let mut missing = BTreeSet::new();
    let (mut allowing, mut denying) = (Vec::new(), Vec::new());
    for (id, kind, statement) in statements {
        if is_applicable(statement, query, &mut missing) {
            let applicable = if statement.allows { &mut allowing } else { &mut denying };
            applicable.push(((id.to_owned(), kind), statement.sid.clone()));
        }
    }
    let (outcome, matched) = match (denying.is_empty(), allowing.is_empty()) {
        (false, _) => (Outcome::ExplicitDeny, denying),
        (true, false) => (Outcome::Allowed, allowing),
        (true, true) => (Outcome::ImplicitDeny, Vec::new()),
    };
    let (matched, sids) = matched.into_iter().unzip();
    PolicyEvaluation { outcome, matched, sids, missing }
}

/// Returns `true` if actions, resources and conditions of a statement match a call. Condition keys
/// that the call does not have are added to `missing`.
fn is_applicable(
    statement: &Statement,
    query: PolicyQuery<'_>,
    missing: &mut BTreeSet<String>,
) -> bool {
    let context = query.context;
    let action = query.action.to_ascii_lowercase();
    let matches_action = |pattern: &String| {
        Pattern::parse(pattern, context).is_some_and(|pattern| pattern.matches(&action))
    };
    let matches_resource = |pattern: &String| {
        pattern == "*"
            || Pattern::parse(pattern, context)
                .is_some_and(|pattern| pattern.matches_arn(query.resource))
    };
    let has_action = |actions: &Actions| {
        (actions.exact.contains(&action) || actions.patterns.iter().any(matches_action))
            != actions.negated
    };
    let has_resource =
        |resources: &Patterns| resources.patterns.iter().any(matches_resource) != resources.negated;
    has_action(&statement.actions)
        && statement.resources.as_ref().is_none_or(has_resource)
        // `count` evaluates all conditions, so that every missing key is reported.
        && statement.conditions.iter().filter(|condition| !condition.is_met(context, missing)).count() == 0
}
