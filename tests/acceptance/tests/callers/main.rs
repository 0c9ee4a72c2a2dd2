//! Callers, each with its own role, and an API Gateway that requires signatures and evaluates IAM
//! policies by HTTP method and path.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test program")]

mod audit;
mod client;
mod scopes;
