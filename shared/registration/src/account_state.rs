//! The state of a registered account in the state table: the results of the last look by the watch.
//! The state table is derived data: if the table is lost, a run of the watch writes the states
//! again.

#[cfg(feature = "state-table")]
mod known_state;
#[cfg(test)]
mod tests;
mod transition;

use std::collections::BTreeSet;

use gangway_model::{AuthMethod, BusEvent, Finding, Report};
use serde::{Deserialize, Serialize};

use crate::drift::DriftedPart;

#[cfg(feature = "state-table")]
pub use known_state::KnownState;
pub use transition::{Look, StateChange};

pub use crate::timestamp::Timestamp;

/// Largest number of changes in a state. Older changes are removed.
const MAX_CHANGES: usize = 20;

/// Longest text of a check in a state, in characters. Longer texts are truncated.
const MAX_TEXT_CHARS: usize = 1000;

/// Largest number of checks in a state. An item of `DynamoDB` has at most 400 KB.
const MAX_CHECKS: usize = 40;

/// Whether a registered account works, as the watch knows it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Readiness {
    NotReady,
    /// No look has shown whether the account works.
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

    /// Returns the words for the readiness that people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotReady => "Not ready",
            Self::Unproven => "Not proven",
            Self::Ready => "Ready",
        }
    }
}

/// The state of one registered account.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccountState {
    pub name: String,
    pub partition: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_account_id: Option<String>,
    /// Whether the account is ready. `None` if no look has shown it yet.
    pub ready: Option<bool>,
    /// When a look first found the present value of `ready`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Reason why the last look does not show whether the account is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The readiness that a look found and that differs from `ready`. A look in a later run
    /// confirms it, or finds `ready` again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unconfirmed: Option<Unconfirmed>,
    /// The checks that failed, were waived, or could not be carried out.
    pub checks: Vec<CheckState>,
    /// Keys and certificates that expire, in the order of their dates.
    pub expirations: Vec<Expiration>,
    /// What Gangway made for the account and now differs. `None` if nothing was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// The last changes, with the newest first.
    pub changes: Vec<Change>,
    /// Outcome events that are not on the event bus yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unpublished: Vec<StoredEvent>,
    /// The delivery of a message that is publishing the events in `unpublished`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<PublisherClaim>,
    /// Id of the run of the watch that wrote this state.
    pub run: String,
    /// When a look first found that the account was removed from Palette.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed: Option<Timestamp>,
}

impl AccountState {
    /// Returns the readiness of the account.
    pub const fn readiness(&self) -> Readiness {
        match self.ready {
            Some(true) => Readiness::Ready,
            Some(false) => Readiness::NotReady,
            None => Readiness::Unproven,
        }
    }

    /// Returns the drift of the account, or `None` if nothing differs or nothing was compared.
    pub fn known_drift(&self) -> Option<&Drift> {
        self.drift.as_ref().filter(|drift| !drift.parts.is_empty())
    }
}

/// A readiness that one look found and that a later run has to confirm.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unconfirmed {
    pub ready: bool,
    pub since: Timestamp,
    /// Id of the run of the watch that first found this readiness.
    pub run: String,
}

/// A check of the last look that did not pass.
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
    /// Returns `None` for a check that passed or is not applicable.
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

    /// Returns `true` if the account is not ready because of this check.
    pub fn is_blocking(&self) -> bool {
        self.severity == "blocker" && self.outcome == "failed"
    }
}

/// A key or certificate of the account that expires.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Expiration {
    /// Id of the check that found the date.
    pub check: String,
    pub expires: Timestamp,
    /// The last announced number of days before the expiration: 30, 14, 7 or 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<i64>,
}

/// What the last recorded comparison found of a vended account.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// The parts that differ from what Gangway makes. Empty if nothing differs.
    pub parts: BTreeSet<DriftedPart>,
    /// When a comparison first found drift, or first found none.
    pub since: Timestamp,
    /// When the comparison was made that changed the parts. Older comparisons change nothing.
    pub compared: Timestamp,
}

/// A change in the history of an account.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    pub at: Timestamp,
    /// `ready`, `not-ready`, `expiring`, `drifted`, `restored` or `removed`.
    pub change: String,
    /// Ids of the checks that caused the change.
    pub checks: Vec<String>,
    /// The parts that differ, for `drifted`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub parts: BTreeSet<DriftedPart>,
}

/// An outcome event that is stored until it is on the event bus.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredEvent {
    pub detail_type: String,
    /// The `detail` of the event: a JSON object, as text.
    pub detail: String,
}

impl From<BusEvent> for StoredEvent {
    fn from(event: BusEvent) -> Self {
        Self { detail_type: event.detail_type.into_owned(), detail: event.detail }
    }
}

impl From<StoredEvent> for BusEvent {
    fn from(event: StoredEvent) -> Self {
        Self { detail_type: event.detail_type.into(), detail: event.detail }
    }
}

/// The right to publish the events of a state. One delivery of a message has this right until the
/// time `until`; other deliveries wait.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublisherClaim {
    pub message: String,
    pub delivery: u32,
    pub until: Timestamp,
}

/// Returns the id of an authentication method.
fn method_id(method: Option<AuthMethod>) -> Option<String> {
    method.map(|method| method.id().to_owned())
}

/// Returns the checks of a report that did not pass. Checks that keep the account from being ready
/// are first.
fn to_check_states(report: &Report) -> Vec<CheckState> {
    let mut checks: Vec<_> = report.findings.iter().filter_map(CheckState::new).collect();
    checks.sort_by_key(|check| !check.is_blocking());
    checks.truncate(MAX_CHECKS);
    checks
}
