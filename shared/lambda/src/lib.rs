//! AWS Lambda entry point of every function: decodes payloads, routes requests, encodes responses,
//! and writes logs and metrics.

mod account_spec;
mod api_error;
mod arns;
mod credentials;
mod event;
mod fields;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod invocation;
mod json;
mod logs;
mod metrics;
mod outcome_event;
mod panics;
mod problem;
mod publisher;
mod queue;
mod record;
mod report_json;
mod request;
mod response;
mod rotation;
mod route;
mod run;
mod schedule;

#[cfg(test)]
mod samples;

pub use api_error::ApiError;
pub use credentials::PortalAccess;
pub use fields::Fields;
pub use http::Method;
pub use lambda_runtime::Error;
pub use metrics::write_metric;
pub use outcome_event::{AccountOperation, EventAccount, OutcomeEvent};
pub use publisher::Publisher;
pub use queue::{Disposition, MessageResult, SqsMessage};
pub use report_json::report_json;
pub use request::{Request, Trigger};
pub use response::Response;
pub use rotation::SecretRotationEvent;
pub use route::Route;
pub use run::{Function, run};
