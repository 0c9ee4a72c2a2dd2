//! Error responses of the Kubernetes API, which are objects of kind `Status`.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::token::Identity;
use crate::faults::Effect;
use crate::server::Response;

/// An error of the Kubernetes API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StatusError {
    status: u16,
    reason: &'static str,
    message: String,
}

impl StatusError {
    fn new(status: u16, reason: &'static str, message: impl Into<String>) -> StatusError {
        StatusError { status, reason, message: message.into() }
    }

    pub(super) fn unauthorized() -> StatusError {
        StatusError::new(401, "Unauthorized", "Unauthorized")
    }

    /// Returns the error for a caller without the RBAC permission. An empty `name` means all
    /// objects of the resource.
    pub(super) fn forbidden(
        identity: &Identity,
        verb: &str,
        resource: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> StatusError {
        let user = match identity {
            Identity::Anonymous => "system:anonymous",
            Identity::Principal { session, .. } => session,
        };
        let place = namespace.map_or_else(
            || "at the cluster scope".to_owned(),
            |namespace| format!("in the namespace \"{namespace}\""),
        );
        let quoted_name = if name.is_empty() { String::new() } else { format!(" \"{name}\"") };
        let message = format!(
            "{resource}{quoted_name} is forbidden: User \"{user}\" cannot {verb} \
             resource \"{resource}\" in API group \"\" {place}"
        );
        StatusError::new(403, "Forbidden", message)
    }

    pub(super) fn not_found(resource: &str, name: &str) -> StatusError {
        StatusError::new(404, "NotFound", format!("{resource} \"{name}\" not found"))
    }

    pub(super) fn unknown_resource() -> StatusError {
        StatusError::new(404, "NotFound", "the server could not find the requested resource")
    }

    pub(super) fn already_exists(resource: &str, name: &str) -> StatusError {
        StatusError::new(409, "AlreadyExists", format!("{resource} \"{name}\" already exists"))
    }

    pub(super) fn bad_request(message: impl Into<String>) -> StatusError {
        StatusError::new(400, "BadRequest", message)
    }

    pub(super) fn invalid(message: impl Into<String>) -> StatusError {
        StatusError::new(422, "Invalid", message)
    }

    pub(super) fn method_not_allowed() -> StatusError {
        let message = "the server does not allow this method on the requested resource";
        StatusError::new(405, "MethodNotAllowed", message)
    }

    /// Returns the error response of the Kubernetes API for an injected fault.
    pub(super) fn injected_error(effect: Effect) -> Response {
        let error = match effect {
            Effect::Throttle => {
                let message =
                    "the server has received too many requests and has asked us to try again later";
                StatusError::new(429, "TooManyRequests", message)
            }
            Effect::Unavailable => {
                let message = "the server is currently unable to handle the request";
                StatusError::new(503, "ServiceUnavailable", message)
            }
            Effect::InternalError
            | Effect::AwsError { .. }
            | Effect::NoResponse
            | Effect::HtmlPage
            | Effect::DisconnectBefore
            | Effect::DisconnectAfter
            | Effect::Echo(_)
            | Effect::Delay(_)
            | Effect::StaleReads(_) => StatusError::new(
                500,
                "InternalError",
                "an error on the server has prevented the request from succeeding",
            ),
        };
        error.to_response()
    }

    pub(super) fn to_response(&self) -> Response {
        let body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.status,
        });
        build_json_response(self.status, &body)
    }
}

/// Builds a response with a JSON body.
pub(super) fn build_json_response(status: u16, body: &Value) -> Response {
    let mut response = Response::new(body.to_string().into_bytes());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
