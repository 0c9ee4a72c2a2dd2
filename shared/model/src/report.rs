//! Checks, their findings, the report, and the proof that no blocking check failed.

use std::{mem, time::SystemTime};

use crate::{AccountId, AuthMethod, Partition};

/// A check of a prerequisite. Its id is stable: callers, runbooks and alarms use it.
#[derive(Debug, Eq, PartialEq)]
pub struct Check {
    /// `<area>.<statement>`: the statement is true if the check passes.
    pub id: &'static str,
    /// What is true if the check passes.
    pub title: &'static str,
    /// The consequence if it fails.
    pub severity: Severity,
    pub subject: CheckSubject,
    /// Ids of the prerequisites that it covers, for `docs/checks.md`.
    pub covers: &'static [&'static str],
    /// The general remedy. A finding's own remedy names the values of the account.
    pub remedy: &'static str,
}

/// The consequence of a failed check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// Prevents the registration.
    Blocker,
    /// Does not prevent the registration; something will fail later, or is insecure.
    Warning,
    Info,
}

impl Severity {
    /// Returns the identifier, in reports and events.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Blocker => "blocker",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// What a check is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CheckSubject {
    /// The account, or the request for it.
    Account,
    /// This deployment: its API key, or Palette's source account.
    Deployment,
}

/// The outcome of a check.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    Passed,
    Failed {
        /// How to fix it.
        remedy: String,
    },
    /// Could not be checked. Never counts as passed.
    Unverified {
        /// What allows Gangway to check it.
        remedy: String,
    },
    /// Failed, and the request waives the check.
    Waived {
        /// How to fix it.
        remedy: String,
    },
    /// The check does not concern this account.
    NotApplicable,
}

impl Outcome {
    /// Returns the identifier, in reports and events.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed { .. } => "failed",
            Self::Unverified { .. } => "unverified",
            Self::Waived { .. } => "waived",
            Self::NotApplicable => "not-applicable",
        }
    }

    /// Returns what to do, if there is something to do.
    pub fn remedy(&self) -> Option<&str> {
        match self {
            Self::Failed { remedy } | Self::Unverified { remedy } | Self::Waived { remedy } => {
                Some(remedy)
            }
            Self::Passed | Self::NotApplicable => None,
        }
    }
}

/// The result of a check.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    pub check: &'static Check,
    pub outcome: Outcome,
    /// What was observed.
    pub observed: String,
    /// When the checked key or certificate expires or is too old, if that is known.
    pub expires: Option<SystemTime>,
}

impl Check {
    pub fn passed(&'static self, observed: impl Into<String>) -> Finding {
        Finding::new(self, Outcome::Passed, observed)
    }

    pub fn failed(
        &'static self,
        observed: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Finding {
        Finding::new(self, Outcome::Failed { remedy: remedy.into() }, observed)
    }

    /// Returns a finding of a check that could not be carried out. `remedy` says how to make it
    /// possible.
    pub fn unverified(
        &'static self,
        observed: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Finding {
        Finding::new(self, Outcome::Unverified { remedy: remedy.into() }, observed)
    }

    pub fn not_applicable(&'static self, observed: impl Into<String>) -> Finding {
        Finding::new(self, Outcome::NotApplicable, observed)
    }
}

impl Finding {
    fn new(check: &'static Check, outcome: Outcome, observed: impl Into<String>) -> Self {
        Self { check, outcome, observed: observed.into(), expires: None }
    }

    /// Adds when the checked key or certificate expires or is too old.
    #[must_use]
    pub fn expiring(self, expires: impl Into<Option<SystemTime>>) -> Self {
        Self { expires: expires.into(), ..self }
    }

    /// Returns `true` if it prevents the registration.
    pub fn is_blocking(&self) -> bool {
        self.check.severity == Severity::Blocker && matches!(self.outcome, Outcome::Failed { .. })
    }
}

/// The findings of all checks of an account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    pub partition: Partition,
    pub method: AuthMethod,
    /// The AWS account, if it is known.
    pub account: Option<AccountId>,
    pub findings: Vec<Finding>,
    /// Limits and next steps.
    pub notices: Vec<String>,
    /// `false` if nothing shows that the credential works, for example because Gangway has no copy of
    /// it. Then the report says neither that the account is ready nor that it is not.
    pub is_proven: bool,
}

impl Report {
    /// Changes the failed findings of these checks to waived.
    pub fn waive(&mut self, checks: &[&'static Check]) {
        for finding in &mut self.findings {
            if let Outcome::Failed { remedy } = &mut finding.outcome
                && checks.contains(&finding.check)
            {
                let remedy = mem::take(remedy);
                finding.outcome = Outcome::Waived { remedy };
            }
        }
    }

    /// Returns the ids of the checks that failed and are waived.
    pub fn waived_checks(&self) -> impl Iterator<Item = &'static str> {
        let is_waived = |finding: &&Finding| matches!(finding.outcome, Outcome::Waived { .. });
        self.findings.iter().filter(is_waived).map(|finding| finding.check.id)
    }

