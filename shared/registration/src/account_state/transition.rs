//! Computes the state of an account after a look. These functions do no I/O.

use std::{collections::BTreeSet, time::SystemTime};

use gangway_model::{Check, CloudAccount, Outcome, Report};

use super::{
    AccountState, Change, CheckState, Drift, Expiration, MAX_CHANGES, Timestamp, Unconfirmed,
    method_id, to_check_states,
};
use crate::drift::{DriftComparison, DriftedPart};

/// The numbers of days before an expiration at which an outcome event announces it.
const EXPIRY_NOTICES: [i64; 4] = [1, 7, 14, 30];

/// The result of one look at an account.
#[derive(Clone, Copy, Debug)]
pub enum Look<'a> {
    /// The report of the checks.
    Checked(&'a Report),
    /// The account cannot be checked, for this reason.
    NotCheckable(&'a str),
}

/// A change of an account's state for which an outcome event is published.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StateChange {
    Readiness {
        ready: bool,
        /// The readiness before. `None` if it was not known.
        previous: Option<bool>,
        /// When a look first found the new readiness.
        since: SystemTime,
    },
    /// A key or certificate expires soon. `check` found its date.
    Expiring { check: &'static Check, expires: SystemTime, days_left: i64 },
}

impl AccountState {
    /// Returns the state after a look in the run `run`, and the changes for which outcome events
    /// are published. `previous` is the state before, if there is one.
    ///
    /// - A change of readiness is returned when a look in a later run confirms it.
    /// - A check that could not be carried out changes nothing.
    /// - An expiration is returned once for each of the four numbers of days in `EXPIRY_NOTICES`.
    pub fn after(
        previous: Option<&Self>,
        account: &CloudAccount,
        look: Look<'_>,
        run: &str,
        now: SystemTime,
    ) -> (Self, Vec<StateChange>) {
        let mut state = previous.cloned().unwrap_or_default();
        state.name.clone_from(&account.name);
        state.partition.clone_from(&account.partition);
        state.method = method_id(account.access.method());
        state.aws_account_id = account.aws_account().map(|id| id.to_string());
        run.clone_into(&mut state.run);
        state.removed = None;
        let mut changes = Vec::new();
        match look {
            Look::Checked(report) => {
                let seen = state.readiness_from_report(report);
                changes.extend(state.apply_readiness(seen, run, now));
                state.checks = state.merge_checks(report);
                changes.extend(state.apply_expirations(report, now));
                state.reason = (state.ready.is_none() && seen.is_none())
                    .then(|| "nothing shows whether the credential works".to_owned());
            }
            Look::NotCheckable(reason) => state.reason = Some(reason.to_owned()),
        }
        for change in &changes {
            state.record_change(*change, now);
        }
        (state, changes)
    }

    /// Returns the state after the account was removed from Palette.
    #[must_use]
    pub fn after_removal(&self, now: SystemTime) -> Self {
        let mut state = Self { removed: Some(Timestamp(now)), unconfirmed: None, ..self.clone() };
        state.add_change("removed", Vec::new(), now);
        state
    }

    /// Returns the state after a comparison of what Gangway made for the account. Returns `None` if
    /// the comparison shows nothing new, or if the state has a newer comparison. An outcome event
    /// is published if the second value is `true`.
    pub fn after_comparison(&self, comparison: &DriftComparison) -> Option<(Self, bool)> {
        let DriftComparison { parts, compared, .. } = comparison;
        let known = self.drift.as_ref();
        let is_old = known.is_some_and(|known| known.compared >= *compared);
        // A role without Gangway's tags is only drift if Gangway has compared the role before: most
        // roles without the tags were created by other people.
        let is_external = known.is_none() && parts.contains(&DriftedPart::OwnershipTags);
        if is_old || is_external || known.is_some_and(|known| known.parts == *parts) {
            return None;
        }
        let was_drifted = known.is_some_and(|known| !known.parts.is_empty());
        let since = match known {
            Some(known) if was_drifted != parts.is_empty() => known.since,
            Some(_) | None => *compared,
        };
        let drift = Drift { parts: parts.clone(), since, compared: *compared };
        let mut state = Self { drift: Some(drift), ..self.clone() };
        let is_change = was_drifted || !parts.is_empty();
        if is_change {
            let id = if parts.is_empty() { "restored" } else { "drifted" };
            let change = Change {
                at: *compared,
                change: id.to_owned(),
                checks: Vec::new(),
                parts: parts.clone(),
            };
            state.insert_change(change);
        }
        Some((state, is_change))
    }

    /// Returns the readiness that a report shows. Returns `None` if the report shows no failure,
    /// but a check that failed before could not be carried out now: the failure may not be fixed
    /// yet.
    fn readiness_from_report(&self, report: &Report) -> Option<bool> {
        let is_open = self.checks.iter().any(|before| is_failure_unverified(before, report));
        report.readiness().filter(|ready| !ready || !is_open)
    }

    /// Returns the checks of a report that did not pass. For a check that failed before and could
    /// not be carried out now, returns the earlier result.
    fn merge_checks(&self, report: &Report) -> Vec<CheckState> {
        let mut checks = to_check_states(report);
        for check in &mut checks {
            let before = self.checks.iter().find(|before| before.id == check.id);
            if let Some(before) = before.filter(|before| is_failure_unverified(before, report)) {
                check.clone_from(before);
            }
        }
        checks.sort_by_key(|check| !check.is_blocking());
        checks
    }

    /// Stores the readiness that a look has found. Returns the change if a look in an earlier run
    /// has found the same readiness.
    fn apply_readiness(
        &mut self,
        seen: Option<bool>,
        run: &str,
        now: SystemTime,
    ) -> Option<StateChange> {
        let ready = seen?;
        if self.ready == Some(ready) {
            self.unconfirmed = None;
            return None;
        }
        // The first known readiness is stored at once, and without an event, if the account is
        // ready.
        if self.ready.is_none() && ready {
            (self.ready, self.since, self.unconfirmed) = (Some(true), Some(Timestamp(now)), None);
            return None;
        }
        match self.unconfirmed.take() {
            Some(first) if first.ready == ready && first.run != run => {
                let previous = self.ready.replace(ready);
                self.since = Some(first.since);
                Some(StateChange::Readiness { ready, previous, since: first.since.0 })
            }
            Some(first) if first.ready == ready => {
                self.unconfirmed = Some(first);
                None
            }
            Some(_) | None => {
                let (since, run) = (Timestamp(now), run.to_owned());
                self.unconfirmed = Some(Unconfirmed { ready, since, run });
                None
            }
        }
    }

    /// Replaces the expirations with those of a report. Returns the expirations to announce now.
    fn apply_expirations(&mut self, report: &Report, now: SystemTime) -> Vec<StateChange> {
        let mut changes = Vec::new();
        let before = std::mem::take(&mut self.expirations);
        for finding in &report.findings {
            let (check, Some(expires)) = (finding.check, finding.expires) else { continue };
            let time = Timestamp(expires);
            let days_left = time.days_left(now);
            let last = before.iter().find(|before| before.check == check.id);
            let last = last.filter(|last| is_same_second(last.expires, time));
            let mut notice = last.and_then(|last| last.notice);
            let due = EXPIRY_NOTICES.into_iter().find(|days| days_left <= *days);
            if let Some(due) = due.filter(|due| notice.is_none_or(|last| *due < last)) {
                notice = Some(due);
                changes.push(StateChange::Expiring { check, expires, days_left });
            }
            let check = check.id.to_owned();
            self.expirations.push(Expiration { check, expires: time, notice });
        }
        // If a check could not be carried out this time, its last known date is kept.
        let is_unknown = |before: &Expiration| {
            report.findings.iter().any(|finding| {
                finding.check.id == before.check
                    && matches!(finding.outcome, Outcome::Unverified { .. })
            }) && self.expirations.iter().all(|known| known.check != before.check)
        };
        let unknown: Vec<_> = before.into_iter().filter(is_unknown).collect();
        self.expirations.extend(unknown);
        self.expirations.sort_by_key(|expiration| expiration.expires);
        changes
    }

    /// Adds a change to the history of the account.
    fn record_change(&mut self, change: StateChange, now: SystemTime) {
        let blocking = || self.checks.iter().filter(|check| check.is_blocking());
        let (id, checks) = match change {
            StateChange::Readiness { ready: true, .. } => ("ready", Vec::new()),
            StateChange::Readiness { ready: false, .. } => {
                ("not-ready", blocking().map(|check| check.id.clone()).collect())
            }
            StateChange::Expiring { check, .. } => ("expiring", vec![check.id.to_owned()]),
        };
        self.add_change(id, checks, now);
    }

    /// Adds an entry to the history of the account, and removes the oldest entry if there are too
    /// many.
    fn add_change(&mut self, id: &str, checks: Vec<String>, now: SystemTime) {
        let parts = BTreeSet::new();
        self.insert_change(Change { at: Timestamp(now), change: id.to_owned(), checks, parts });
    }

    fn insert_change(&mut self, change: Change) {
        self.changes.insert(0, change);
        self.changes.truncate(MAX_CHANGES);
    }
}

/// Returns `true` if a check prevented the readiness before, and is unverified in the report.
fn is_failure_unverified(before: &CheckState, report: &Report) -> bool {
    before.is_blocking()
        && report.findings.iter().any(|finding| {
            finding.check.id == before.id && matches!(finding.outcome, Outcome::Unverified { .. })
        })
}

/// Returns `true` if both times are in the same second. Stored times have no fractions of a second.
fn is_same_second(one: Timestamp, other: Timestamp) -> bool {
    let seconds = |Timestamp(time): Timestamp| {
        time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
    };
    seconds(one) == seconds(other)
}
