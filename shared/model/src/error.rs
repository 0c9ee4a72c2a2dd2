//! The errors of requests, of outside services, and of registrations. They do not depend on HTTP.

use std::{error::Error, fmt::Display, time::Duration};

use crate::Report;

/// An error in one field of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldError {
    /// The JSON Pointer of the field in the request (RFC 6901).
    pub pointer: String,
    /// The rule that the field violates. It never contains the value of the field.
    pub detail: String,
    pub kind: FieldErrorKind,
}

/// Whether a field violates the schema of Gangway's API, or has a value that Gangway cannot
/// process.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FieldErrorKind {
    /// The value violates the schema of Gangway's API.
    Malformed,
    /// The value is well-formed, and Gangway cannot process it: for example, it names a project
    /// that does not exist.
    Unprocessable,
}

impl FieldError {
    /// Returns an error for a field that violates the schema of Gangway's API.
    pub fn malformed(pointer: impl Into<String>, detail: impl Display) -> Self {
        Self {
            pointer: pointer.into(),
            detail: format!("{detail}"),
            kind: FieldErrorKind::Malformed,
        }
    }

    /// Returns an error for a field with a well-formed value that Gangway cannot process.
    pub fn unprocessable(pointer: impl Into<String>, detail: impl Display) -> Self {
        Self {
            pointer: pointer.into(),
            detail: format!("{detail}"),
            kind: FieldErrorKind::Unprocessable,
        }
    }
}

/// An error of an outside service. The field `service` is the name of the service in messages.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The service refused the request.
    #[error("{service} rejected the request: {reason}")]
    Rejected {
        service: &'static str,
        /// The reason in the response of the service. It has no secrets, so callers may see it.
        reason: String,
    },
    /// The service refused the request, or failed: its response does not show which. One retry may
    /// help.
    #[error("{service} rejected the request: {reason}")]
    RejectedOrFailed {
        service: &'static str,
        /// The reason in the response of the service. It has no secrets, so callers may see it.
        reason: String,
    },
    /// The service refused the request because of the current state of a resource.
    #[error("{service} does not permit this now: {reason}")]
    NotPermittedNow {
        service: &'static str,
        /// The reason, and what a person must do before the request can succeed. Safe to show to
        /// the caller.
        reason: String,
    },
    /// The service denied the request because the permissions of Gangway's API key or role do not
    /// allow it.
    #[error("{service} denied access to Gangway: {reason}")]
    AccessDenied {
        service: &'static str,
        /// The reason in the response of the service. It has no secrets, so callers may see it.
        reason: String,
    },
    /// The resource that the request names does not exist in the service.
    #[error("{service} has no {resource}")]
    NotFound {
        service: &'static str,
        /// The kind of resource. The message is "<service> has no <resource>".
        resource: &'static str,
    },
    /// The project does not exist, or Gangway's API key may not see it. Palette's response is the
    /// same in both cases.
    #[error("{service} has no such project, or it is not visible to the API key")]
    ProjectNotFound { service: &'static str },
    /// The service already has a resource with the name in the request.
    #[error("{service} already has one of that name")]
    AlreadyExists { service: &'static str },
    /// The service refused the request because it received too many requests.
    #[error("{service} limits the request rate")]
    Throttled { service: &'static str, retry_after: Duration },
    /// Gangway could not connect to the service, or the service failed. The service may have
    /// carried out the request.
    #[error("{service} is not available")]
    Unavailable {
        service: &'static str,
        /// The cause, for the log only.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The service sent no response within the timeout. It may have carried out the request.
    #[error("{service} did not answer in time")]
    TimedOut { service: &'static str },
}

impl UpstreamError {
    /// Returns the name of the service in messages.
    pub const fn service(&self) -> &'static str {
        match self {
            Self::Rejected { service, .. }
            | Self::RejectedOrFailed { service, .. }
            | Self::NotPermittedNow { service, .. }
            | Self::AccessDenied { service, .. }
            | Self::NotFound { service, .. }
            | Self::ProjectNotFound { service }
            | Self::AlreadyExists { service }
            | Self::Throttled { service, .. }
            | Self::Unavailable { service, .. }
            | Self::TimedOut { service } => service,
        }
    }

    /// Returns `true` if the service refused the request. Also returns `true` if its response does
    /// not show whether it refused the request or failed.
    pub const fn is_rejected(&self) -> bool {
        matches!(self, Self::Rejected { .. } | Self::RejectedOrFailed { .. })
    }

    pub const fn is_access_denied(&self) -> bool {
        matches!(self, Self::AccessDenied { .. })
    }

    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    pub const fn is_already_exists(&self) -> bool {
        matches!(self, Self::AlreadyExists { .. })
    }

    /// Returns `true` if the service refused the request, denied access, or does not have the
    /// resource, so that a retry is useless.
    pub const fn is_refusal(&self) -> bool {
        self.is_rejected() || self.is_access_denied() || self.is_not_found()
    }

    /// Returns `true` if the same request to the service may succeed later.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Throttled { .. } | Self::Unavailable { .. } | Self::TimedOut { .. } => true,
            Self::Rejected { .. }
            | Self::RejectedOrFailed { .. }
            | Self::NotPermittedNow { .. }
            | Self::AccessDenied { .. }
            | Self::NotFound { .. }
            | Self::ProjectNotFound { .. }
            | Self::AlreadyExists { .. } => false,
        }
    }
}

/// An error of a request to Gangway, for example to register an account.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// Fields of the request are invalid.
    #[error("the request has {} error(s)", .0.len())]
    Invalid(Vec<FieldError>),
    /// The request is valid, but a blocking check failed.
    #[error("a blocking check failed")]
    ChecksFailed(Box<Report>),
    /// The requested name belongs to another cloud account.
    #[error("{0}")]
    Conflict(String),
    /// Other requests changed the cloud account at the same time, so Gangway did not finish this
    /// request.
    #[error("{0}")]
    ConcurrentModification(String),
    /// The cloud account in the path of the request does not exist.
    #[error("{0}")]
    NotFound(String),
    /// A service that Gangway called returned an error.
    #[error(transparent)]
    Upstream(UpstreamError),
}

/// The rule that the project of a scope must follow, for error messages.
const PROJECT_RULE: &str =
    "must be the uid or the name of a project that Palette has and Gangway's API key may see";

impl From<UpstreamError> for RegistrationError {
    fn from(error: UpstreamError) -> Self {
        if matches!(error, UpstreamError::ProjectNotFound { .. }) {
            return Self::unprocessable("/scope/project", PROJECT_RULE);
        }
        Self::Upstream(error)
    }
}

impl RegistrationError {
    /// Returns an error for one field with a well-formed value that Gangway cannot process.
    pub fn unprocessable(pointer: impl Into<String>, detail: impl Display) -> Self {
        Self::Invalid(vec![FieldError::unprocessable(pointer, detail)])
    }

    /// Returns an error for one field that violates the schema of Gangway's API.
    pub fn malformed(pointer: impl Into<String>, detail: impl Display) -> Self {
        Self::Invalid(vec![FieldError::malformed(pointer, detail)])
    }

    /// Returns `true` if the same request to Gangway may succeed later.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Upstream(error) => error.is_retryable(),
            Self::ConcurrentModification(_) => true,
            Self::Invalid(_) | Self::ChecksFailed(_) | Self::Conflict(_) | Self::NotFound(_) => {
                false
            }
        }
    }
}
