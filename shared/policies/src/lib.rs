//! IAM documents as data: what Palette needs, what a role's trust says, what to ask IAM's simulator.

pub mod cloudformation;
mod compare;
mod document;
mod escalation;
mod pattern;
pub mod pods;
pub mod simulate;
mod statement;
pub mod trust;

pub use compare::{missing_actions, same};
pub use document::{Document, of};
pub use escalation::escalations;
pub use trust::policy as trust_policy;
