//! What a set of documents says about one call: a deny wins, an allow must be found.
use std::collections::BTreeSet;

use super::Context;
use super::document::{Document, Patterns, Statement};
use super::pattern::Pattern;

/// The call in question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PolicyQuery<'a> {
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) context: &'a Context,
}

/// A document, and what it is called.
#[derive(Debug, Clone)]
pub(crate) struct NamedDocument<'a> {
    pub(crate) id: String,
    /// As `SimulatePrincipalPolicy` calls it: `user`, `group`, `role`, `aws-managed`, `user-managed`.
    pub(crate) kind: &'static str,
    pub(crate) document: &'a Document,
}

/// The three answers, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Allowed,
    ImplicitDeny,
    ExplicitDeny,
}

/// An answer and why.
#[derive(Debug, Clone)]
pub(crate) struct PolicyEvaluation {
    pub(crate) outcome: Outcome,
    /// Name and kind of each document with a statement that applied and decided.
    pub(crate) matched: Vec<(String, &'static str)>,
    /// The ids of those statements.
    pub(crate) sids: Vec<String>,
    /// Condition keys that statements asked for and the call lacks.
    pub(crate) missing: BTreeSet<String>,
}

/// Judges a call by documents. Principals are not looked at.
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

/// Judges a call by statements, each with the name and kind of its document.
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
    let fits = |patterns: &Patterns, fit: &dyn Fn(&str) -> bool| {
        patterns.list.iter().any(|pattern| fit(pattern)) != patterns.negated
    };
    let action_fits = |pattern: &str| {
        // Most actions are named in full, and there are thousands of them to compare.
        if !pattern.contains(['*', '?', '$']) {
            return pattern.eq_ignore_ascii_case(query.action);
        }
        Pattern::read(&pattern.to_ascii_lowercase(), context)
            .is_some_and(|pattern| pattern.fits(&action))
    };
    let resource_fits = |pattern: &str| {
        pattern == "*"
            || Pattern::read(pattern, context)
                .is_some_and(|pattern| pattern.matches_arn(query.resource))
    };
    fits(&statement.actions, &action_fits)
        && statement.resources.as_ref().is_none_or(|resources| fits(resources, &resource_fits))
        // Every condition is looked at, so that every missing key is named.
        && statement.conditions.iter().filter(|condition| !condition.holds(context, missing)).count() == 0
}
