//! Evaluates policies for one call: an explicit deny overrides every allow.
use std::collections::BTreeSet;

use super::Context;
use super::document::{Actions, Document, Patterns, Statement};
use super::pattern::Pattern;

/// The call to evaluate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PolicyQuery<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) context: &'a Context,
}

/// A policy document with its id and type.
#[derive(Debug, Clone)]
pub(crate) struct NamedDocument<'a> {
    pub(crate) id: String,
    /// Type as in `SimulatePrincipalPolicy`: `user`, `group`, `role`, `aws-managed` or
    /// `user-managed`.
    pub(crate) kind: &'static str,
    pub(crate) document: &'a Document,
}

/// Result of an evaluation; the strictest is last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Allowed,
    ImplicitDeny,
    ExplicitDeny,
}

/// Result of an evaluation with the deciding statements.
#[derive(Debug, Clone)]
pub(crate) struct PolicyEvaluation {
    pub(crate) outcome: Outcome,
    /// Id and type of each document with a deciding statement.
    pub(crate) matched: Vec<(String, &'static str)>,
    /// `Sid`s of the deciding statements.
    pub(crate) sids: Vec<String>,
    /// Condition keys that statements use and the call lacks.
    pub(crate) missing: BTreeSet<String>,
}

/// Evaluates documents. Principals are ignored.
pub(crate) fn evaluate(
    documents: &[NamedDocument<'_>],
    query: PolicyQuery<'_>,
) -> PolicyEvaluation {
    let all = documents.iter().flat_map(|named| {
        named
            .document
            .statements
            .iter()
            .map(move |statement| (named.id.as_str(), named.kind, statement))
    });
    evaluate_statements(all, query)
}

/// Evaluates statements, each with the id and type of its document.
pub(crate) fn evaluate_statements<'a>(
    statements: impl Iterator<Item = (&'a str, &'static str, &'a Statement)>,
    query: PolicyQuery<'_>,
) -> PolicyEvaluation {
    let mut missing = BTreeSet::new();
    let (mut allowing, mut denying) = (Vec::new(), Vec::new());
    for (id, kind, statement) in statements {
        if applies(statement, query, &mut missing) {
            let side = if statement.allows { &mut allowing } else { &mut denying };
            side.push(((id.to_owned(), kind), statement.sid.clone()));
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

fn applies(statement: &Statement, query: PolicyQuery<'_>, missing: &mut BTreeSet<String>) -> bool {
    let context = query.context;
    let action = query.action.to_ascii_lowercase();
    let action_fits = |pattern: &String| {
        Pattern::parse(pattern, context).is_some_and(|pattern| pattern.matches(&action))
    };
    let resource_fits = |pattern: &String| {
        pattern == "*"
            || Pattern::parse(pattern, context)
                .is_some_and(|pattern| pattern.matches_arn(query.resource))
    };
    let actions_fit = |actions: &Actions| {
        (actions.exact.contains(&action) || actions.patterns.iter().any(action_fits))
            != actions.negated
    };
    let resources_fit =
        |resources: &Patterns| resources.patterns.iter().any(resource_fits) != resources.negated;
    actions_fit(&statement.actions)
        && statement.resources.as_ref().is_none_or(resources_fit)
        // All conditions are evaluated, so that every missing key is reported.
        && statement.conditions.iter().filter(|condition| !condition.is_met(context, missing)).count() == 0
}
