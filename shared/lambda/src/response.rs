//! Encodes the outcome of a request: an HTTP response for API Gateway, or success or failure of an
//! asynchronous invocation.

use aws_lambda_events::{apigw::ApiGatewayProxyResponse, encodings::Body};
use gangway_model::{
    CloudAccount, Receipt, RegistrationError, Report, RequestOrigin, UpsertOutcome,
};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
};
use lambda_runtime::Diagnostic;
use serde::Serialize;
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use crate::{
    ApiError, Trigger,
    problem::Problem,
    report_json::{ReceiptJson, ReportJson, outcome_id},
};

/// A successful outcome of a request.
#[derive(Debug)]
pub enum Response {
    Report(Report),
    Receipt(Box<Receipt>),
    Json(Value),
    /// The description of work that was started and is not done yet (status 202).
    Accepted(Value),
    /// A JSON document that is compiled into the function.
    Static(&'static str),
    /// Success without a body (status 204).
    Deleted {
        /// The account, for the log and the outcome event. `None` if Palette no longer had the
        /// account, and only its secret was removed.
        account: Option<Box<CloudAccount>>,
    },
}

impl From<Report> for Response {
    fn from(report: Report) -> Self {
        Self::Report(report)
    }
}

impl From<Box<Receipt>> for Response {
    fn from(receipt: Box<Receipt>) -> Self {
        Self::Receipt(receipt)
    }
}

/// The response to an event that was rejected. A retry of the event would not succeed.
#[derive(Serialize)]
struct RejectedEventResponse<'a> {
    outcome: &'static str,
    problem: Problem<'a>,
}

impl Response {
    /// Returns the identifier of the outcome, for logs and metrics.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Report(report) => match report.readiness() {
                Some(true) => "ready",
                Some(false) => "not-ready",
                None => "not-proven",
            },
            Self::Receipt(receipt) => outcome_id(receipt.outcome),
            Self::Json(_) | Self::Static(_) => "shown",
            Self::Accepted(_) => "accepted",
            Self::Deleted { .. } => "removed",
        }
    }

    /// Returns the HTTP status.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Receipt(receipt) if receipt.outcome == UpsertOutcome::Created => 201,
            Self::Report(_) | Self::Receipt(_) | Self::Json(_) | Self::Static(_) => 200,
            Self::Accepted(_) => 202,
            Self::Deleted { .. } => 204,
        }
    }

    /// Returns the body of the HTTP response. The OpenAPI document shows it as an example.
    pub fn body(&self) -> Value {
        serde_json::from_str(self.json().get()).unwrap_or_default()
    }

    /// Returns the body as JSON text. It is `null` for a response without a body.
    fn json(&self) -> Box<RawValue> {
        match self {
            Self::Report(report) => to_json(&ReportJson::from(report)),
            Self::Receipt(receipt) => to_json(&ReceiptJson::from(receipt.as_ref())),
            Self::Json(json) | Self::Accepted(json) => to_json(json),
            Self::Static(json) => RawValue::from_string((*json).to_owned())
                .unwrap_or_else(|_never| RawValue::NULL.to_owned()),
            Self::Deleted { .. } => to_json(&()),
        }
    }
}

/// Encodes an outcome. For an HTTP request, every outcome is a response. For an event, the result
/// is an error only if a retry may succeed, because Lambda retries after an error.
pub(crate) fn respond(
    trigger: Trigger,
    outcome: &Result<Response, ApiError>,
    origin: &RequestOrigin,
) -> Result<Box<RawValue>, Diagnostic> {
    match (trigger, outcome) {
        (Trigger::Http, outcome) => Ok(to_json(&http_response(outcome, origin))),
        (Trigger::Event, Ok(response)) => Ok(response.json()),
        (Trigger::Event, Err(ApiError::Internal)) => Err(Diagnostic {
            error_type: "Gangway.InternalError".to_owned(),
            error_message: "Gangway failed: its log has the location".to_owned(),
        }),
        (Trigger::Event, Err(ApiError::Registration(error))) if should_retry(error) => {
            Err(Diagnostic {
                error_type: "Gangway.Retryable".to_owned(),
                error_message: error.to_string(),
            })
        }
        (Trigger::Event, Err(error)) => {
            let rejected = RejectedEventResponse {
                outcome: "rejected",
                problem: error.problem(&origin.request_id),
            };
            Ok(to_json(&rejected))
        }
    }
}

/// Returns `true` if Lambda should retry an event after this error. After the last retry, Lambda
/// sends the event to the dead-letter queue.
///
/// Requests that an upstream service refused are retried: Palette returns the same status 500 when
/// it refuses a request and when it fails itself, and an outage must not lose an event. Requests
/// with denied access are retried, too: the operator can correct the permissions of this
/// deployment's API key or role.
pub(crate) fn should_retry(error: &RegistrationError) -> bool {
    match error {
        RegistrationError::Upstream(error) => {
            error.is_retryable() || error.is_rejected() || error.is_access_denied()
        }
        RegistrationError::ChecksFailed(report) => report.has_deployment_failure(),
        RegistrationError::Invalid(_)
        | RegistrationError::Conflict(_)
        | RegistrationError::ConcurrentModification(_)
        | RegistrationError::NotFound(_) => error.is_retryable(),
    }
}

/// Returns the HTTP response. API Gateway, function URLs and load balancers accept the same format.
/// A load balancer with multi-value headers reads only `multiValueHeaders`.
fn http_response(
    outcome: &Result<Response, ApiError>,
    origin: &RequestOrigin,
) -> ApiGatewayProxyResponse {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    insert_text(&mut headers, HeaderName::from_static("x-request-id"), origin.correlation_id());
    if let Some(traceparent) = origin.correlation.traceparent() {
        insert_text(&mut headers, HeaderName::from_static("traceparent"), traceparent);
    }
    let (status, content_type, body) = match outcome {
        Ok(Response::Deleted { .. }) => (204, None, String::new()),
        Ok(response) => {
            (response.status(), Some("application/json"), response.json().get().to_owned())
        }
        Err(error) => {
            if let Some(delay) = error.retry_after() {
                // `Retry-After` has whole seconds. The delay is rounded up, to at least one second.
                let seconds = delay.as_millis().div_ceil(1000).max(1).to_string();
                insert_text(&mut headers, RETRY_AFTER, &seconds);
            }
            if let ApiError::MethodNotAllowed { allow } = error {
                insert_text(&mut headers, ALLOW, allow);
            }
            let problem = error.problem(&origin.request_id);
            let body = to_json(&problem).get().to_owned();
            (problem.status, Some("application/problem+json"), body)
        }
    };
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = status.into();
    response.multi_value_headers = headers.clone();
    response.headers = headers;
    response.body = Some(Body::Text(body));
    response
}

/// Inserts a header. Inserts nothing if the text has characters that a header cannot contain.
fn insert_text(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

/// Serializes one of Gangway's own types. Serialization of these types cannot fail.
fn to_json(document: &impl Serialize) -> Box<RawValue> {
    to_raw_value(document).unwrap_or_else(|_never| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests;
