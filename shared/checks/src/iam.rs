//! Findings about an AWS account that several functions need.

mod attached;
mod content;
pub mod grants;
pub mod identity;
pub mod keys;
pub mod permissions;
pub mod policy_arns;
pub mod role;
pub mod session;
mod simulation;
mod verdict;
