//! The state of record of a registered account: what Gangway saw when it last validated the account
//! again. It is derived: without it, no account is lost, and one run of the watch makes it again.

#[cfg(feature = "state-table")]
mod known_state;
#[cfg(test)]
mod tests;
mod transition;

use std::time::{Duration, SystemTime};

use gangway_model::{
    AuthMethod, BusEvent, Finding, Report,
    time::{parse_rfc3339, to_rfc3339},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

#[cfg(feature = "state-table")]
pub use known_state::KnownState;
pub use transition::{Look, StateChange};

/// Most changes that a state keeps.
const MAX_CHANGES: usize = 20;

/// Longest text of a check that a state keeps, in characters.
const MAX_TEXT_CHARS: usize = 1000;

/// Most checks that a state keeps. An item of `DynamoDB` has at most 400 KB.
const MAX_CHECKS: usize = 40;

/// A time, written as RFC 3339 in whole seconds.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(pub SystemTime);

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_rfc3339(self.0))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_rfc3339(&text).map(Self).ok_or_else(|| D::Error::custom("not a time of RFC 3339"))
    }
}

impl Timestamp {
    /// Returns the whole days from `now` until this time; negative once it has passed.
    pub fn days_left(self, now: SystemTime) -> i64 {
        let days = |time: Duration| i64::try_from(time.as_secs() / 86_400).unwrap_or(i64::MAX);
        match self.0.duration_since(now) {
            Ok(left) => days(left),
            Err(passed) => -1 - days(passed.duration()),
        }
    }
}

/// Whether an account is known to be ready, or not to be.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Readiness {
    NotReady,
    /// Nothing has shown either.
    Unproven,
    Ready,
}

impl Readiness {
    /// Returns `ready`, `not-ready` or `unproven`.
    pub const fn id(self) -> &'static str {
        match self {
            Self::NotReady => "not-ready",
            Self::Unproven => "unproven",
            Self::Ready => "ready",
        }
    }

    /// Returns the readiness for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotReady => "Not ready",
            Self::Unproven => "Not proven",
            Self::Ready => "Ready",
        }
    }
}

/// The state of one account.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccountState {
    pub name: String,
    pub partition: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_account_id: Option<String>,
    /// `None` if nothing has shown it yet.
    pub ready: Option<bool>,
    /// When a look first saw that the account is ready, or that it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Why nothing shows whether the account is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What a look saw that differs from `ready`, until a second look agrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unconfirmed: Option<Unconfirmed>,
    /// The checks that failed, were waived or could not be carried out.
    pub checks: Vec<CheckState>,
    /// What expires, the first first.
    pub expirations: Vec<Expiration>,
    /// The last changes, the newest first.
    pub changes: Vec<Change>,
    /// Events that are not on the event bus yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unpublished: Vec<StoredEvent>,
    /// Who publishes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<PublisherClaim>,
    /// The run of the watch that wrote this state.
    pub run: String,
    /// When a look first found that Palette does not have the account any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<Timestamp>,
}

impl AccountState {
    /// Returns whether the account is known to be ready.
    pub const fn readiness(&self) -> Readiness {
        match self.ready {
            Some(true) => Readiness::Ready,
            Some(false) => Readiness::NotReady,
            None => Readiness::Unproven,
        }
    }
}

/// What one look saw.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unconfirmed {
    pub ready: bool,
    pub since: Timestamp,
    /// The run of the watch that saw it first.
    pub run: String,
}

/// A check that did not pass.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckState {
    pub id: String,
    /// `blocker`, `warning` or `info`.
    pub severity: String,
    /// `failed`, `waived` or `unverified`.
    pub outcome: String,
    pub observed: String,
    pub remedy: String,
}

impl CheckState {
    /// Returns `None` for a check that passed or does not concern the account.
    fn new(finding: &Finding) -> Option<Self> {
        let remedy = finding.outcome.remedy()?;
        let text = |text: &str| text.chars().take(MAX_TEXT_CHARS).collect();
        Some(Self {
            id: finding.check.id.to_owned(),
            severity: finding.check.severity.id().to_owned(),
            outcome: finding.outcome.id().to_owned(),
            observed: text(&finding.observed),
            remedy: text(remedy),
        })
    }

    /// Returns `true` if it keeps the account from being ready.
    pub fn is_blocking(&self) -> bool {
        self.severity == "blocker" && self.outcome == "failed"
    }
}

/// Something of the account that expires.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Expiration {
    /// Id of the check that watches it.
    pub check: String,
    pub expires: Timestamp,
    /// The number of days left of the last event: 30, 14, 7 or 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<i64>,
}

/// A change of the state.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    pub at: Timestamp,
    /// `ready`, `not-ready`, `expiring` or `removed`.
    pub change: String,
    /// Ids of the checks that say so.
    pub checks: Vec<String>,
}

/// An event for the event bus.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredEvent {
    pub detail_type: String,
    /// A JSON object, as text.
    pub detail: String,
}

impl From<StoredEvent> for BusEvent {
    fn from(event: StoredEvent) -> Self {
        Self { detail_type: event.detail_type.into(), detail: event.detail }
    }
}

/// The delivery of a message that publishes the events of a state. Others wait until its time is over.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublisherClaim {
    pub message: String,
    pub delivery: u32,
    pub until: Timestamp,
}

/// Returns the id of a method, for a state.
fn method_id(method: Option<AuthMethod>) -> Option<String> {
    method.map(|method| method.id().to_owned())
}

/// Returns the checks of a report that did not pass, the most severe first.
fn check_states(report: &Report) -> Vec<CheckState> {
    let mut checks: Vec<_> = report.findings.iter().filter_map(CheckState::new).collect();
    checks.sort_by_key(|check| !check.is_blocking());
    checks.truncate(MAX_CHECKS);
    checks
}
