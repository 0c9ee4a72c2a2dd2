//! Errors of requests, of outside services, and of registrations. Independent of HTTP.

use std::{error::Error, fmt::Display, time::Duration};

use crate::Report;

/// An error in one field of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldError {
    /// JSON pointer into the request (RFC 6901).
    pub pointer: String,
    /// The rule that the field violates. Never contains the value.
    pub detail: String,
    pub kind: FieldErrorKind,
}

/// The kind of rule that a field violates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FieldErrorKind {
    /// A rule of the API's schema.
    Malformed,
    /// A well-formed value that is not possible here.
    Unprocessable,
}

impl FieldError {
    pub fn malformed(pointer: impl Into<String>, detail: impl Display) -> Self {
        Self {
            pointer: pointer.into(),
            detail: format!("{detail}"),
            kind: FieldErrorKind::Malformed,
        }
    }

    pub fn unprocessable(pointer: impl Into<String>, detail: impl Display) -> Self {
        Self {
            pointer: pointer.into(),
            detail: format!("{detail}"),
            kind: FieldErrorKind::Unprocessable,
        }
    }
}

/// An error of an outside service. `service` is its display name.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The service refused the request.
    #[error("{service} rejected the request: {reason}")]
    Rejected {
        service: &'static str,
        /// Safe to show to the caller.
        reason: String,
    },
    /// The service refused the request, or failed: it answers the same in both cases. One retry may help.
    #[error("{service} rejected the request: {reason}")]
    RejectedOrFailed {
        service: &'static str,
        /// Safe to show to the caller.
        reason: String,
    },
    /// The state of the service's resources does not permit the request.
    #[error("{service} does not permit this now: {reason}")]
    NotPermittedNow {
        service: &'static str,
        /// With what is to be done first. Safe to show to the caller.
        reason: String,
    },
    /// The service denied access to Gangway's own key or role.
    #[error("{service} denied access to Gangway: {reason}")]
    AccessDenied {
        service: &'static str,
        /// Safe to show to the caller.
        reason: String,
    },
    /// The service has no such resource.
    #[error("{service} has no {resource}")]
    NotFound {
        service: &'static str,
        /// Completes "has no …".
        resource: &'static str,
    },
    /// The project does not exist or is not visible to the API key; Palette does not distinguish
    /// them.
    #[error("{service} has no such project, or it is not visible to the API key")]
    ProjectNotFound { service: &'static str },
    /// The service already has a resource of that name.
    #[error("{service} already has one of that name")]
    AlreadyExists { service: &'static str },
    #[error("{service} limits the request rate")]
    Throttled { service: &'static str, retry_after: Duration },
    /// The service could not be reached, or failed. The request may have taken effect.
    #[error("{service} is not available")]
    Unavailable {
        service: &'static str,
        /// For the log only.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The service did not answer in time. The request may have taken effect.
    #[error("{service} did not answer in time")]
    TimedOut { service: &'static str },
}

impl UpstreamError {
    /// Returns the display name of the service.
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

    /// Returns `true` if the service refused the request, or perhaps failed.
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

    /// Returns `true` if the service refused the request, so that a retry is useless, or has no such resource.
    pub const fn is_refusal(&self) -> bool {
        self.is_rejected() || self.is_access_denied() || self.is_not_found()
    }

    /// Returns `true` if the same call may succeed later.
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

/// An error of a request for an account.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// Fields of the request are invalid.
    #[error("the request has {} error(s)", .0.len())]
    Invalid(Vec<FieldError>),
    /// The request is valid, but a blocking check failed.
    #[error("a blocking check failed")]
    ChecksFailed(Box<Report>),
    /// The name belongs to another account.
    #[error("{0}")]
    Conflict(String),
    /// Other requests changed the account at the same time, so this one gave up.
    #[error("{0}")]
    ConcurrentModification(String),
    #[error("{0}")]
    NotFound(String),
    #[error(transparent)]
    Upstream(UpstreamError),
}

/// The rule for the project in the field `scope` of a request.
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
    /// Returns an error for one field with an impossible value.
    pub fn unprocessable(pointer: impl Into<String>, detail: impl Display) -> Self {
        Self::Invalid(vec![FieldError::unprocessable(pointer, detail)])
    }

    /// Returns an error for one malformed field.
    pub fn malformed(pointer: impl Into<String>, detail: impl Display) -> Self {
        Self::Invalid(vec![FieldError::malformed(pointer, detail)])
    }

    /// Returns `true` if the same request may succeed later.
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
