//! The report about all accounts, for people: one HTML page and one CSV file.

use std::{cmp::Reverse, time::SystemTime};

use askama::Template;
use gangway_checks::catalogue::iam::KEY_AGE;
use gangway_model::time::to_rfc3339;
use gangway_registration::{
    account_state::{AccountState, Change, CheckState, Expiration, Readiness, Timestamp},
    drift::{DriftedPart, drift_remedy},
};

/// Maximum number of days until a key or certificate expires for the report to list it.
const SOON_DAYS: i64 = 30;

/// Characters that make a spreadsheet program read a cell as a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Column titles of the CSV file.
const COLUMNS: [&str; 15] = [
    "scope",
    "project",
    "name",
    "uid",
    "awsAccountId",
    "partition",
    "method",
    "readiness",
    "since",
    "lastChecked",
    "expires",
    "failedChecks",
    "unverifiedChecks",
    "remedies",
    "drift",
];

/// One account of the report.
#[derive(Clone, Debug)]
pub(crate) struct ReportedAccount {
    /// `tenant` or `project/<uid>`.
    pub(crate) scope: String,
    /// Name of the project, or `Tenant`.
    pub(crate) scope_name: String,
    pub(crate) uid: String,
    pub(crate) checked: SystemTime,
    pub(crate) state: AccountState,
}

/// The report of one run about all accounts. The page lists accounts that are not ready first.
#[derive(Template)]
#[template(path = "accounts.html")]
pub(crate) struct AccountsReport {
    partition: &'static str,
    /// When the report was made.
    now: SystemTime,
    /// When the previous report was made. `None` for the first report.
    previous: Option<Timestamp>,
    /// Accounts in Palette: first those that are not ready, then the unproven ones, then the ready
    /// ones.
    accounts: Vec<ReportedAccount>,
    /// Accounts that Palette does not have any more.
    removed: Vec<ReportedAccount>,
}

impl ReportedAccount {
    fn aws_account_id(&self) -> &str {
        self.state.aws_account_id.as_deref().unwrap_or_default()
    }

    fn method(&self) -> &str {
        self.state.method.as_deref().unwrap_or_default()
    }

    /// Returns the name, or words for an account without one: in Palette, other tools may create
    /// such accounts.
    fn name(&self) -> &str {
        if self.state.name.is_empty() { "(no name)" } else { &self.state.name }
    }

    fn since_for_people(&self) -> String {
        self.state.since.map(|time| time_for_people(time.0)).unwrap_or_default()
    }

    fn check_time_for_people(&self) -> String {
        time_for_people(self.checked)
    }

    fn expires_for_people(&self) -> String {
        self.state.expirations.first().map(expiration_time).unwrap_or_default()
    }

