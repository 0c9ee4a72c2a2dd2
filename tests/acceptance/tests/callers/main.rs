//! Callers, each with its own role, and an API Gateway that requires signatures and evaluates IAM
//! policies by HTTP method and path.

mod audit;
mod client;
mod scopes;
