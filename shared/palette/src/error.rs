//! Why a call failed, while it is still known whether to repeat it.

use std::{error::Error, time::Duration};

use gangway_model::UpstreamError;

use crate::{
    SERVICE,
    error_response::{ErrorKind, ErrorResponse},
    projects::NO_PROJECT,
};

/// How long to keep away when Palette is asked too often and does not say.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What to make of a status that means both.
const NOT_FOUND_OR_DENIED: &str = "Palette answers so when it refuses and when it fails by itself, so try again once before changing anything";

/// A call that did not do.
#[derive(Debug)]
pub(crate) enum AttemptError {
    /// Palette answered, and said no.
    Rejected(ErrorResponse),
    /// Palette did nothing, since it was asked too often. With its own idea of when to try again.
    Throttled(Option<Duration>),
    /// The connection or a proxy broke. Another try may do.
    Transport(Box<dyn Error + Send + Sync>),
    /// Settled.
    Final(UpstreamError),
}

/// Palette, or something before it, answered with a status that has no reason in it.
#[derive(Debug, thiserror::Error)]
#[error("HTTP status {0}")]
pub(crate) struct BadStatus(pub(crate) u16);

/// Not the JSON that was expected. The parser's own error would quote the value.
#[derive(Debug, thiserror::Error)]
#[error("not the JSON expected ({category:?} at line {line}, column {column})")]
struct InvalidResponse {
    category: serde_json::error::Category,
    line: usize,
    column: usize,
}

/// An answer that cannot be used.
pub(crate) fn invalid_response(error: &serde_json::Error) -> UpstreamError {
    unavailable(InvalidResponse {
        category: error.classify(),
        line: error.line(),
        column: error.column(),
    })
}

/// Palette could not be asked, or what came is no answer.
pub(crate) fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> UpstreamError {
    UpstreamError::Unavailable { service: SERVICE, source: source.into() }
}

impl From<UpstreamError> for AttemptError {
    fn from(error: UpstreamError) -> Self {
        Self::Final(error)
    }
}

impl AttemptError {
    /// Whether to send the call again.
    pub(crate) const fn is_retryable(&self, repeatable: bool) -> bool {
        match self {
            Self::Throttled(_) => true,
            Self::Transport(_) => repeatable,
            Self::Rejected(_) | Self::Final(_) => false,
        }
    }

    /// How long to wait before that, on top of one's own pause.
    pub(crate) fn pause(&self) -> Duration {
        match self {
            Self::Throttled(Some(pause)) => *pause,
            Self::Throttled(None) | Self::Rejected(_) | Self::Transport(_) | Self::Final(_) => {
                Duration::ZERO
            }
        }
    }

    /// Palette's words, if it does not let Gangway in.
    pub(crate) fn access_denied_reason(&self) -> Option<&str> {
        match self {
            Self::Rejected(ErrorResponse {
                kind: ErrorKind::InvalidApiKey | ErrorKind::AccessDenied,
                reason,
                ..
            }) => Some(reason),
            Self::Rejected(_) | Self::Throttled(_) | Self::Transport(_) | Self::Final(_) => None,
        }
    }

    /// Whether Palette says that it has no such thing.
    pub(crate) const fn not_found(&self) -> bool {
        matches!(self, Self::Rejected(ErrorResponse { kind: ErrorKind::NotFound, .. }))
    }

    /// For callers. `what` names what was asked for.
    pub(crate) fn into_upstream(self, what: &'static str) -> UpstreamError {
        match self {
            Self::Rejected(ErrorResponse { kind, status, reason, .. }) => match kind {
                ErrorKind::InvalidApiKey | ErrorKind::AccessDenied => {
                    UpstreamError::AccessDenied { service: SERVICE, reason }
                }
                ErrorKind::NotFound => UpstreamError::NotFound { service: SERVICE, resource: what },
                ErrorKind::ProjectNotFound => NO_PROJECT,
                ErrorKind::Other if status == 500 => {
                    let reason = format!("{reason}; {NOT_FOUND_OR_DENIED}");
                    UpstreamError::Rejected { service: SERVICE, reason }
                }
                ErrorKind::NameConflict | ErrorKind::Other => {
                    UpstreamError::Rejected { service: SERVICE, reason }
                }
            },
            Self::Throttled(pause) => UpstreamError::Throttled {
                service: SERVICE,
                retry_after: pause.unwrap_or(RETRY_AFTER),
            },
            Self::Transport(source) => unavailable(source),
            Self::Final(error) => error,
        }
    }

    /// The same for calls that give an account its name.
    pub(crate) fn into_upstream_naming(self, what: &'static str) -> UpstreamError {
        match self {
            Self::Rejected(ErrorResponse { kind: ErrorKind::NameConflict, .. }) => {
                UpstreamError::AlreadyExists { service: SERVICE }
            }
            Self::Rejected(_) | Self::Throttled(_) | Self::Transport(_) | Self::Final(_) => {
                self.into_upstream(what)
            }
        }
    }
}
