//! Why something did not happen. Knows nothing of HTTP.

use std::{error::Error, fmt::Display, time::Duration};

use crate::Report;

/// A member of a request that will not do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldError {
    /// JSON pointer into the request (RFC 6901).
    pub pointer: String,
    /// The rule it breaks, so that the caller knows what to write instead. Never the value.
    pub detail: String,
    /// Whose rule it is.
    pub kind: FieldErrorKind,
}

/// What kind of rule a member breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FieldErrorKind {
    /// It is not written as the interface says.
    Malformed,
    /// It is well written, and not possible here.
    Unprocessable,
}

impl FieldError {
    /// Not written as the interface says.
    pub fn malformed(pointer: impl Into<String>, detail: impl Display) -> Self {
        Self {
            pointer: pointer.into(),
            detail: format!("{detail}"),
            kind: FieldErrorKind::Malformed,
        }
    }

    /// Well written, and not possible here.
    pub fn unprocessable(pointer: impl Into<String>, detail: impl Display) -> Self {
        Self {
            pointer: pointer.into(),
            detail: format!("{detail}"),
            kind: FieldErrorKind::Unprocessable,
        }
    }
}

/// Why an outside service did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// It understood and said no; asking again is no use.
    #[error("{service} refused: {reason}")]
    Rejected {
        /// Who.
        service: &'static str,
        /// In words fit for the caller.
        reason: String,
    },
    /// It does not let us in: our own key or role, not what the caller sent.
    #[error("{service} does not let Gangway do this: {reason}")]
    AccessDenied {
        /// Who.
        service: &'static str,
        /// In words fit for the caller.
        reason: String,
    },
    /// It has no such thing, or says so.
    #[error("{service} has no {resource}")]
    NotFound {
        /// Who.
        service: &'static str,
        /// What was asked for.
        resource: &'static str,
    },
    /// It has no such project, or does not show it: it does not tell these apart. Whoever asked named a wrong one.
    #[error("{service} shows no such project")]
    ProjectNotFound {
        /// Who.
        service: &'static str,
    },
    /// It already has one of that name.
    #[error("{service} already has one of that name")]
    AlreadyExists {
        /// Who.
        service: &'static str,
    },
    /// It is asked too often.
    #[error("{service} is asked too often")]
    Throttled {
        /// Who.
        service: &'static str,
        /// When to try again.
        retry_after: Duration,
    },
    /// It could not be asked, or broke while it answered. What was asked may or may not have been done.
    #[error("{service} is not available")]
    Unavailable {
        /// Who.
        service: &'static str,
        /// For the log only.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// It did not answer in time. What was asked may or may not have been done.
    #[error("{service} did not answer in time")]
    TimedOut {
        /// Who.
        service: &'static str,
    },
}

impl UpstreamError {
    /// Whose error it is, as people know the service.
    pub const fn service(&self) -> &'static str {
        match self {
            Self::Rejected { service, .. }
            | Self::AccessDenied { service, .. }
            | Self::NotFound { service, .. }
            | Self::ProjectNotFound { service }
            | Self::AlreadyExists { service }
            | Self::Throttled { service, .. }
            | Self::Unavailable { service, .. }
            | Self::TimedOut { service } => service,
        }
    }

    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Whether the same call may succeed later.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Throttled { .. } | Self::Unavailable { .. } | Self::TimedOut { .. } => true,
            Self::Rejected { .. }
            | Self::AccessDenied { .. }
            | Self::NotFound { .. }
            | Self::ProjectNotFound { .. }
            | Self::AlreadyExists { .. } => false,
        }
    }
}

/// Every way for a request to fail.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// Members of the request will not do.
    #[error("the request has {} fault(s)", .0.len())]
    Invalid(Vec<FieldError>),
    /// The request is fine; the account is not ready.
    #[error("the preflight found what must be mended first")]
    ChecksFailed(Box<Report>),
    /// The name belongs to another account.
    #[error("{0}")]
    Conflict(String),
    /// Other requests change the account at the same time, and this one did not come to its end.
    #[error("{0}")]
    ConcurrentModification(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// A service that we need failed us.
    #[error(transparent)]
    Upstream(UpstreamError),
}

/// What a project has to be that a request names in its member `scope`.
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
    /// One member that will not do.
    pub fn unprocessable(pointer: impl Into<String>, detail: impl Display) -> Self {
        Self::Invalid(vec![FieldError::unprocessable(pointer, detail)])
    }

    /// One member that is not written as the interface says.
    pub fn malformed(pointer: impl Into<String>, detail: impl Display) -> Self {
        Self::Invalid(vec![FieldError::malformed(pointer, detail)])
    }

    /// Whether the same request may succeed later.
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
