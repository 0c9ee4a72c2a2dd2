//! How a look at an account changes its state. No I/O.

use std::time::SystemTime;

use gangway_model::{Check, CloudAccount, Outcome, Report};

use super::{
    AccountState, Change, CheckState, Expiration, MAX_CHANGES, Timestamp, Unconfirmed,
    check_states, method_id,
};

/// Numbers of days before an expiration at which an event is put.
const EXPIRY_NOTICES: [i64; 4] = [1, 7, 14, 30];

/// What a look at an account saw.
#[derive(Clone, Copy, Debug)]
pub enum Look<'a> {
    Checked(&'a Report),
    /// The account cannot be checked, for this reason.
    NotCheckable(&'a str),
}

/// A change that others are told about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StateChange {
    Readiness {
        ready: bool,
        /// `None` if nothing had shown it before.
        previous: Option<bool>,
        /// When it was seen first.
        since: SystemTime,
    },
    /// This check watches something that expires soon.
    Expiring { check: &'static Check, expires: SystemTime, days_left: i64 },
}

impl AccountState {
    /// Returns the state after a look in this run of the watch, and what others are told.
    ///
    /// - A change of readiness is told when a look in a later run agrees with the one that saw it first.
    /// - A check that could not be carried out changes nothing.
    /// - An expiration is told once for each of the four numbers of days.
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
                let seen = state.seen_readiness(report);
                changes.extend(state.apply_readiness(seen, run, now));
                state.checks = state.merged_checks(report);
                changes.extend(state.apply_expirations(report, now));
                state.reason = (state.ready.is_none() && seen.is_none())
                    .then(|| "nothing shows whether the credential works".to_owned());
            }
            Look::NotCheckable(reason) => state.reason = Some(reason.to_owned()),
        }
        for change in &changes {
            state.record(*change, now);
        }
        (state, changes)
    }

    /// Returns the state of an account that Palette does not have any more.
    #[must_use]
    pub fn after_removal(&self, now: SystemTime) -> Self {
        let mut state = Self { removed: Some(Timestamp(now)), unconfirmed: None, ..self.clone() };
        state.add_change("removed", Vec::new(), now);
        state
    }

    /// Returns whether a report shows that the account is ready. `None` if the report leaves it open: what
    /// failed before and could not be checked now has not been fixed.
    fn seen_readiness(&self, report: &Report) -> Option<bool> {
        let is_open = self.checks.iter().any(|before| is_left_open(before, report));
        report.readiness().filter(|ready| !ready || !is_open)
    }

    /// Returns the checks of a report that did not pass. A check that failed before and could not be carried
    /// out now stays as it was.
    fn merged_checks(&self, report: &Report) -> Vec<CheckState> {
        let mut checks = check_states(report);
        for check in &mut checks {
            let before = self.checks.iter().find(|before| before.id == check.id);
            if let Some(before) = before.filter(|before| is_left_open(before, report)) {
                check.clone_from(before);
            }
        }
        checks.sort_by_key(|check| !check.is_blocking());
        checks
    }

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
        // Nobody waits to hear that an account is ready that nobody knew to be otherwise.
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

    /// Replaces the expirations, and returns those to tell.
    fn apply_expirations(&mut self, report: &Report, now: SystemTime) -> Vec<StateChange> {
        let mut changes = Vec::new();
        let before = std::mem::take(&mut self.expirations);
        for finding in &report.findings {
            let (check, Some(expires)) = (finding.check, finding.expires) else { continue };
            let time = Timestamp(expires);
            let days_left = time.days_left(now);
            let last = before.iter().find(|before| before.check == check.id);
            let last = last.filter(|last| same_second(last.expires, time));
            let mut notice = last.and_then(|last| last.notice);
            let due = EXPIRY_NOTICES.into_iter().find(|days| days_left <= *days);
            if let Some(due) = due.filter(|due| notice.is_none_or(|last| *due < last)) {
                notice = Some(due);
                changes.push(StateChange::Expiring { check, expires, days_left });
            }
            let check = check.id.to_owned();
            self.expirations.push(Expiration { check, expires: time, notice });
        }
        // Of what could not be looked at this time, the last known date stays.
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

    fn record(&mut self, change: StateChange, now: SystemTime) {
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

    fn add_change(&mut self, id: &str, checks: Vec<String>, now: SystemTime) {
        let change = Change { at: Timestamp(now), change: id.to_owned(), checks };
        self.changes.insert(0, change);
        self.changes.truncate(MAX_CHANGES);
    }
}

/// Returns `true` if a check kept the account from being ready, and the report could not carry it out.
fn is_left_open(before: &CheckState, report: &Report) -> bool {
    before.is_blocking()
        && report.findings.iter().any(|finding| {
            finding.check.id == before.id && matches!(finding.outcome, Outcome::Unverified { .. })
        })
}

/// Compares as stored: without fractions of a second.
fn same_second(one: Timestamp, other: Timestamp) -> bool {
    let seconds = |Timestamp(time): Timestamp| {
        time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
    };
    seconds(one) == seconds(other)
}
