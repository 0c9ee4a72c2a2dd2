//! Registers accounts as resources of CloudFormation stacks (`Custom::GangwayAccount`).
//!
//! A stack in an AWS account publishes its requests to an SNS topic of Gangway's stack. An SQS
//! queue receives the requests, and the function sends the responses to CloudFormation.
//! `docs/consistency.md` describes how the function handles messages that arrive twice, late or out
//! of order.

mod config;
mod handler;
mod properties;
mod record;
mod register;
mod remove;
mod request;
mod response;

pub use handler::ResourceHandler;
