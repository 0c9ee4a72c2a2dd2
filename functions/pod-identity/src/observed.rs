//! What was looked at, and what hides it.

use gangway_checks::iam::grants::SimulationOutcome;
use gangway_model::{Check, Finding, UpstreamError};

/// A thing in the customer's account or cluster.
#[derive(Clone, Debug)]
pub(crate) enum Observed<T> {
    /// It is there.
    Present(T),
    /// It is not.
    Absent,
    /// Nobody can tell.
    Inaccessible(Inaccessible),
}

/// Why something cannot be looked at.
#[derive(Clone, Debug)]
pub(crate) struct Inaccessible {
    /// Why.
    pub(crate) reason: String,
    /// What would let Gangway look.
    pub(crate) remedy: String,
    /// It was asked and said no, rather than not reached.
    pub(crate) refused: bool,
}

impl Inaccessible {
    /// The answer that says so, with a command that shows the same to a person (F65).
    pub(crate) fn to_finding(&self, check: &'static Check, command: &str) -> Finding {
        let or = if command.is_empty() { String::new() } else { format!("; or look: {command}") };
        check.unverified(self.reason.clone(), format!("{}{or}", self.remedy))
    }
}

impl<T> Observed<T> {
    /// Sorts what AWS says. What may work later is an error, so that nobody takes it for an answer.
    pub(crate) fn of(
        answer: Result<T, UpstreamError>,
        action: &str,
    ) -> Result<Self, UpstreamError> {
        match answer {
            Ok(there) => Ok(Self::Present(there)),
            Err(UpstreamError::NotFound { .. }) => Ok(Self::Absent),
            Err(error @ (UpstreamError::AccessDenied { .. } | UpstreamError::Rejected { .. })) => {
                Ok(Self::Inaccessible(Inaccessible {
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
    pub(crate) fn map<U>(self, with: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Present(there) => Observed::Present(with(there)),
            Self::Absent => Observed::Absent,
            Self::Inaccessible(hidden) => Observed::Inaccessible(hidden),
        }
    }

    /// What is there.
    pub(crate) const fn present(&self) -> Option<&T> {
        match self {
            Self::Present(there) => Some(there),
            Self::Absent | Self::Inaccessible(_) => None,
        }
    }
}

/// What a role may do, as far as IAM tells.
#[derive(Clone, Debug)]
pub(crate) struct ObservedRole {
    /// Its trust policy.
    pub(crate) trust: Observed<serde_json::Value>,
    /// What is denied of what it needs.
    pub(crate) allowed: Observed<SimulationOutcome>,
}
