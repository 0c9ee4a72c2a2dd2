//! Errors of one attempt to send a request, and their conversion to [`UpstreamError`].

use std::{error::Error, time::Duration};

use gangway_model::UpstreamError;

use crate::{
    SERVICE,
    error_response::{ErrorKind, ErrorResponse},
};

/// Delay before a retry after HTTP 429 without a header `Retry-After`.
pub(crate) const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(1);

/// Advice after HTTP 500, because Palette uses this status for rejections and for failures.
const REJECTED_OR_FAILED_ADVICE: &str = "Palette answers like this both if it rejects a request and if it fails, so try again once before you change anything";

/// Remedy if Palette cannot change an account because clusters use it.
const ACCOUNT_IN_USE_REMEDY: &str = "delete the clusters that use the account, or let them use another one, then send the request again";

/// Remedy if the tenant has reached its limit of cloud accounts. Palette also limits clusters, but
/// Gangway creates no clusters.
const LIMIT_REACHED_REMEDY: &str = "delete cloud accounts that nobody needs, or let a tenant administrator raise the resource limit of cloud accounts, then send the request again";

/// Error if the project does not exist or is not visible to the API key. Palette returns the same
/// error for both.
pub(crate) const NO_PROJECT: UpstreamError = UpstreamError::ProjectNotFound { service: SERVICE };

/// Error of one attempt to send a request.
#[derive(Debug)]
pub(crate) enum AttemptError {
    /// Palette has returned an error response.
    Rejected(ErrorResponse),
    /// Palette has returned HTTP 429 and has not executed the request. Contains the value of
    /// `Retry-After`.
    Throttled(Option<Duration>),
    /// The connection or a proxy failed, so there is no response that can be used. A retry may
    /// succeed.
    Transport(Box<dyn Error + Send + Sync>),
    /// The request must not be retried.
    Final(UpstreamError),
}

/// Palette or a proxy has returned an error status without a reason. Contains the status.
#[derive(Debug, thiserror::Error)]
#[error("HTTP status {0}")]
pub(crate) struct BadStatus(pub(crate) u16);

/// The response is not the expected JSON. The error does not contain the message of `serde_json`,
/// because this message may quote values.
#[derive(Debug, thiserror::Error)]
#[error("not the JSON expected ({category:?} at line {line}, column {column})")]
struct InvalidResponse {
    category: serde_json::error::Category,
    line: usize,
    column: usize,
}

/// Returns the error for a response that cannot be parsed as the expected JSON.
pub(crate) fn invalid_response(error: &serde_json::Error) -> UpstreamError {
    unavailable_error(InvalidResponse {
        category: error.classify(),
        line: error.line(),
        column: error.column(),
    })
}

/// Returns the error for a request that got no response, or a response that cannot be used.
pub(crate) fn unavailable_error(source: impl Into<Box<dyn Error + Send + Sync>>) -> UpstreamError {
    UpstreamError::Unavailable { service: SERVICE, source: source.into() }
}

impl From<UpstreamError> for AttemptError {
    fn from(error: UpstreamError) -> Self {
        Self::Final(error)
    }
}

impl AttemptError {
    /// Returns `true` if a request that failed with this error may be sent again.
    pub(crate) const fn is_retryable(&self, is_idempotent: bool) -> bool {
        match self {
            Self::Throttled(_) => true,
            Self::Transport(_) => is_idempotent,
            Self::Rejected(_) | Self::Final(_) => false,
        }
    }

    /// Returns the delay in the header `Retry-After`. Returns zero if there is none.
    pub(crate) fn retry_after(&self) -> Duration {
        match self {
            Self::Throttled(Some(delay)) => *delay,
            Self::Throttled(None) | Self::Rejected(_) | Self::Transport(_) | Self::Final(_) => {
                Duration::ZERO
            }
        }
    }

    /// Returns the reason if Palette refuses the API key, or if the key lacks a permission.
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

    /// Converts the error for use outside this crate. `resource` completes the message "Palette has
    /// no {resource}".
    pub(crate) fn into_upstream(self, resource: &'static str) -> UpstreamError {
        match self {
            Self::Rejected(ErrorResponse { kind, status, reason, .. }) => match kind {
                ErrorKind::InvalidApiKey | ErrorKind::AccessDenied => {
                    UpstreamError::AccessDenied { service: SERVICE, reason }
                }
                ErrorKind::NotFound => UpstreamError::NotFound { service: SERVICE, resource },
                ErrorKind::ProjectNotFound => NO_PROJECT,
                ErrorKind::Other if status == 500 => {
                    let reason = format!("{reason}; {REJECTED_OR_FAILED_ADVICE}");
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
            Self::Transport(source) => unavailable_error(source),
            Self::Final(error) => error,
        }
    }

    /// Converts the error of a request that contains the name of an account, such as a create.
    /// Returns [`UpstreamError::AlreadyExists`] if another account has the name. Otherwise does the
    /// same as [`into_upstream_of_change`](Self::into_upstream_of_change).
    pub(crate) fn into_upstream_naming(self, resource: &'static str) -> UpstreamError {
        match self {
            Self::Rejected(ErrorResponse { kind: ErrorKind::NameConflict, .. })
                if self.remedy_for_state().is_none() =>
            {
                UpstreamError::AlreadyExists { service: SERVICE }
            }
            Self::Rejected(_) | Self::Throttled(_) | Self::Transport(_) | Self::Final(_) => {
                self.into_upstream_of_change(resource)
            }
        }
    }

    /// Converts the error of a request that changes an account. Returns
    /// [`UpstreamError::NotPermittedNow`] if the present state of the account or of the tenant does
    /// not permit the change. Otherwise does the same as [`into_upstream`](Self::into_upstream).
    pub(crate) fn into_upstream_of_change(self, resource: &'static str) -> UpstreamError {
        let remedy_for_state = self.remedy_for_state();
        match (self, remedy_for_state) {
            (Self::Rejected(ErrorResponse { reason, .. }), Some(remedy)) => {
                let reason = format!("{reason}; {remedy}");
                UpstreamError::NotPermittedNow { service: SERVICE, reason }
            }
            (error, _) => error.into_upstream(resource),
        }
    }

    /// Returns the remedy if Palette cannot change an account because clusters use it, or because a
    /// limit is reached. Palette documents no error codes for these cases and uses several
    /// statuses, so this function searches for words in the code and the message.
    fn remedy_for_state(&self) -> Option<&'static str> {
        let Self::Rejected(ErrorResponse { kind, code, reason, .. }) = self else { return None };
        if !matches!(kind, ErrorKind::NameConflict | ErrorKind::Other) {
            return None;
        }
        let letters = |text: &str| {
            let letters = text.chars().filter(char::is_ascii_alphabetic);
            letters.collect::<String>().to_ascii_lowercase()
        };
        let (code, reason) = (letters(code), letters(reason));
        let contains_any = |words: &[&str]| {
            words.iter().any(|words| code.contains(words) || reason.contains(words))
        };
        if contains_any(&["inuse", "isusedby", "beingused"]) {
            Some(ACCOUNT_IN_USE_REMEDY)
        } else if contains_any(&["limitreached", "limitexceeded", "quotareached", "quotaexceeded"])
        {
            Some(LIMIT_REACHED_REMEDY)
        } else {
            None
        }
    }
}