    /// Returns whether the account is ready, or `None` if nothing shows it.
    pub fn readiness(&self) -> Option<bool> {
        let is_ready = self.is_ready();
        (self.is_proven || !is_ready).then_some(is_ready)
    }

    /// Returns `true` if no blocking check failed.
    pub fn is_ready(&self) -> bool {
        !self.findings.iter().any(Finding::is_blocking)
    }

    /// Returns `true` if a blocking check failed that concerns this deployment, not the account:
    /// the operator can fix it, and the same request then succeeds.
    pub fn has_deployment_failure(&self) -> bool {
        self.findings.iter().any(|finding| {
            finding.is_blocking() && finding.check.subject == CheckSubject::Deployment
        })
    }

    /// Returns `subject` as verified.
    ///
    /// # Errors
    ///
    /// Returns the report if a blocking check failed or there is no subject.
    pub fn verify<T>(self, subject: Option<T>) -> Result<Verified<T>, Self> {
        match subject {
            Some(subject) if self.is_ready() => Ok(Verified { subject, report: self }),
            Some(_) | None => Err(self),
        }
    }
}

/// A subject whose report has no failed blocking check. Only [`Report::verify`] creates it, so
/// nothing that was not checked can be registered.
#[derive(Debug)]
pub struct Verified<T> {
    subject: T,
    report: Report,
}

impl<T> Verified<T> {
    pub const fn subject(&self) -> &T {
        &self.subject
    }

    pub fn into_report(self) -> Report {
        self.report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static BLOCKER: Check = Check {
        id: "a.b",
        title: "A",
        severity: Severity::Blocker,
        subject: CheckSubject::Account,
        covers: &["C01"],
        remedy: "",
    };
    static WARNING: Check = Check {
        id: "a.w",
        title: "A",
        severity: Severity::Warning,
        subject: CheckSubject::Account,
        covers: &["C02"],
        remedy: "",
    };

    #[test]
    fn only_failed_findings_of_waived_checks_are_waived() {
        let mut waived =
            report(vec![BLOCKER.failed("seen", "fix it"), WARNING.failed("seen", "fix it")]);
        waived.waive(&[&WARNING]);
        assert_eq!(waived.readiness(), Some(false));
        waived.waive(&[&BLOCKER]);
        assert_eq!(waived.readiness(), Some(true));
        assert_eq!(waived.findings[0].outcome, Outcome::Waived { remedy: "fix it".to_owned() });
        assert_eq!(waived.waived_checks().collect::<Vec<_>>(), ["a.b", "a.w"]);
        let mut other =
            report(vec![BLOCKER.unverified("not seen", "allow"), WARNING.passed("seen")]);
        other.waive(&[&BLOCKER, &WARNING]);
        assert_eq!(other.waived_checks().count(), 0);
    }

    fn report(findings: Vec<Finding>) -> Report {
        let (partition, method) = (Partition::Aws, AuthMethod::Sts);
        Report { partition, method, account: None, findings, notices: Vec::new(), is_proven: true }
    }

    /// Acceptance rows: F18.
    #[test]
    fn only_a_report_without_failed_blockers_is_proof() {
        for (finding, ready) in [
            (BLOCKER.passed("seen"), true),
            (BLOCKER.failed("seen", "fix it"), false),
            (BLOCKER.unverified("not seen", "allow"), true),
            (BLOCKER.not_applicable("no"), true),
            (WARNING.failed("seen", "fix it"), true),
        ] {
            let report = report(vec![WARNING.passed("seen"), finding]);
            assert_eq!(report.is_ready(), ready, "{report:?}");
            assert_eq!(report.clone().verify(Some(())).is_ok(), ready);
            assert_eq!(report.readiness(), Some(ready));
            let unproven = Report { is_proven: false, ..report.clone() };
            assert_eq!(unproven.readiness(), (!ready).then_some(false));
            assert!(report.verify(None::<()>).is_err());
        }
    }
}
