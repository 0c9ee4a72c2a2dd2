//! The way in and out: one request, whichever trigger it came by; one answer, in that trigger's terms.
//!
//! The only crate that knows Lambda, HTTP status codes or EventBridge.

mod account_spec;
mod api_error;
mod arns;
mod credentials;
mod fields;
pub mod fuzzing;
mod invocation;
mod json;
mod logs;
mod metrics;
mod panics;
mod partition;
mod problem;
mod query;
mod queue;
mod request;
mod response;
mod route;
mod schedule;
mod stdout;
mod trigger;
mod wire;

#[cfg(test)]
mod bad_input_tests;
#[cfg(test)]
mod samples;

pub use api_error::ApiError;
pub use fields::JsonFields;
pub use invocation::run_http;
pub use lambda_runtime::Error;
pub use query::Query;
pub use queue::{Disposition, MessageResult, SqsMessage, run_sqs};
pub use request::{Request, Trigger};
pub use response::Response;
pub use route::HttpMethod;
pub use schedule::run_scheduled;

/// Sets up logs, and what a panic may say. Once, before anything else.
pub fn init_telemetry() {
    logs::start();
    panics::install_hook();
}
