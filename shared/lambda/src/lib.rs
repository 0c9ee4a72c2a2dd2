//! The way in and out: one request, whichever trigger it came by; one answer, in that trigger's terms.
//!
//! The only crate that knows Lambda, HTTP status codes or EventBridge.

mod answer;
mod arns;
mod credentials;
mod invocation;
mod json;
mod logs;
mod members;
mod metrics;
pub mod outside;
mod panics;
mod partition;
mod problem;
mod query;
mod queue;
mod rejection;
mod request;
mod route;
mod schedule;
mod settings;
mod stdout;
mod trigger;
mod wire;

#[cfg(test)]
mod bad_input_tests;
#[cfg(test)]
mod samples;

pub use answer::Reply;
pub use invocation::serve;
pub use lambda_runtime::Error;
pub use members::Members;
pub use query::Query;
pub use queue::{Message, Verdict, Worked, serve_queue};
pub use rejection::Rejection;
pub use request::{Origin, Request};
pub use route::Verb;
pub use schedule::serve_schedule;

/// Sets up logs, and what a panic may say. Once, before anything else.
pub fn start() {
    logs::start();
    panics::start();
}
