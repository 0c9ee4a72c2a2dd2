//! Parses and evaluates IAM policies.
mod condition;
mod context;
mod document;
mod evaluate;
mod pattern;
#[cfg(test)]
mod tests;

pub(crate) use context::Context;
pub(crate) use document::{Document, DocumentKind, Principals};
pub(crate) use evaluate::{
    NamedDocument, Outcome, PolicyEvaluation, PolicyQuery, evaluate, evaluate_statements,
};
