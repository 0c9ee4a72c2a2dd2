//! Palette: not built yet.
use std::sync::Arc;

use http::StatusCode;

use crate::cloud::Parts;
use crate::faults::Effect;
use crate::server::{Request, Response};

/// What Palette knows.
#[derive(Debug, Default)]
pub struct State {}

/// How the log and the faults name a call: `GET /v1/cloudaccounts/aws/{uid}`.
pub(crate) fn operation(request: &Request) -> String {
    format!("{} {}", request.method(), request.uri().path())
}

/// The answer to a throttle or an outage, in Palette's own error format.
pub(crate) fn broken(_effect: Effect) -> Response {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

/// Serves one call. The answer's extensions carry `server::Principal`.
#[expect(clippy::unused_async, reason = "it will call STS, as the real one does")]
pub(crate) async fn handle(_cloud: &Arc<Parts>, _request: Request) -> Response {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
    response
}
