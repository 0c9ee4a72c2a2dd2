//! Results of messages, and which errors lead to a retry.

use std::collections::BTreeSet;

use gangway_aws::error::is_expired;
use gangway_lambda::{AccountOperation, EventAccount, OutcomeEvent};

use gangway_model::{Finding, Outcome, RegistrationError, Report, UpsertOutcome, UpstreamError};

use gangway_registration::drift::DriftedPart;

use crate::event::Sender;

/// The result of a message that was handled. SQS deletes the message.
#[derive(Debug)]
pub(crate) enum MessageOutcome {
    /// Palette has the account. The event says whether it was created, updated or unchanged.
    Registered(UpsertOutcome, Box<OutcomeEvent>),
    /// These accounts were removed from Palette.
    Removed(Vec<EventAccount>),
    /// A person should remove the account from Palette, for this reason.
    Reported(String, EventAccount),
    /// Palette does not have the account that is to be removed.
    Absent(String, EventAccount),
    /// The account was compared with what Gangway makes, and these differences were sent to the
    /// watch.
    Compared(BTreeSet<DriftedPart>),
    /// There was nothing to do, for this reason.
    Ignored(String),
    /// The AWS account was never created, for this reason.
    CreationFailed(String),
}

impl MessageOutcome {
    /// Returns the value of the metric dimension `Outcome`.
    pub(crate) const fn id(&self) -> &'static str {
        match self {
            Self::Registered(UpsertOutcome::Created, _) => "created",
            Self::Registered(UpsertOutcome::Updated, _) => "updated",
            Self::Registered(UpsertOutcome::Unchanged, _) => "unchanged",
            Self::Removed(_) => "removed",
            Self::Compared(_) => "compared",
            Self::Reported(..) => "reported",
            Self::Absent(..) | Self::Ignored(_) => "ignored",
            Self::CreationFailed(_) => "creation-failed",
        }
    }

    /// Returns the reason, for the log.
    pub(crate) fn detail(&self) -> Option<String> {
        match self {
            Self::Registered(..) | Self::Removed(_) => None,
            Self::Compared(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| part.id()).collect();
                (!parts.is_empty()).then(|| format!("differs: {}", parts.join(", ")))
            }
            Self::Reported(reason, _)
            | Self::Absent(reason, _)
            | Self::Ignored(reason)
            | Self::CreationFailed(reason) => Some(reason.clone()),
        }
    }

    /// Returns the outcome events to publish. The event `absent` is published only if an earlier
    /// delivery may have removed the account without publishing an event, or if the sender is not
    /// AWS and may wait for an event.
    pub(crate) fn into_events(self, deliveries: u32, sender: Sender) -> Vec<OutcomeEvent> {
        match self {
            // The sweep only asks to compare the role, so an unchanged account needs no event. From
            // the second delivery on, the first delivery may have changed the account.
            Self::Registered(UpsertOutcome::Unchanged, _)
                if sender == Sender::Sweep && deliveries == 1 =>
            {
                Vec::new()
            }
            Self::Registered(_, event) => vec![*event],
            Self::Removed(accounts) => removed_events(accounts),
            Self::Reported(reason, account) => {
                vec![OutcomeEvent::offboarding_requested(account, &reason)]
            }
            Self::Absent(_, account) if deliveries > 1 || sender != Sender::Aws => {
                vec![OutcomeEvent::absent(account, AccountOperation::Offboard)]
            }
            Self::Absent(..) | Self::Compared(_) | Self::Ignored(_) | Self::CreationFailed(_) => {
                Vec::new()
            }
        }
    }
}

/// Returns the events of accounts that were removed from Palette.
pub(crate) fn removed_events(accounts: Vec<EventAccount>) -> Vec<OutcomeEvent> {
    let removed = |account| OutcomeEvent::removed(account, AccountOperation::Offboard);
    accounts.into_iter().map(removed).collect()
}

/// Why a message could not be handled.
///
/// Each variant decides between a retry (SQS delivers the message again after its visibility
/// timeout) and the dead-letter queue:
///
/// | variant | within the grace period | later |
/// |---|---|---|
/// | `NotReady` | retry | retry |
/// | `AccessDenied` | retry | dead-letter queue |
/// | `Permanent` | dead-letter queue | dead-letter queue |
/// | `Upstream`, throttled, unavailable, timed out or access denied | retry | retry |
/// | `Upstream`, rejected | up to 4 deliveries, then dead-letter queue | the same |
/// | `Upstream`, any other | dead-letter queue | dead-letter queue |
///
/// A message that is always retried ends in the dead-letter queue by the queue's redrive policy.
/// An event that is ignored gives no error, but [`MessageOutcome::Ignored`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum VendingError {
    /// Something that is needed does not exist yet, or the deployment itself is not ready.
    #[error("{0}")]
    NotReady(String),
    /// The account denies access. It may allow access once its vending has finished.
    #[error("{0}")]
    AccessDenied(String),
    /// A retry cannot succeed: a person has to change something.
    #[error("{0}")]
    Permanent(String),
    /// A call to Palette, Organizations or another AWS service failed.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
}

