//! What was looked at, and what hides it.

use gangway_checks::iam::grants::SimulationOutcome;
use gangway_model::{Check, Finding, UpstreamError};

/// A thing in the customer's account or cluster.
#[derive(Clone, Debug)]
pub(crate) enum Seen<T> {
    /// It is there.
    There(T),
    /// It is not.
    Missing,
    /// Nobody can tell.
    Hidden(Hidden),
}

/// Why something cannot be looked at.
#[derive(Clone, Debug)]
pub(crate) struct Hidden {
    /// Why.
    pub(crate) reason: String,
    /// What would let Gangway look.
    pub(crate) remedy: String,
    /// It was asked and said no, rather than not reached.
    pub(crate) refused: bool,
}

impl Hidden {
    /// The answer that says so, with a command that shows the same to a person (F65).
    pub(crate) fn answer(&self, check: &'static Check, command: &str) -> Finding {
        let or = if command.is_empty() { String::new() } else { format!("; or look: {command}") };
        check.unverified(self.reason.clone(), format!("{}{or}", self.remedy))
    }
}

impl<T> Seen<T> {
    /// Sorts what AWS says. What may work later is an error, so that nobody takes it for an answer.
    pub(crate) fn of(
        answer: Result<T, UpstreamError>,
        action: &str,
    ) -> Result<Self, UpstreamError> {
        match answer {
            Ok(there) => Ok(Self::There(there)),
            Err(UpstreamError::NotFound { .. }) => Ok(Self::Missing),
            Err(error @ (UpstreamError::AccessDenied { .. } | UpstreamError::Rejected { .. })) => {
                Ok(Self::Hidden(Hidden {
                    reason: error.to_string(),
                    remedy: format!("allow {action} to the role that Gangway looks with"),
                    refused: true,
                }))
            }
            Err(
                error @ (UpstreamError::ProjectNotFound { .. }
                | UpstreamError::AlreadyExists { .. }
                | UpstreamError::Throttled { .. }
                | UpstreamError::Unavailable { .. }
                | UpstreamError::TimedOut { .. }),
            ) => Err(error),
        }
    }

    /// The same about what is there.
    pub(crate) fn map<U>(self, with: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Self::There(there) => Seen::There(with(there)),
            Self::Missing => Seen::Missing,
            Self::Hidden(hidden) => Seen::Hidden(hidden),
        }
    }

    /// What is there.
    pub(crate) const fn there(&self) -> Option<&T> {
        match self {
            Self::There(there) => Some(there),
            Self::Missing | Self::Hidden(_) => None,
        }
    }
}

/// What a role may do, as far as IAM tells.
#[derive(Clone, Debug)]
pub(crate) struct RoleSeen {
    /// Its trust policy.
    pub(crate) trust: Seen<serde_json::Value>,
    /// What is denied of what it needs.
    pub(crate) allowed: Seen<SimulationOutcome>,
}
