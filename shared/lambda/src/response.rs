//! Encodes outcomes: HTTP responses for API Gateway, success or failure for asynchronous invocations.

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
    /// What was started and is not done yet (202).
    Accepted(Value),
    /// A JSON document that is compiled in.
    Static(&'static str),
    /// Success without a body (204).
    Deleted {
        /// The account, for the log and the event; unknown if only its secret was left.
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

/// The response to an event that a retry would not help.
#[derive(Serialize)]
struct EventError<'a> {
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

    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Receipt(receipt) if receipt.outcome == UpsertOutcome::Created => 201,
            Self::Report(_) | Self::Receipt(_) | Self::Json(_) | Self::Static(_) => 200,
            Self::Accepted(_) => 202,
            Self::Deleted { .. } => 204,
        }
    }

    /// Returns the body, for the examples of the OpenAPI document.
    pub fn body(&self) -> Value {
        serde_json::from_str(self.json().get()).unwrap_or_default()
    }

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

/// Encodes an outcome. For API Gateway every outcome is a response. For an event, only a failure that
/// a retry may help is an error, because Lambda retries errors.
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
            let rejected =
                EventError { outcome: "rejected", problem: error.problem(&origin.request_id) };
            Ok(to_json(&rejected))
        }
    }
}

/// Returns `true` if an event is to be retried (and, after the last retry, sent to the dead-letter
/// queue).
///
/// This includes rejections: Palette answers with the same status 500 if it rejects a request and
/// if it fails itself, and an event must not be lost to an outage. It also includes denied access,
/// because the operator can correct the permissions of this deployment's API key or role.
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

/// Returns the response for API Gateway, function URLs and load balancers, which all accept the same
/// one. A load balancer with multi-value headers reads no others.
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
                // Whole seconds, at least one.
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

/// Sets a header, unless the text has characters that no header may contain.
fn insert_text(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

/// Serializes one of Gangway's own documents, which contain nothing that JSON cannot express.
fn to_json(document: &impl Serialize) -> Box<RawValue> {
    to_raw_value(document).unwrap_or_else(|_never| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests;
