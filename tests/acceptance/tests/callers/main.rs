//! Tests with several callers, each with its own role. The API Gateway of these tests requires
//! signed requests and evaluates IAM policies by HTTP method and path.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test program")]

mod audit;
mod client;
mod scopes;
