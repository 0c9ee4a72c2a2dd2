//! Rejections as problem details (RFC 9457): the one table from failures to status codes.

use std::time::Duration;

use gangway_model::{FieldError, FieldErrorKind, RegistrationError, UpstreamError};
use serde::Serialize;
use serde_json::Value;

use crate::{ApiError, wire::ReportJson};

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

#[derive(Serialize)]
struct ErrorJson<'a> {
    pointer: &'a str,
    detail: &'a str,
}

/// A row of the table: the last part of the type's URN, also the outcome in logs and metrics.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Kind {
    pub(crate) id: &'static str,
    pub(crate) status: u16,
    title: &'static str,
}

const fn row(id: &'static str, status: u16, title: &'static str) -> Kind {
    Kind { id, status, title }
}

impl ApiError {
    /// Its row of the table.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::NotFound => row("no-route", 404, "There is no such route"),
            Self::MethodNotAllowed { .. } => {
                row("verb-not-allowed", 405, "The route does not have this method")
            }
            Self::PayloadTooLarge => row("too-large", 413, "The body is too large"),
            Self::UnsupportedMediaType => row("not-json", 415, "The body is not declared as JSON"),
            Self::UnrecognizedEvent => {
                row("unreadable", 400, "This is neither a request nor an event that Gangway knows")
            }
            Self::Internal => row("broken", 500, "Gangway failed"),
            Self::Registration(failure) => of_failure(failure),
        }
    }

    /// The whole document.
    pub(crate) fn problem<'a>(&'a self, request_id: &'a str) -> Problem<'a> {
        let Kind { id, status, title } = self.kind();
        let (errors, report) = match self {
            Self::Registration(RegistrationError::Invalid(faults)) => {
                (faults.iter().map(ErrorJson::from).collect(), None)
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
            | Self::NotFound
            | Self::MethodNotAllowed { .. }
            | Self::PayloadTooLarge
            | Self::UnsupportedMediaType
            | Self::UnrecognizedEvent
            | Self::Internal => (Vec::new(), None),
        };
        let r#type = format!("urn:gangway:problem:{id}");
        Problem { r#type, title, status, detail: self.detail(), request_id, errors, report }
    }

    /// Status and body of the answer, for those who describe this API.
    pub fn document(&self, request_id: &str) -> (u16, Value) {
        let problem = self.problem(request_id);
        (problem.status, serde_json::to_value(&problem).unwrap_or_default())
    }

    /// What to do, in one sentence; where there are several faults, that there are.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::NotFound => "no route has this path; the README of Gangway lists them all".to_owned(),
            Self::MethodNotAllowed { allow } => format!("use {allow}"),
            Self::PayloadTooLarge => "send at most 256 KiB".to_owned(),
            Self::UnsupportedMediaType => "send JSON, with the header content-type: application/json".to_owned(),
            Self::UnrecognizedEvent => {
                "invoke through API Gateway, or send an event of detail-type Gangway Registration Requested".to_owned()
            }
            Self::Internal => "nothing is lost: send the request again, and tell the operator the request id if it fails again".to_owned(),
            Self::Registration(RegistrationError::Invalid(faults)) => match faults.as_slice() {
                [fault] => fault.detail.clone(),
                faults => format!("the request has {} faults: see errors", faults.len()),
            },
            Self::Registration(RegistrationError::ChecksFailed(report)) => {
                let failed: Vec<_> = report.findings.iter().filter(|finding| finding.is_blocking()).map(|finding| finding.check.id).collect();
                format!("mend what fails, then send the request again: {}", failed.join(", "))
            }
            // A run that was cut off anywhere is finished by the next.
            Self::Registration(failure @ RegistrationError::Upstream(error)) if error.is_retryable() => {
                format!("{failure}: nothing has to be undone, send the request again")
            }
            Self::Registration(failure @ (RegistrationError::Conflict(_) | RegistrationError::ConcurrentModification(_) | RegistrationError::NotFound(_) | RegistrationError::Upstream(_))) => failure.to_string(),
        }
    }

    /// When to ask again, where that is known.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Registration(RegistrationError::Upstream(UpstreamError::Throttled {
                retry_after,
                ..
            })) => Some(*retry_after),
            Self::Registration(_)
            | Self::NotFound
            | Self::MethodNotAllowed { .. }
            | Self::PayloadTooLarge
            | Self::UnsupportedMediaType
            | Self::UnrecognizedEvent
            | Self::Internal => None,
        }
    }
}

fn of_failure(failure: &RegistrationError) -> Kind {
    match failure {
        RegistrationError::Invalid(faults)
            if faults.iter().any(|fault| fault.kind == FieldErrorKind::Malformed) =>
        {
            row("invalid", 400, "The request is not as it should be")
        }
        RegistrationError::Invalid(_) => {
            row("refused", 422, "The request asks for what is not possible here")
        }
        RegistrationError::ChecksFailed(_) => row("blocked", 422, "The account is not ready"),
        RegistrationError::Conflict(_) | RegistrationError::ConcurrentModification(_) => {
            row("conflict", 409, "Another account or another request is in the way")
        }
        RegistrationError::NotFound(_) => row("not-found", 404, "There is no such thing"),
        RegistrationError::Upstream(error) => match error {
            UpstreamError::Rejected { .. } => {
                row("upstream-refused", 502, "A service that Gangway needs refused")
            }
            UpstreamError::AccessDenied { .. } => {
                row("upstream-denied", 502, "A service that Gangway needs does not let it in")
            }
            UpstreamError::NotFound { .. } | UpstreamError::ProjectNotFound { .. } => {
                row("upstream-missing", 502, "A service lacks what Gangway needs of it")
            }
            UpstreamError::AlreadyExists { .. } => {
                row("upstream-duplicate", 409, "There is one of that name already")
            }
            UpstreamError::Throttled { .. } => {
                row("upstream-busy", 429, "A service that Gangway needs is busy")
            }
            UpstreamError::Unavailable { .. } => {
                row("upstream-unavailable", 502, "A service that Gangway needs is not available")
            }
            UpstreamError::TimedOut { .. } => {
                row("upstream-timeout", 504, "There was no answer in time")
            }
        },
    }
}

impl<'a> From<&'a FieldError> for ErrorJson<'a> {
    fn from(fault: &'a FieldError) -> Self {
        Self { pointer: &fault.pointer, detail: &fault.detail }
    }
}
