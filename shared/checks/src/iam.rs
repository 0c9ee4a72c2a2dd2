//! Checks of an AWS account: the caller's identity, and IAM's users, roles and policies.

mod attached_policies;
pub mod grants;
pub mod iam_role;
pub mod identity;
pub mod keys;
pub mod permissions;
pub mod policy_arns;
mod policy_content;
pub mod session;
mod simulation;
mod simulation_findings;
