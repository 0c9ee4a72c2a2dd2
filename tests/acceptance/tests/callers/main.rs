//! Callers with roles of their own, behind an API Gateway that demands signatures and judges IAM
//! policies by HTTP method and path.

mod client;
mod scopes;
