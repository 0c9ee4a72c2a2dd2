//! Registers accounts as resources of CloudFormation stacks (`Custom::GangwayAccount`).
//!
//! A stack in an AWS account publishes its requests to a topic of Gangway's stack, a queue takes them
//! from there, and the answers go to CloudFormation. `docs/consistency.md` describes how Palette ends up
//! with exactly what the stacks say, although messages are delivered twice, late or out of order.

mod config;
mod handler;
mod properties;
mod record;
mod register;
mod remove;
mod request;
mod response;

pub use handler::ResourceHandler;
