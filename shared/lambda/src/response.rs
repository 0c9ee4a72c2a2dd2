//! The outcome in the caller's terms: a response of API Gateway, or success and failure to EventBridge.

use std::collections::BTreeMap;

use gangway_model::{Receipt, RegistrationError, Report, UpstreamError};
use lambda_runtime::Diagnostic;
use serde::Serialize;
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

use crate::{
    ApiError, Trigger,
    problem::Problem,
    wire::{ReceiptJson, ReportJson, enrolled},
};

/// What a function has to say.
#[derive(Debug)]
pub enum Response {
    /// What the checks found.
    Report(Report),
    /// What was registered.
    Receipt(Box<Receipt>),
    /// Anything else that is shown.
    Json(Value),
    /// JSON that is the same for everybody.
    Static(&'static str),
    /// It is done.
    NoContent,
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

/// What Lambda is told.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum LambdaResponse {
    Http(ProxyResponse),
    Event(Box<RawValue>),
}

/// As API Gateway expects it of a proxy integration.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProxyResponse {
    status_code: u16,
    headers: BTreeMap<&'static str, String>,
    body: String,
    is_base64_encoded: bool,
}

/// An event that no later delivery would help.
#[derive(Serialize)]
struct EventError<'a> {
    outcome: &'static str,
    problem: Problem<'a>,
}

impl Response {
    /// What happened, for logs and metrics.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::Report(report) if report.is_ready() => "ready",
            Self::Report(_) => "not-ready",
            Self::Receipt(receipt) => enrolled(receipt.outcome),
            Self::Json(_) | Self::Static(_) => "shown",
            Self::NoContent => "removed",
        }
    }

    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Receipt(receipt) if receipt.outcome == gangway_model::UpsertOutcome::Created => {
                201
            }
            Self::Report(_) | Self::Receipt(_) | Self::Json(_) | Self::Static(_) => 200,
            Self::NoContent => 204,
        }
    }

    /// The body of the answer, for those who describe this API.
    pub fn body(&self) -> Value {
        serde_json::from_str(self.json().get()).unwrap_or_default()
    }

    fn json(&self) -> Box<RawValue> {
        match self {
            Self::Report(report) => document(&ReportJson::from(report)),
            Self::Receipt(receipt) => document(&ReceiptJson::from(receipt.as_ref())),
            Self::Json(json) => document(json),
            Self::Static(json) => RawValue::from_string((*json).to_owned())
                .unwrap_or_else(|_never| RawValue::NULL.to_owned()),
            Self::NoContent => document(&()),
        }
    }
}

/// Over HTTP every outcome is an answer. EventBridge delivers a failure again, so only those worth it are one.
pub(crate) fn answer(
    origin: Trigger,
    outcome: &Result<Response, ApiError>,
    request_id: &str,
) -> Result<LambdaResponse, Diagnostic> {
    match (origin, outcome) {
        (Trigger::Http, outcome) => {
            Ok(LambdaResponse::Http(ProxyResponse::new(outcome, request_id)))
        }
        (Trigger::Event, Ok(reply)) => Ok(LambdaResponse::Event(reply.json())),
        (Trigger::Event, Err(ApiError::Internal)) => Err(Diagnostic {
            error_type: "Gangway.Broken".to_owned(),
            error_message: "Gangway failed: the log tells where".to_owned(),
        }),
        (Trigger::Event, Err(ApiError::Registration(failure))) if should_retry(failure) => {
            Err(Diagnostic {
                error_type: "Gangway.Retryable".to_owned(),
                error_message: failure.to_string(),
            })
        }
        (Trigger::Event, Err(rejection)) => {
            let rejected =
                EventError { outcome: "rejected", problem: rejection.problem(request_id) };
            Ok(LambdaResponse::Event(document(&rejected)))
        }
    }
}

/// Whether an event is to be delivered again, and in the end to lie where people look. Palette answers 500 to what it refuses
/// and to what fails within it, in the same words: an event that was put aside for its outage would be lost. So would be one
/// that this deployment itself is not let in for.
fn should_retry(failure: &RegistrationError) -> bool {
    match failure {
        RegistrationError::Upstream(
            UpstreamError::Rejected { .. } | UpstreamError::AccessDenied { .. },
        ) => true,
        RegistrationError::ChecksFailed(report) => report.has_deployment_failure(),
        RegistrationError::Invalid(_)
        | RegistrationError::Conflict(_)
        | RegistrationError::ConcurrentModification(_)
        | RegistrationError::NotFound(_)
        | RegistrationError::Upstream(_) => failure.is_retryable(),
    }
}

impl ProxyResponse {
    fn new(outcome: &Result<Response, ApiError>, request_id: &str) -> Self {
        let mut headers = BTreeMap::from([
            ("cache-control", "no-store".to_owned()),
            ("x-request-id", request_id.to_owned()),
        ]);
        let (status_code, content_type, body) = match outcome {
            Ok(Response::NoContent) => (204, None, String::new()),
            Ok(reply) => (reply.status(), Some("application/json"), reply.json().get().to_owned()),
            Err(rejection) => {
                if let Some(wait) = rejection.retry_after() {
                    // Whole seconds, and never none.
                    headers
                        .insert("retry-after", wait.as_millis().div_ceil(1000).max(1).to_string());
                }
                if let ApiError::MethodNotAllowed { allow } = rejection {
                    headers.insert("allow", allow.clone());
                }
                let problem = rejection.problem(request_id);
                (
                    problem.status,
                    Some("application/problem+json"),
                    document(&problem).get().to_owned(),
                )
            }
        };
        headers.extend(content_type.map(|content_type| ("content-type", content_type.to_owned())));
        Self { status_code, headers, body, is_base64_encoded: false }
    }
}

/// Documents of ours hold nothing that JSON cannot.
fn document(body: &impl Serialize) -> Box<RawValue> {
    to_raw_value(body).unwrap_or_else(|_never| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests;