    fn failed_check_ids(&self) -> String {
        self.failed_checks().map(|check| check.id.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn since(&self) -> String {
        self.state.since.map(|time| to_rfc3339(time.0)).unwrap_or_default()
    }

    fn check_time(&self) -> String {
        to_rfc3339(self.checked)
    }

    fn expires(&self) -> String {
        let first = self.state.expirations.first();
        first.map(|first| to_rfc3339(first.expires.0)).unwrap_or_default()
    }

    fn reason(&self) -> &str {
        self.state.reason.as_deref().unwrap_or_default()
    }

    fn failed_checks(&self) -> impl Iterator<Item = &CheckState> {
        self.state.checks.iter().filter(|check| check.outcome == "failed")
    }

    /// Returns the failed checks of severity `blocker`, which keep the account from being ready.
    fn blocking_checks(&self) -> impl Iterator<Item = &CheckState> {
        self.state.checks.iter().filter(|check| check.is_blocking())
    }

    /// Returns the text of each part that differs from what Gangway made.
    fn drift_parts(&self, text: fn(DriftedPart) -> &'static str) -> Vec<&'static str> {
        let drift = self.state.known_drift();
        drift.into_iter().flat_map(|drift| &drift.parts).map(|part| text(*part)).collect()
    }

    fn drift_labels(&self) -> String {
        self.drift_parts(DriftedPart::label).join(", ")
    }

    fn drift_since(&self) -> String {
        self.state.known_drift().map(|drift| time_for_people(drift.since.0)).unwrap_or_default()
    }

    fn drift_remedy(&self) -> &'static str {
        self.state.known_drift().map(|drift| drift_remedy(&drift.parts)).unwrap_or_default()
    }

    fn sort_key(&self) -> (Readiness, &str, &str) {
        (self.state.readiness(), &self.scope_name, &self.state.name)
    }

    fn csv_row(&self) -> [String; COLUMNS.len()] {
        let ids = |outcome: &str| {
            let checks = self.state.checks.iter().filter(|check| check.outcome == outcome);
            checks.map(|check| check.id.as_str()).collect::<Vec<_>>().join(" ")
        };
        let remedies: Vec<_> = self.failed_checks().map(|check| check.remedy.as_str()).collect();
        [
            self.scope.clone(),
            self.scope_name.clone(),
            self.state.name.clone(),
            self.uid.clone(),
            self.aws_account_id().to_owned(),
            self.state.partition.clone(),
            self.method().to_owned(),
            self.state.readiness().id().to_owned(),
            self.since(),
            self.check_time(),
            self.expires(),
            ids("failed"),
            ids("unverified"),
            remedies.join("\n"),
            self.drift_parts(DriftedPart::id).join(" "),
        ]
    }
}

impl AccountsReport {
    /// Creates the report: separates the removed accounts from the others, and sorts the others.
    pub(crate) fn new(
        partition: &'static str,
        now: SystemTime,
        previous: Option<Timestamp>,
        accounts: Vec<ReportedAccount>,
    ) -> Self {
        let (removed, mut accounts): (Vec<_>, Vec<_>) =
            accounts.into_iter().partition(|account| account.state.removed.is_some());
        accounts.sort_by(|one, other| one.sort_key().cmp(&other.sort_key()));
        Self { partition, now, previous, accounts, removed }
    }

    /// Returns the CSV file. It begins with a byte order mark, so that Excel reads letters outside
    /// ASCII correctly.
    ///
    /// # Errors
    ///
    /// Never: the bytes are written to memory.
    pub(crate) fn to_csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
        writer.write_record(COLUMNS)?;
        for account in &self.accounts {
            writer.write_record(account.csv_row().map(escape_formula))?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }

    fn report_time(&self) -> String {
        time_for_people(self.now)
    }

    fn count(&self, readiness: Readiness) -> usize {
        self.accounts_with(readiness).count()
    }

    /// Returns the accounts with this readiness.
    fn accounts_with(&self, readiness: Readiness) -> impl Iterator<Item = &ReportedAccount> {
        self.accounts.iter().filter(move |account| account.state.readiness() == readiness)
    }

    /// Returns the accounts of which something differs from what Gangway made.
    fn drifted(&self) -> Vec<&ReportedAccount> {
        self.accounts.iter().filter(|account| account.state.known_drift().is_some()).collect()
    }

    /// Returns the keys and certificates that expire soon or have expired, with the days left,
    /// sorted by expiry.
    fn soon_expiring(&self) -> Vec<(&ReportedAccount, &Expiration, i64)> {
        let all = self.accounts.iter().flat_map(|account| {
            account.state.expirations.iter().map(move |expiration| (account, expiration))
        });
        let mut soon: Vec<_> = all
            .map(|(account, expiration)| {
                let days_left = expiration.expires.days_left(self.now);
                (account, expiration, days_left)
            })
            .filter(|(.., days_left)| *days_left <= SOON_DAYS)
            .collect();
        soon.sort_by_key(|(.., days_left)| *days_left);
        soon
    }

    /// Returns the changes since the previous report, the newest first.
    fn changes(&self) -> Vec<(&ReportedAccount, &Change)> {
        let is_new = |change: &Change| self.previous.is_some_and(|previous| change.at > previous);
        let all =
            self.accounts.iter().chain(&self.removed).flat_map(|account| {
                account.state.changes.iter().map(move |change| (account, change))
            });
        let mut changes: Vec<_> = all.filter(|(_, change)| is_new(change)).collect();
        changes.sort_by_key(|(_, change)| Reverse(change.at));
        changes
    }

    fn previous(&self) -> Option<String> {
        self.previous.map(|previous| time_for_people(previous.0))
    }
}

/// Returns the words of the report for a change.
fn change_label(change: &Change) -> &'static str {
    match change.change.as_str() {
        "ready" => "is ready",
        "not-ready" => "is not ready",
        "removed" => "is not in Palette any more",
        "expiring" => "has something that expires soon",
        "drifted" => "differs from what Gangway made",
        "restored" => "is again as Gangway made it",
        _ => "has changed",
    }
}

/// Returns the checks that caused a change, or the parts that differ.
fn change_cause(change: &Change) -> String {
    let parts = change.parts.iter().map(|part| part.label());
    change.checks.iter().map(String::as_str).chain(parts).collect::<Vec<_>>().join(", ")
}

fn change_time(change: &Change) -> String {
    time_for_people(change.at.0)
}

fn expiration_time(expiration: &Expiration) -> String {
    time_for_people(expiration.expires.0)
}

/// Returns what a person can do before a key or certificate expires.
fn expiration_remedy(expiration: &Expiration) -> &'static str {
    if expiration.check == KEY_AGE.id {
        "create a new access key, update the account with it, and delete the old one"
    } else {
        "have a new certificate issued, and update the account with it"
    }
}

/// Returns the time to the minute, such as `2026-11-24 09:00`.
fn time_for_people(time: SystemTime) -> String {
    to_rfc3339(time).replace('T', " ").chars().take("2026-11-24 09:00".len()).collect()
}

/// Prefixes a cell so that a spreadsheet program shows it as text and not as a formula. In Palette,
/// every user can choose the name of an account.
fn escape_formula(cell: String) -> String {
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests;
