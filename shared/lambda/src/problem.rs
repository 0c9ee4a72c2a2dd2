//! Rejections as problem details (RFC 9457): the one table from failures to status codes.

use std::time::Duration;

use gangway_model::{Failure, Fault, PortError, Violation};
use serde::Serialize;
use serde_json::Value;

use crate::{Rejection, wire::ReportJson};

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

impl Rejection {
    /// Its row of the table.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::NoRoute => row("no-route", 404, "There is no such route"),
            Self::VerbNotAllowed { .. } => {
                row("verb-not-allowed", 405, "The route does not have this method")
            }
            Self::TooLarge => row("too-large", 413, "The body is too large"),
            Self::NotJson => row("not-json", 415, "The body is not declared as JSON"),
            Self::Unreadable => {
                row("unreadable", 400, "This is neither a request nor an event that Gangway knows")
            }
            Self::Broken => row("broken", 500, "Gangway failed"),
            Self::Failure(failure) => of_failure(failure),
        }
    }

    /// The whole document.
    pub(crate) fn problem<'a>(&'a self, request_id: &'a str) -> Problem<'a> {
        let Kind { id, status, title } = self.kind();
        let (errors, report) = match self {
            Self::Failure(Failure::Invalid(faults)) => {
                (faults.iter().map(ErrorJson::from).collect(), None)
            }
            Self::Failure(Failure::Blocked(report)) => (Vec::new(), Some(report.as_ref().into())),
            Self::Failure(
                Failure::Conflict(_)
                | Failure::Overtaken(_)
                | Failure::NotFound(_)
                | Failure::Port(_),
            )
            | Self::NoRoute
            | Self::VerbNotAllowed { .. }
            | Self::TooLarge
            | Self::NotJson
            | Self::Unreadable
            | Self::Broken => (Vec::new(), None),
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
            Self::NoRoute => "no route has this path; the README of Gangway lists them all".to_owned(),
            Self::VerbNotAllowed { allow } => format!("use {allow}"),
            Self::TooLarge => "send at most 256 KiB".to_owned(),
            Self::NotJson => "send JSON, with the header content-type: application/json".to_owned(),
            Self::Unreadable => {
                "invoke through API Gateway, or send an event of detail-type Gangway Registration Requested".to_owned()
            }
            Self::Broken => "nothing is lost: send the request again, and tell the operator the request id if it fails again".to_owned(),
            Self::Failure(Failure::Invalid(faults)) => match faults.as_slice() {
                [fault] => fault.detail.clone(),
                faults => format!("the request has {} faults: see errors", faults.len()),
            },
            Self::Failure(Failure::Blocked(report)) => {
                let failed: Vec<_> = report.findings.iter().filter(|finding| finding.blocks()).map(|finding| finding.check.id).collect();
                format!("mend what fails, then send the request again: {}", failed.join(", "))
            }
            // A run that was cut off anywhere is finished by the next.
            Self::Failure(failure @ Failure::Port(error)) if error.retryable() => {
                format!("{failure}: nothing has to be undone, send the request again")
            }
            Self::Failure(failure @ (Failure::Conflict(_) | Failure::Overtaken(_) | Failure::NotFound(_) | Failure::Port(_))) => failure.to_string(),
        }
    }

    /// When to ask again, where that is known.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Failure(Failure::Port(PortError::Busy { retry_after, .. })) => Some(*retry_after),
            Self::Failure(_)
            | Self::NoRoute
            | Self::VerbNotAllowed { .. }
            | Self::TooLarge
            | Self::NotJson
            | Self::Unreadable
            | Self::Broken => None,
        }
    }
}

fn of_failure(failure: &Failure) -> Kind {
    match failure {
        Failure::Invalid(faults) if faults.iter().any(|fault| fault.fault == Fault::Malformed) => {
            row("invalid", 400, "The request is not as it should be")
        }
        Failure::Invalid(_) => {
            row("refused", 422, "The request asks for what is not possible here")
        }
        Failure::Blocked(_) => row("blocked", 422, "The account is not ready"),
        Failure::Conflict(_) | Failure::Overtaken(_) => {
            row("conflict", 409, "Another account or another request is in the way")
        }
        Failure::NotFound(_) => row("not-found", 404, "There is no such thing"),
        Failure::Port(error) => match error {
            PortError::Refused { .. } => {
                row("upstream-refused", 502, "A service that Gangway needs refused")
            }
            PortError::Denied { .. } => {
                row("upstream-denied", 502, "A service that Gangway needs does not let it in")
            }
            PortError::Missing { .. } | PortError::NoProject { .. } => {
                row("upstream-missing", 502, "A service lacks what Gangway needs of it")
            }
            PortError::Duplicate { .. } => {
                row("upstream-duplicate", 409, "There is one of that name already")
            }
            PortError::Busy { .. } => {
                row("upstream-busy", 429, "A service that Gangway needs is busy")
            }
            PortError::Unavailable { .. } => {
                row("upstream-unavailable", 502, "A service that Gangway needs is not available")
            }
            PortError::TimedOut { .. } => {
                row("upstream-timeout", 504, "There was no answer in time")
            }
        },
    }
}

impl<'a> From<&'a Violation> for ErrorJson<'a> {
    fn from(fault: &'a Violation) -> Self {
        Self { pointer: &fault.pointer, detail: &fault.detail }
    }
}
