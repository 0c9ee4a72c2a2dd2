//! Palette's IAM policy documents as data, the assessment of trust policies, and requests to IAM's
//! policy simulator.

pub mod cloudformation;
mod compare;
mod document;
mod escalation;
pub mod pod_identity;
pub mod simulate;
mod statement;
pub mod trust;
mod wildcard;

pub use compare::{is_equivalent, missing_actions};
pub use document::{PolicyDocument, documents_for, required_documents};
pub use escalation::privilege_escalation_notices;
pub use trust::trust_policy;
