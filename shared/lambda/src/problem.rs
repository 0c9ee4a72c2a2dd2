//! Converts errors to problem details (RFC 9457), with their types, titles and HTTP status codes.

use std::time::Duration;

use gangway_model::{FieldError, FieldErrorKind, RegistrationError, Report, UpstreamError};
use serde::Serialize;
use serde_json::Value;

use crate::{ApiError, report_json::ReportJson};

/// An `application/problem+json` document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem<'a> {
    r#type: String,
    title: &'static str,
    pub(crate) status: u16,
    detail: String,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ErrorJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<ReportJson<'a>>,
}

/// An invalid field, as the problem document lists it.
#[derive(Serialize)]
struct ErrorJson<'a> {
    pointer: &'a str,
    detail: &'a str,
}

/// A problem type. `id` is the last part of its URN, and the outcome in logs and metrics.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ProblemType {
    pub(crate) id: &'static str,
    pub(crate) status: u16,
    title: &'static str,
}

const fn problem_type(id: &'static str, status: u16, title: &'static str) -> ProblemType {
    ProblemType { id, status, title }
}

impl ApiError {
    /// Returns the problem type of this error.
    pub(crate) fn kind(&self) -> ProblemType {
        match self {
            Self::RouteNotFound => problem_type("route-not-found", 404, "Route not found"),
            Self::MethodNotAllowed { .. } => {
                problem_type("method-not-allowed", 405, "Method not allowed")
            }
            Self::PayloadTooLarge => problem_type("payload-too-large", 413, "Payload too large"),
            Self::UnsupportedMediaType => {
                problem_type("unsupported-media-type", 415, "Unsupported media type")
            }
            Self::UnrecognizedEvent => {
                problem_type("unrecognized-event", 400, "Unrecognized event")
            }
            Self::Internal => problem_type("internal-error", 500, "Internal error"),
            Self::Registration(error) => problem_type_of(error),
        }
    }

    /// Returns the report of a request whose checks failed.
    pub(crate) fn report(&self) -> Option<&Report> {
        if let Self::Registration(RegistrationError::ChecksFailed(report)) = self {
            Some(report)
        } else {
            None
        }
    }

    /// Returns the problem document of this error.
    pub(crate) fn problem<'a>(&'a self, request_id: &'a str) -> Problem<'a> {
        let ProblemType { id, status, title } = self.kind();
        let (errors, report) = match self {
            Self::Registration(RegistrationError::Invalid(errors)) => {
                (errors.iter().map(ErrorJson::from).collect(), None)
            }
            Self::Registration(RegistrationError::ChecksFailed(report)) => {
                (Vec::new(), Some(report.as_ref().into()))
            }
            Self::Registration(
                RegistrationError::Conflict(_)
                | RegistrationError::ConcurrentModification(_)
                | RegistrationError::NotFound(_)
                | RegistrationError::Upstream(_),
            )
            | Self::RouteNotFound
            | Self::MethodNotAllowed { .. }
            | Self::PayloadTooLarge
            | Self::UnsupportedMediaType
            | Self::UnrecognizedEvent
            | Self::Internal => (Vec::new(), None),
        };
        let r#type = format!("urn:gangway:problem:{id}");
        Problem { r#type, title, status, detail: self.detail(), request_id, errors, report }
    }

    /// Returns the HTTP status and the body of the response with this error. The OpenAPI document
    /// shows them as examples.
    pub fn document(&self, request_id: &str) -> (u16, Value) {
        let problem = self.problem(request_id);
        (problem.status, serde_json::to_value(&problem).unwrap_or_default())
    }

    /// Returns one sentence that says what to do. For several invalid fields, the sentence gives
    /// their number.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::RouteNotFound => "no route has this path; the README of Gangway lists them all".to_owned(),
            Self::MethodNotAllowed { allow } => format!("use {allow}"),
            Self::PayloadTooLarge => "send at most 256 KiB".to_owned(),
            Self::UnsupportedMediaType => "send JSON, with the header content-type: application/json".to_owned(),
            Self::UnrecognizedEvent => {
                "invoke through API Gateway, or send one event of detail-type Gangway Registration Requested, not a list of events".to_owned()
            }
            Self::Internal => "nothing is lost: send the request again, and give the operator the request id if it fails again".to_owned(),
            Self::Registration(RegistrationError::Invalid(errors)) => match errors.as_slice() {
                [error] => error.detail.clone(),
                errors => format!("the request has {} errors: see the member errors", errors.len()),
            },
            Self::Registration(RegistrationError::ChecksFailed(report)) => {
                let failed: Vec<_> = report.findings.iter().filter(|finding| finding.is_blocking()).map(|finding| finding.check.id).collect();
                format!("fix the failed checks, then send the request again: {}", failed.join(", "))
            }
            // The same request, sent again, completes the registration that was interrupted.
            Self::Registration(error @ RegistrationError::Upstream(upstream)) if upstream.is_retryable() => {
                format!("{error}: nothing has to be undone, send the request again")
            }
            Self::Registration(error @ (RegistrationError::Conflict(_) | RegistrationError::ConcurrentModification(_) | RegistrationError::NotFound(_) | RegistrationError::Upstream(_))) => error.to_string(),
        }
    }

    /// Returns how long the caller should wait before sending the request again. `None` if the
    /// error gives no time.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Registration(RegistrationError::Upstream(UpstreamError::Throttled {
                retry_after,
                ..
            })) => Some(*retry_after),
            Self::Registration(_)
            | Self::RouteNotFound
            | Self::MethodNotAllowed { .. }
            | Self::PayloadTooLarge
            | Self::UnsupportedMediaType
            | Self::UnrecognizedEvent
            | Self::Internal => None,
        }
    }
}

