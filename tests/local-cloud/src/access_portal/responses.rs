//! Builds the responses of a portal.

use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::{faults::Effect, server::Response};

pub(super) fn build_response(status: u16, content_type: &str, body: &str) -> Response {
    let mut response = Response::new(body.as_bytes().to_vec());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    if let Ok(content_type) = HeaderValue::from_str(content_type) {
        response.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    response
}

pub(super) fn build_json_response(status: u16, body: &Value) -> Response {
    build_response(status, "application/json", &body.to_string())
}

/// Returns the login page for unauthenticated clients.
pub(super) fn build_login_page() -> Response {
    let page = "<!DOCTYPE html>\n<html><head><title>Access Portal</title></head>\
        <body><h1>Select a certificate</h1><p>You could not be authenticated.</p></body></html>\n";
    build_response(200, "text/html; charset=utf-8", page)
}

/// Returns the error page for an unknown path.
pub(super) fn build_not_found_page() -> Response {
    build_response(
        404,
        "text/html; charset=utf-8",
        "<html><body><h1>404 Not Found</h1></body></html>\n",
    )
}

/// Returns the portal's error response for an injected fault.
pub(super) fn injected_error(effect: Effect) -> Response {
    let status = match effect {
        Effect::Throttle => 429,
        Effect::InternalError => 500,
        Effect::Unavailable
        | Effect::AwsError { .. }
        | Effect::NoResponse
        | Effect::HtmlPage
        | Effect::DisconnectBefore
        | Effect::DisconnectAfter
        | Effect::Echo(_)
        | Effect::Delay(_)
        | Effect::StaleReads(_) => 503,
    };
    build_json_response(
        status,
        &json!({"status": status, "message": "The service is not available"}),
    )
}