impl VendingError {
    /// Converts the error of a call with a session in the member account.
    pub(crate) fn from_account_error(error: UpstreamError) -> Self {
        match error {
            // The next delivery assumes the role again.
            expired @ UpstreamError::AccessDenied { .. } if is_expired(&expired) => {
                Self::NotReady(expired.to_string())
            }
            denied @ UpstreamError::AccessDenied { .. } => {
                Self::AccessDenied(format!("the account denies Gangway access: {denied}"))
            }
            rejected @ (UpstreamError::Rejected { .. }
            | UpstreamError::RejectedOrFailed { .. }
            | UpstreamError::NotPermittedNow { .. }) => Self::Permanent(rejected.to_string()),
            // IAM is eventually consistent: reads may not show a write of a moment ago.
            error @ (UpstreamError::NotFound { .. } | UpstreamError::AlreadyExists { .. }) => {
                Self::NotReady(error.to_string())
            }
            error @ (UpstreamError::ProjectNotFound { .. }
            | UpstreamError::Throttled { .. }
            | UpstreamError::Unavailable { .. }
            | UpstreamError::TimedOut { .. }) => Self::Upstream(error),
        }
    }

    /// Returns `true` if the same message may succeed later.
    pub(crate) const fn is_retryable(&self, in_grace_period: bool) -> bool {
        match self {
            Self::NotReady(_) => true,
            Self::AccessDenied(_) => in_grace_period,
            Self::Permanent(_) => false,
            // The deployment itself is denied access, not only one account. An operator can correct
            // this while the messages stay in the queue.
            Self::Upstream(error) => error.is_retryable() || error.is_access_denied(),
        }
    }

    /// Returns `true` if Gangway cannot know whether the error is permanent or temporary: Palette
    /// responds with status 500 and the same text to an invalid request and to an internal error.
    pub(crate) const fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Upstream(error) if error.is_rejected())
    }

    /// Returns the value of the metric dimension `Outcome`.
    pub(crate) const fn id(&self, retry: bool) -> &'static str {
        match (self, retry) {
            (Self::NotReady(_), _) => "not-yet",
            (Self::AccessDenied(_), true) => "young-account",
            (Self::AccessDenied(_), false) => "denied",
            (Self::Upstream(_), true) => "upstream-error",
            (Self::Permanent(_) | Self::Upstream(_), _) => "failed",
        }
    }
}

impl From<RegistrationError> for VendingError {
    fn from(error: RegistrationError) -> Self {
        match error {
            RegistrationError::Upstream(error) => Self::Upstream(error),
            RegistrationError::ChecksFailed(report) => from_report(&report),
            RegistrationError::ConcurrentModification(reason) => Self::NotReady(reason),
            RegistrationError::Conflict(reason) | RegistrationError::NotFound(reason) => {
                Self::Permanent(reason)
            }
            RegistrationError::Invalid(errors) => {
                let details: Vec<_> = errors.into_iter().map(|error| error.detail).collect();
                Self::Permanent(details.join("; "))
            }
        }
    }
}

/// The error of a message, and whether the message is retried: see [`VendingError`].
#[derive(Debug)]
pub(crate) struct MessageError {
    pub(crate) error: VendingError,
    pub(crate) is_retryable: bool,
    /// Accounts that were removed from Palette before the error occurred. Their events are
    /// published now, because the next delivery does not find the accounts.
    pub(crate) removed: Vec<EventAccount>,
}

impl MessageError {
    /// Creates the error. `in_grace_period` is `true` if the account or its message is so new that
    /// a denied access may become allowed.
    pub(crate) const fn new(error: VendingError, in_grace_period: bool) -> Self {
        let is_retryable = error.is_retryable(in_grace_period);
        Self { error, is_retryable, removed: Vec::new() }
    }
}

/// Converts the blocking findings of a report. A failure that concerns the deployment and not the
/// account gives `NotReady`, so that it does not send every account to the dead-letter queue.
pub(crate) fn from_report(report: &Report) -> VendingError {
    let blocking = report.findings.iter().filter(|finding| finding.is_blocking());
    let reasons = blocking.map(describe_finding).collect::<Vec<_>>().join("; ");
    if report.has_deployment_failure() {
        VendingError::NotReady(reasons)
    } else {
        VendingError::AccessDenied(reasons)
    }
}

fn describe_finding(finding: &Finding) -> String {
    let Finding { check, observed, outcome, .. } = finding;
    match outcome {
        Outcome::Failed { remedy } | Outcome::Waived { remedy } => {
            format!("{}: {observed} ({remedy})", check.id)
        }
        Outcome::Passed | Outcome::Unverified { .. } | Outcome::NotApplicable => {
            format!("{}: {observed}", check.id)
        }
    }
}

#[cfg(test)]
mod tests {
    use gangway_aws::error::{ApiCall, AwsErrorKind, IAM};

    use super::*;

    #[test]
    fn denied_access_is_retried_only_in_the_grace_period() {
        let call = ApiCall { service: IAM, action: "iam:GetRole", resource: "such role" };
        for (code, young, old) in
            [("ExpiredToken", true, true), ("AccessDenied", true, false), ("Other", false, false)]
        {
            let kind = AwsErrorKind::from_code(code, 403);
            let error = || VendingError::from_account_error(call.to_error(kind, Some(code)));
            assert_eq!(error().is_retryable(true), young, "{code}");
            assert_eq!(error().is_retryable(false), old, "{code}");
        }
    }
}
