//! AWS: accounts in every partition, and the services that the functions and Palette call.
use std::sync::Arc;

use http::StatusCode;

use crate::clock::Clock;
use crate::cloud::Parts;
use crate::faults::Effect;
use crate::server::{Request, Response};

/// All of AWS.
#[derive(Debug)]
pub struct Aws {}

impl Aws {
    pub(crate) fn new(_clock: Arc<Clock>, _seed: u64) -> Aws {
        Aws {}
    }
}

/// Service and operation of a call, as the log and the faults name them.
pub(crate) fn operation(_request: &Request) -> (String, String) {
    ("unknown".to_owned(), "unknown".to_owned())
}

/// The answer to a throttle or an outage, in the service's own format.
pub(crate) fn broken(_service: &str, _effect: Effect) -> Response {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

/// Serves one call.
pub(crate) fn handle(_cloud: &Parts, _request: &Request) -> Response {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
    response
}
