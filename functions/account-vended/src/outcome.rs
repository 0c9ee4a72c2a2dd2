//! How messages come out, and what is worth another try.

use gangway_model::{Finding, Outcome, RegistrationError, Report, UpsertOutcome, UpstreamError};

/// A message came to its end.
#[derive(Debug)]
pub(crate) enum End {
    /// The account is aboard.
    Aboard(UpsertOutcome),
    /// The account was taken out of Palette.
    Removed,
    /// Somebody should take the account out of Palette.
    Reported(String),
    /// There was nothing to do, for this reason.
    Ignored(String),
    /// The account that it tells of was never made.
    NeverMade(String),
}

impl End {
    /// In a word, for metrics.
    pub(crate) const fn id(&self) -> &'static str {
        match self {
            Self::Aboard(UpsertOutcome::Created) => "created",
            Self::Aboard(UpsertOutcome::Updated) => "updated",
            Self::Aboard(UpsertOutcome::Unchanged) => "unchanged",
            Self::Removed => "removed",
            Self::Reported(_) => "reported",
            Self::Ignored(_) => "ignored",
            Self::NeverMade(_) => "creation-failed",
        }
    }

    /// For people.
    pub(crate) fn detail(self) -> Option<String> {
        match self {
            Self::Aboard(_) | Self::Removed => None,
            Self::Reported(why) | Self::Ignored(why) | Self::NeverMade(why) => Some(why),
        }
    }
}

/// Why a message did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Setback {
    /// What it needs is not there yet.
    #[error("{0}")]
    NotYet(String),
    /// The account does not let Gangway do this. It may, once whoever vends it has finished.
    #[error("{0}")]
    Barred(String),
    /// A person has to see to it.
    #[error("{0}")]
    Final(String),
    /// A service failed us: Palette, Organizations, or AWS itself.
    #[error(transparent)]
    Port(#[from] UpstreamError),
}

impl Setback {
    /// What a call within an account failed for.
    pub(crate) fn within(error: UpstreamError) -> Self {
        match error {
            denied @ UpstreamError::AccessDenied { .. } => {
                Self::Barred(format!("the account does not let Gangway in all the way: {denied}"))
            }
            refused @ UpstreamError::Rejected { .. } => Self::Final(refused.to_string()),
            // What was just made is not seen everywhere at once.
            missing @ (UpstreamError::NotFound { .. } | UpstreamError::AlreadyExists { .. }) => {
                Self::NotYet(missing.to_string())
            }
            error @ (UpstreamError::ProjectNotFound { .. }
            | UpstreamError::Throttled { .. }
            | UpstreamError::Unavailable { .. }
            | UpstreamError::TimedOut { .. }) => Self::Port(error),
        }
    }

    /// Whether the same message is worth another try, told by an account that is young or not.
    pub(crate) const fn passes(&self, young: bool) -> bool {
        match self {
            Self::NotYet(_) => true,
            Self::Barred(_) => young,
            Self::Final(_) => false,
            // What is denied here is denied to the deployment itself: its operator can mend that while messages wait.
            Self::Port(error) => {
                error.is_retryable() || matches!(error, UpstreamError::AccessDenied { .. })
            }
        }
    }

    /// Whether nobody can tell: Palette answers 500 to what it refuses and to what fails within it, in the same words.
    pub(crate) const fn doubtful(&self) -> bool {
        matches!(self, Self::Port(UpstreamError::Rejected { .. }))
    }

    /// In a word, for metrics.
    pub(crate) const fn id(&self, passes: bool) -> &'static str {
        match (self, passes) {
            (Self::NotYet(_), _) => "not-yet",
            (Self::Barred(_), true) => "young-account",
            (Self::Barred(_), false) => "denied",
            (Self::Port(_), true) => "upstream-error",
            (Self::Final(_) | Self::Port(_), _) => "failed",
        }
    }
}

impl From<RegistrationError> for Setback {
    fn from(failure: RegistrationError) -> Self {
        match failure {
            RegistrationError::Upstream(error) => Self::Port(error),
            RegistrationError::ChecksFailed(report) => blocked(&report),
            RegistrationError::ConcurrentModification(reason) => Self::NotYet(reason),
            RegistrationError::Conflict(reason) | RegistrationError::NotFound(reason) => {
                Self::Final(reason)
            }
            RegistrationError::Invalid(faults) => {
                let faults: Vec<_> = faults.into_iter().map(|fault| fault.detail).collect();
                Self::Final(faults.join("; "))
            }
        }
    }
}

/// What a report holds that keeps the account out. What is about the deployment must not bury every account.
pub(crate) fn blocked(report: &Report) -> Setback {
    let blockers = || report.findings.iter().filter(|finding| finding.is_blocking());
    let said = blockers().map(said).collect::<Vec<_>>().join("; ");
    if report.has_deployment_failure() { Setback::NotYet(said) } else { Setback::Barred(said) }
}

fn said(finding: &Finding) -> String {
    let Finding { check, observed, outcome } = finding;
    match outcome {
        Outcome::Failed { remedy } => format!("{}: {observed} ({remedy})", check.id),
        Outcome::Passed | Outcome::Unverified { .. } | Outcome::NotApplicable => {
            format!("{}: {observed}", check.id)
        }
    }
}
