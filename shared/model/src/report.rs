//! Checks, their findings, the report of all findings, and [`Verified`], which proves that no
//! blocking check failed.

use std::{mem, time::SystemTime};

use crate::{AccountId, AuthMethod, Partition};

/// A check: one question that Gangway answers about an account. Do not change the id of a check,
/// because callers, runbooks and alarms use it.
#[derive(Debug, Eq, PartialEq)]
pub struct Check {
    /// The id, in the form `<area>.<statement>`. The statement is true if the check passes.
    pub id: &'static str,
    /// A sentence that is true if the check passes.
    pub title: &'static str,
    /// The consequence if the check fails.
    pub severity: Severity,
    pub subject: CheckSubject,
    /// The ids of the prerequisites that the check covers, for `docs/checks.md`.
    pub covers: &'static [&'static str],
    /// The remedy for every account. The remedy of a finding also contains values of the one
    /// account that was checked.
    pub remedy: &'static str,
}

/// The consequence of a failed check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// The failed check prevents the registration.
    Blocker,
    /// The failed check does not prevent the registration. Something will fail later or is
    /// insecure.
    Warning,
    /// The failed check does not prevent the registration, and has no known bad effect.
    Info,
}

impl Severity {
    /// Returns the id of the severity, as reports and events contain it.
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
    /// The check is about the AWS account, or about the request to register it.
    Account,
    /// The check is about this deployment of Gangway, for example its API key for Palette.
    Deployment,
}

/// The outcome of a check for one account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    Passed,
    Failed {
        /// What a person can do to make the check pass.
        remedy: String,
    },
    /// Gangway could not carry out the check. This outcome never counts as passed.
    Unverified {
        /// What a person can do so that Gangway can carry out the check.
        remedy: String,
    },
    /// The check failed, and the request waives it, so it does not prevent the registration.
    Waived {
        /// What a person can do to make the check pass.
        remedy: String,
    },
    /// The check does not concern this account.
    NotApplicable,
}

impl Outcome {
    /// Returns the id of the outcome, as reports and events contain it.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed { .. } => "failed",
            Self::Unverified { .. } => "unverified",
            Self::Waived { .. } => "waived",
            Self::NotApplicable => "not-applicable",
        }
    }

    /// Returns the remedy, or `None` if the check passed or is not applicable.
    pub fn remedy(&self) -> Option<&str> {
        match self {
            Self::Failed { remedy } | Self::Unverified { remedy } | Self::Waived { remedy } => {
                Some(remedy)
            }
            Self::Passed | Self::NotApplicable => None,
        }
    }
}

/// The result of one check of one account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    pub check: &'static Check,
    pub outcome: Outcome,
    /// What Gangway observed in the account, as a sentence.
    pub observed: String,
    /// The time at which the checked key or certificate expires, or becomes older than is allowed.
    /// `None` if Gangway does not know the time, or the check is about something else.
    pub expires: Option<SystemTime>,
}

impl Check {
    /// Returns a finding with the outcome "passed".
    pub fn passed(&'static self, observed: impl Into<String>) -> Finding {
        Finding::new(self, Outcome::Passed, observed)
    }

