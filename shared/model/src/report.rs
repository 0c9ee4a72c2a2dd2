//! Checks made before anything is kept, and the proof that none of them blocks.

use crate::{AccountId, AuthMethod, Partition};

/// One question of the prerequisite checklist. Its id is stable: callers, runbooks and alarms use it.
#[derive(Debug, Eq, PartialEq)]
pub struct Check {
    /// `<area>.<what-holds-when-it-passes>`.
    pub id: &'static str,
    /// The same for people.
    pub title: &'static str,
    /// What its failing means.
    pub severity: Severity,
    /// The checklist's rows that it answers (C01, D07, …).
    pub covers: &'static [&'static str],
    /// What to do, in general, when it failed. A finding's own remedy names the values at hand.
    pub remedy: &'static str,
}

/// What a failed check means for the registration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// It must not go on.
    Blocker,
    /// It may go on; something will go wrong later, or is unsafe.
    Warning,
    /// Worth knowing.
    Info,
}

/// How a check came out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Not as it should be.
    Failed {
        /// What the caller can do about it.
        remedy: String,
    },
    /// It could not be looked at. Never counts as passed.
    Unverified {
        /// What would let Gangway look.
        remedy: String,
    },
    /// The question does not arise.
    NotApplicable,
}

/// A check, answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The question.
    pub check: &'static Check,
    /// The answer.
    pub outcome: Outcome,
    /// What was seen.
    pub observed: String,
}

impl Check {
    /// It is as it should be.
    pub fn passed(&'static self, observed: impl Into<String>) -> Finding {
        Finding { check: self, outcome: Outcome::Passed, observed: observed.into() }
    }

    /// It is not, and this mends it.
    pub fn failed(
        &'static self,
        observed: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Finding {
        let outcome = Outcome::Failed { remedy: remedy.into() };
        Finding { check: self, outcome, observed: observed.into() }
    }

    /// It could not be looked at, and this would allow it.
    pub fn unverified(
        &'static self,
        observed: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Finding {
        let outcome = Outcome::Unverified { remedy: remedy.into() };
        Finding { check: self, outcome, observed: observed.into() }
    }

    /// The question does not arise, for this reason.
    pub fn not_applicable(&'static self, observed: impl Into<String>) -> Finding {
        Finding { check: self, outcome: Outcome::NotApplicable, observed: observed.into() }
    }
}

impl Finding {
    /// Whether it forbids going on.
    pub fn is_blocking(&self) -> bool {
        self.check.severity == Severity::Blocker && matches!(self.outcome, Outcome::Failed { .. })
    }
}

/// The findings, in the order of the checklist.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// Where the account is.
    pub partition: Partition,
    /// How Palette is to be let in.
    pub method: AuthMethod,
    /// Which account it is, once that is known.
    pub account: Option<AccountId>,
    /// Every check and its answer.
    pub findings: Vec<Finding>,
    /// What else people should know: limits, next steps.
    pub notices: Vec<String>,
}

/// Checks about Gangway's own key and about Palette's own account.
const DEPLOYMENT_CHECKS: [&str; 2] = ["palette.session", "sts.source-account"];

impl Report {
    /// Whether nothing in it blocks.
    pub fn is_ready(&self) -> bool {
        !self.findings.iter().any(Finding::is_blocking)
    }

    /// Whether something blocks that is about this deployment, and about no account: its operator can mend it meanwhile.
    pub fn has_deployment_failure(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.is_blocking() && DEPLOYMENT_CHECKS.contains(&finding.check.id))
    }

    /// Turns what was checked into proof, or hands the report back. A subject that could not be made out is no subject.
    pub fn verify<T>(self, subject: Option<T>) -> Result<Verified<T>, Self> {
        match subject {
            Some(subject) if self.is_ready() => Ok(Verified { subject, report: self }),
            Some(_) | None => Err(self),
        }
    }
}

/// A subject that its preflight cleared. [`Report::verify`] is the only maker, so what was not checked cannot be kept.
#[derive(Debug)]
pub struct Verified<T> {
    subject: T,
    report: Report,
}

impl<T> Verified<T> {
    /// What was verified.
    pub const fn subject(&self) -> &T {
        &self.subject
    }

    /// The report that cleared it.
    pub fn into_report(self) -> Report {
        self.report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static BLOCKER: Check =
        Check { id: "a.b", title: "A", severity: Severity::Blocker, covers: &["C01"], remedy: "" };
    static WARNING: Check =
        Check { id: "a.w", title: "A", severity: Severity::Warning, covers: &["C02"], remedy: "" };

    fn report(findings: Vec<Finding>) -> Report {
        let (partition, method) = (Partition::Aws, AuthMethod::Sts);
        Report { partition, method, account: None, findings, notices: Vec::new() }
    }

    /// Rows: F18.
    #[test]
    fn only_a_report_without_failed_blockers_is_proof() {
        for (finding, ready) in [
            (BLOCKER.passed("seen"), true),
            (BLOCKER.failed("seen", "mend"), false),
            (BLOCKER.unverified("not seen", "allow"), true),
            (BLOCKER.not_applicable("no"), true),
            (WARNING.failed("seen", "mend"), true),
        ] {
            let report = report(vec![WARNING.passed("seen"), finding]);
            assert_eq!(report.is_ready(), ready, "{report:?}");
            assert_eq!(report.clone().verify(Some(())).is_ok(), ready);
            assert!(report.verify(None::<()>).is_err());
        }
    }
}
