//! Checks the identity of credentials, and the users, roles and policies of IAM.

pub mod access_key;
mod attached_policies;
pub mod caller;
pub mod grants;
pub mod iam_role;
pub mod key_rotation;
pub mod permissions;
pub mod policy_arns;
pub(crate) mod policy_content;
pub mod portal_caller;
pub mod scope_tag;
mod simulation;
mod simulation_findings;
pub mod trust_policy;
