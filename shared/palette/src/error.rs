//! Errors of one HTTP attempt, and their mapping to [`UpstreamError`].

use std::{error::Error, time::Duration};

use gangway_model::UpstreamError;

use crate::{
    SERVICE,
    error_response::{ErrorKind, ErrorResponse},
};

/// Delay after HTTP 429 without a `Retry-After` header.
pub(crate) const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Hint for HTTP 500, which Palette uses for rejections as well.
const REJECTED_OR_FAILED: &str = "Palette answers like this both if it rejects a request and if it fails, so try again once before you change anything";

/// What to do about an account that clusters use.
const IN_USE: &str = "delete the clusters that use the account, or let them use another one, then send the request again";

/// What to do about a limit of the tenant. Clusters have limits too, which no request of Gangway
/// meets.
const LIMIT_REACHED: &str = "delete cloud accounts that nobody needs, or let a tenant administrator raise the resource limit of cloud accounts, then send the request again";

/// The project does not exist or is not visible to the API key: Palette does not distinguish these.
pub(crate) const NO_PROJECT: UpstreamError = UpstreamError::ProjectNotFound { service: SERVICE };

/// Error of one HTTP attempt.
#[derive(Debug)]
pub(crate) enum AttemptError {
    /// Palette answered with an error.
    Rejected(ErrorResponse),
    /// HTTP 429, with the value of `Retry-After`. Palette did nothing.
    Throttled(Option<Duration>),
    /// No usable response: the connection or a proxy failed. A retry may succeed.
    Transport(Box<dyn Error + Send + Sync>),
    /// Not to be retried.
    Final(UpstreamError),
}

/// Palette or a proxy answered with a status and no reason.
#[derive(Debug, thiserror::Error)]
#[error("HTTP status {0}")]
pub(crate) struct BadStatus(pub(crate) u16);

/// The response is not the expected JSON. The message of `serde_json` is not used: it may quote
/// values.
#[derive(Debug, thiserror::Error)]
#[error("not the JSON expected ({category:?} at line {line}, column {column})")]
struct InvalidResponse {
    category: serde_json::error::Category,
    line: usize,
    column: usize,
}

/// Returns the error for a response that cannot be parsed.
pub(crate) fn invalid_response(error: &serde_json::Error) -> UpstreamError {
    unavailable(InvalidResponse {
        category: error.classify(),
        line: error.line(),
        column: error.column(),
    })
}

/// Returns the error for a request without a usable response.
pub(crate) fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> UpstreamError {
    UpstreamError::Unavailable { service: SERVICE, source: source.into() }
}

impl From<UpstreamError> for AttemptError {
    fn from(error: UpstreamError) -> Self {
        Self::Final(error)
    }
}

impl AttemptError {
    /// Returns `true` if the request may be sent again.
    pub(crate) const fn is_retryable(&self, idempotent: bool) -> bool {
        match self {
            Self::Throttled(_) => true,
            Self::Transport(_) => idempotent,
            Self::Rejected(_) | Self::Final(_) => false,
        }
    }

    /// Returns the value of `Retry-After`; zero if there is none.
    pub(crate) fn retry_after(&self) -> Duration {
        match self {
            Self::Throttled(Some(delay)) => *delay,
            Self::Throttled(None) | Self::Rejected(_) | Self::Transport(_) | Self::Final(_) => {
                Duration::ZERO
            }
        }
    }

    /// Returns Palette's reason if it denied access.
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

    /// Returns `true` if Palette reports that the resource does not exist.
    pub(crate) const fn is_not_found(&self) -> bool {
        matches!(
            self,
            Self::Rejected(ErrorResponse { kind: ErrorKind::NotFound, .. })
                | Self::Final(UpstreamError::NotFound { .. })
        )
    }

    /// Converts to the error that callers receive; `resource` completes "Palette has no
    /// {resource}".
    pub(crate) fn into_upstream(self, resource: &'static str) -> UpstreamError {
        match self {
            Self::Rejected(ErrorResponse { kind, status, reason, .. }) => match kind {
                ErrorKind::InvalidApiKey | ErrorKind::AccessDenied => {
                    UpstreamError::AccessDenied { service: SERVICE, reason }
                }
                ErrorKind::NotFound => UpstreamError::NotFound { service: SERVICE, resource },
                ErrorKind::ProjectNotFound => NO_PROJECT,
                ErrorKind::Other if status == 500 => {
                    let reason = format!("{reason}; {REJECTED_OR_FAILED}");
                    UpstreamError::RejectedOrFailed { service: SERVICE, reason }
                }
                ErrorKind::NameConflict | ErrorKind::Other => {
                    UpstreamError::Rejected { service: SERVICE, reason }
                }
            },
            Self::Throttled(delay) => UpstreamError::Throttled {
                service: SERVICE,
                retry_after: delay.unwrap_or(DEFAULT_RETRY_AFTER),
            },
            Self::Transport(source) => unavailable(source),
            Self::Final(error) => error,
        }
    }

    /// Converts the error like [`into_upstream`](Self::into_upstream), for requests that contain
    /// the name of an account. The name may be taken.
    pub(crate) fn into_upstream_naming(self, resource: &'static str) -> UpstreamError {
        match self {
            Self::Rejected(ErrorResponse { kind: ErrorKind::NameConflict, .. })
                if self.obstacle().is_none() =>
            {
                UpstreamError::AlreadyExists { service: SERVICE }
            }
            Self::Rejected(_) | Self::Throttled(_) | Self::Transport(_) | Self::Final(_) => {
                self.into_upstream_of_change(resource)
            }
        }
    }

    /// Converts the error like [`into_upstream`](Self::into_upstream), for requests that change an
    /// account. Its present state, or that of the tenant, may not permit the change.
    pub(crate) fn into_upstream_of_change(self, resource: &'static str) -> UpstreamError {
        let obstacle = self.obstacle();
        match (self, obstacle) {
            (Self::Rejected(ErrorResponse { reason, .. }), Some(remedy)) => {
                let reason = format!("{reason}; {remedy}");
                UpstreamError::NotPermittedNow { service: SERVICE, reason }
            }
            (error, _) => error.into_upstream(resource),
        }
    }

    /// Returns what is to be done if Palette says that it cannot change an account in its present
    /// state. Palette documents no codes for this, and uses several statuses.
    fn obstacle(&self) -> Option<&'static str> {
        let Self::Rejected(ErrorResponse { kind, code, reason, .. }) = self else { return None };
        if !matches!(kind, ErrorKind::NameConflict | ErrorKind::Other) {
            return None;
        }
        let letters = |text: &str| {
            let letters = text.chars().filter(char::is_ascii_alphabetic);
            letters.collect::<String>().to_ascii_lowercase()
        };
        let (code, reason) = (letters(code), letters(reason));
        let says = |words: &[&str]| {
            words.iter().any(|words| code.contains(words) || reason.contains(words))
        };
        if says(&["inuse", "isusedby", "beingused"]) {
            Some(IN_USE)
        } else if says(&["limitreached", "limitexceeded", "quotareached", "quotaexceeded"]) {
            Some(LIMIT_REACHED)
        } else {
            None
        }
    }
}
