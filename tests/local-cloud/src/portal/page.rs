//! What a portal answers with.

use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::{faults::Effect, server::Response};

pub(super) fn response(status: u16, content_type: &str, body: &str) -> Response {
    let mut response = Response::new(body.as_bytes().to_vec());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    if let Ok(content_type) = HeaderValue::from_str(content_type) {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    response
}

pub(super) fn json_response(status: u16, body: &Value) -> Response {
    response(status, "application/json", &body.to_string())
}

/// For whoever is not recognised.
pub(super) fn login_page() -> Response {
    let page = "<!DOCTYPE html>\n<html><head><title>Access Portal</title></head>\
        <body><h1>Select a certificate</h1><p>You could not be authenticated.</p></body></html>\n";
    response(200, "text/html; charset=utf-8", page)
}

/// For a path that leads nowhere.
pub(super) fn not_found() -> Response {
    response(404, "text/html; charset=utf-8", "<html><body><h1>404 Not Found</h1></body></html>\n")
}

/// An outage or a throttle.
pub(super) fn injected_error(effect: Effect) -> Response {
    let status = match effect {
        Effect::Throttle => 429,
        Effect::InternalError => 500,
        Effect::Unavailable
        | Effect::NeverAnswer
        | Effect::Garbage
        | Effect::CutBefore
        | Effect::CutAfter
        | Effect::Echo(_)
        | Effect::Delay(_)
        | Effect::Stale(_) => 503,
    };
    json_response(status, &json!({"status": status, "message": "The service is not available"}))
}
