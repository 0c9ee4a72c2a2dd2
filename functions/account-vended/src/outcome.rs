//! How messages come out, and what is worth another try.

use gangway_model::{Finding, Outcome, RegistrationError, Report, UpsertOutcome, UpstreamError};

/// A message came to its end.
#[derive(Debug)]
pub(crate) enum MessageOutcome {
    /// The account is aboard.
    Registered(UpsertOutcome),
    /// The account was taken out of Palette.
    Removed,
    /// Somebody should take the account out of Palette.
    Reported(String),
    /// There was nothing to do, for this reason.
    Ignored(String),
    /// The account that it tells of was never made.
    CreationFailed(String),
}

impl MessageOutcome {
    /// In a word, for metrics.
    pub(crate) const fn id(&self) -> &'static str {
        match self {
            Self::Registered(UpsertOutcome::Created) => "created",
            Self::Registered(UpsertOutcome::Updated) => "updated",
            Self::Registered(UpsertOutcome::Unchanged) => "unchanged",
            Self::Removed => "removed",
            Self::Reported(_) => "reported",
            Self::Ignored(_) => "ignored",
            Self::CreationFailed(_) => "creation-failed",
        }
    }

    /// For people.
    pub(crate) fn detail(self) -> Option<String> {
        match self {
            Self::Registered(_) | Self::Removed => None,
            Self::Reported(why) | Self::Ignored(why) | Self::CreationFailed(why) => Some(why),
        }
    }
}

/// Why a message did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VendingError {
    /// What it needs is not there yet.
    #[error("{0}")]
    NotReady(String),
    /// The account does not let Gangway do this. It may, once whoever vends it has finished.
    #[error("{0}")]
    AccessDenied(String),
    /// A person has to see to it.
    #[error("{0}")]
    Permanent(String),
    /// A service failed us: Palette, Organizations, or AWS itself.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
}

impl VendingError {
    /// What a call within an account failed for.
    pub(crate) fn in_account(error: UpstreamError) -> Self {
        match error {
            denied @ UpstreamError::AccessDenied { .. } => Self::AccessDenied(format!(
                "the account does not let Gangway in all the way: {denied}"
            )),
            refused @ UpstreamError::Rejected { .. } => Self::Permanent(refused.to_string()),
            // What was just made is not seen everywhere at once.
            missing @ (UpstreamError::NotFound { .. } | UpstreamError::AlreadyExists { .. }) => {
                Self::NotReady(missing.to_string())
            }
            error @ (UpstreamError::ProjectNotFound { .. }
            | UpstreamError::Throttled { .. }
            | UpstreamError::Unavailable { .. }
            | UpstreamError::TimedOut { .. }) => Self::Upstream(error),
        }
    }

    /// Whether the same message is worth another try, told by an account that is young or not.
    pub(crate) const fn is_retryable(&self, young: bool) -> bool {
        match self {
            Self::NotReady(_) => true,
            Self::AccessDenied(_) => young,
            Self::Permanent(_) => false,
            // What is denied here is denied to the deployment itself: its operator can mend that while messages wait.
            Self::Upstream(error) => {
                error.is_retryable() || matches!(error, UpstreamError::AccessDenied { .. })
            }
        }
    }

    /// Whether nobody can tell: Palette answers 500 to what it refuses and to what fails within it, in the same words.
    pub(crate) const fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Upstream(UpstreamError::Rejected { .. }))
    }

    /// In a word, for metrics.
    pub(crate) const fn id(&self, passes: bool) -> &'static str {
        match (self, passes) {
            (Self::NotReady(_), _) => "not-yet",
            (Self::AccessDenied(_), true) => "young-account",
            (Self::AccessDenied(_), false) => "denied",
            (Self::Upstream(_), true) => "upstream-error",
            (Self::Permanent(_) | Self::Upstream(_), _) => "failed",
        }
    }
}

impl From<RegistrationError> for VendingError {
    fn from(failure: RegistrationError) -> Self {
        match failure {
            RegistrationError::Upstream(error) => Self::Upstream(error),
            RegistrationError::ChecksFailed(report) => from_report(&report),
            RegistrationError::ConcurrentModification(reason) => Self::NotReady(reason),
            RegistrationError::Conflict(reason) | RegistrationError::NotFound(reason) => {
                Self::Permanent(reason)
            }
            RegistrationError::Invalid(faults) => {
                let faults: Vec<_> = faults.into_iter().map(|fault| fault.detail).collect();
                Self::Permanent(faults.join("; "))
            }
        }
    }
}

/// What a report holds that keeps the account out. What is about the deployment must not bury every account.
pub(crate) fn from_report(report: &Report) -> VendingError {
    let blockers = || report.findings.iter().filter(|finding| finding.is_blocking());
    let said = blockers().map(describe).collect::<Vec<_>>().join("; ");
    if report.has_deployment_failure() {
        VendingError::NotReady(said)
    } else {
        VendingError::AccessDenied(said)
    }
}

fn describe(finding: &Finding) -> String {
    let Finding { check, observed, outcome } = finding;
    match outcome {
        Outcome::Failed { remedy } => format!("{}: {observed} ({remedy})", check.id),
        Outcome::Passed | Outcome::Unverified { .. } | Outcome::NotApplicable => {
            format!("{}: {observed}", check.id)
        }
    }
}
