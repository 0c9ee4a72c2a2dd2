//! IAM's policy language: documents, how they are read, and what they say about a call.
mod condition;
mod context;
mod document;
mod evaluate;
mod pattern;
#[cfg(test)]
mod tests;

pub(crate) use context::Context;
pub(crate) use document::{Document, Kind, Principals};
pub(crate) use evaluate::{Named, Outcome, Query, Verdict, evaluate, evaluate_statements};