/// Returns the problem type of an error of the registration workflow.
fn problem_type_of(error: &RegistrationError) -> ProblemType {
    match error {
        RegistrationError::Invalid(errors)
            if errors.iter().any(|error| error.kind == FieldErrorKind::Malformed) =>
        {
            problem_type("validation-error", 400, "Invalid request")
        }
        RegistrationError::Invalid(_) => {
            problem_type("unprocessable", 422, "Request not possible here")
        }
        RegistrationError::ChecksFailed(_) => problem_type("checks-failed", 422, "Checks failed"),
        RegistrationError::Conflict(_) | RegistrationError::ConcurrentModification(_) => {
            problem_type("conflict", 409, "Conflict")
        }
        RegistrationError::NotFound(_) => problem_type("not-found", 404, "Not found"),
        RegistrationError::Upstream(error) => match error {
            UpstreamError::RejectedOrFailed { .. } => problem_type(
                "upstream-failed",
                502,
                "Upstream service failed or rejected the request",
            ),
            UpstreamError::Rejected { .. } => {
                problem_type("upstream-rejected", 422, "Upstream service rejected the request")
            }
            UpstreamError::NotPermittedNow { .. } => {
                problem_type("not-permitted-now", 409, "Not permitted in the present state")
            }
            // The status is 500: the operator of the deployment can correct the access, the caller
            // cannot.
            UpstreamError::AccessDenied { .. } => {
                problem_type("upstream-denied", 500, "Upstream service denied access")
            }
            UpstreamError::NotFound { .. } | UpstreamError::ProjectNotFound { .. } => {
                problem_type("upstream-not-found", 500, "Upstream resource not found")
            }
            UpstreamError::AlreadyExists { .. } => {
                problem_type("upstream-conflict", 409, "Name already in use")
            }
            UpstreamError::Throttled { .. } => {
                problem_type("upstream-throttled", 429, "Upstream service is throttling")
            }
            UpstreamError::Unavailable { .. } => {
                problem_type("upstream-unavailable", 502, "Upstream service unavailable")
            }
            UpstreamError::TimedOut { .. } => {
                problem_type("upstream-timeout", 504, "Upstream timeout")
            }
        },
    }
}

impl<'a> From<&'a FieldError> for ErrorJson<'a> {
    fn from(error: &'a FieldError) -> Self {
        Self { pointer: &error.pointer, detail: &error.detail }
    }
}