    /// Returns a finding with the outcome "failed". `remedy` says what makes the check pass.
    pub fn failed(
        &'static self,
        observed: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Finding {
        Finding::new(self, Outcome::Failed { remedy: remedy.into() }, observed)
    }

    /// Returns a finding of a check that Gangway could not carry out. `remedy` says what a person
    /// can do so that Gangway can carry it out.
    pub fn unverified(
        &'static self,
        observed: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Finding {
        Finding::new(self, Outcome::Unverified { remedy: remedy.into() }, observed)
    }

    /// Returns a finding of a check that does not concern the account.
    pub fn not_applicable(&'static self, observed: impl Into<String>) -> Finding {
        Finding::new(self, Outcome::NotApplicable, observed)
    }
}

impl Finding {
    fn new(check: &'static Check, outcome: Outcome, observed: impl Into<String>) -> Self {
        Self { check, outcome, observed: observed.into(), expires: None }
    }

    /// Returns the finding with the time at which the checked key or certificate expires, or
    /// becomes older than is allowed.
    #[must_use]
    pub fn expiring(self, expires: impl Into<Option<SystemTime>>) -> Self {
        Self { expires: expires.into(), ..self }
    }

    /// Returns `true` if the finding prevents the registration.
    pub fn is_blocking(&self) -> bool {
        self.check.severity == Severity::Blocker && matches!(self.outcome, Outcome::Failed { .. })
    }
}

/// The findings of all checks of an account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    pub partition: Partition,
    pub method: AuthMethod,
    /// The AWS account, if Gangway knows it.
    pub account: Option<AccountId>,
    pub findings: Vec<Finding>,
    /// Sentences about limits and next steps, which are not results of checks.
    pub notices: Vec<String>,
    /// `false` if no finding shows that the credential works, for example because Gangway has no
    /// copy of the credential. Such a report does not show that the account is ready.
    pub is_proven: bool,
}

impl Report {
    /// Changes the outcome of the findings of these checks from failed to waived.
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

    /// Returns the ids of the checks whose outcome is waived.
    pub fn waived_checks(&self) -> impl Iterator<Item = &'static str> {
        let is_waived = |finding: &&Finding| matches!(finding.outcome, Outcome::Waived { .. });
        self.findings.iter().filter(is_waived).map(|finding| finding.check.id)
    }

    /// Returns `Some(false)` if a blocking check failed, `Some(true)` if no blocking check failed
    /// and the report shows that the credential works, and otherwise `None`.
    pub fn readiness(&self) -> Option<bool> {
        let is_ready = self.is_ready();
        (self.is_proven || !is_ready).then_some(is_ready)
    }

    /// Returns `true` if no blocking check failed.
    pub fn is_ready(&self) -> bool {
        !self.findings.iter().any(Finding::is_blocking)
    }

    /// Returns `true` if a blocking check failed that is about this deployment of Gangway and not
    /// about the account. The operator can fix the deployment, and the caller can then send the
    /// same request again.
    pub fn has_deployment_failure(&self) -> bool {
        self.findings.iter().any(|finding| {
            finding.is_blocking() && finding.check.subject == CheckSubject::Deployment
        })
    }

    /// Returns `subject`, such as a registration, together with this report as proof that no
    /// blocking check failed.
    ///
    /// # Errors
    ///
    /// Returns the report if a blocking check failed, or if `subject` is `None`.
    pub fn verify<T>(self, subject: Option<T>) -> Result<Verified<T>, Self> {
        match subject {
            Some(subject) if self.is_ready() => Ok(Verified { subject, report: self }),
            Some(_) | None => Err(self),
        }
    }
}

/// A value, such as a registration, and its report, in which no blocking check failed. Only
/// [`Report::verify`] creates this type, so Gangway cannot register an account without checks.
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
    fn only_failed_findings_become_waived_findings() {
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
    fn only_a_report_without_failed_blocker_verifies_its_subject() {
        for (finding, is_ready) in [
            (BLOCKER.passed("seen"), true),
            (BLOCKER.failed("seen", "fix it"), false),
            (BLOCKER.unverified("not seen", "allow"), true),
            (BLOCKER.not_applicable("no"), true),
            (WARNING.failed("seen", "fix it"), true),
        ] {
            let report = report(vec![WARNING.passed("seen"), finding]);
            assert_eq!(report.is_ready(), is_ready, "{report:?}");
            assert_eq!(report.clone().verify(Some(())).is_ok(), is_ready);
            assert_eq!(report.readiness(), Some(is_ready));
            let unproven = Report { is_proven: false, ..report.clone() };
            assert_eq!(unproven.readiness(), (!is_ready).then_some(false));
            assert!(report.verify(None::<()>).is_err());
        }
    }
}
