//! Outcome events: what became of an account, for whoever waits for it. `docs/events.md` describes
//! them, and `events/schema` has their schemas.

mod for_people;
#[cfg(test)]
mod tests;

use std::time::SystemTime;

use gangway_http::origin;
use gangway_model::{
    AccountId, AuthMethod, BusEvent, Check, CloudAccount, Finding, Initiator, Outcome, Partition,
    Receipt, RegistrationError, Report, Scope, UpsertOutcome, time::to_rfc3339,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use self::for_people::{capitalized, for_people};
use crate::{ApiError, Response, report_json::outcome_id, response::should_retry};

/// Longest text of a member of an event, in characters.
const MAX_TEXT_CHARS: usize = 2000;
/// Longest text of a check, in characters.
const MAX_CHECK_CHARS: usize = 1000;
/// Longest name of an account in the sentence for people, in characters.
const MAX_NAME_CHARS: usize = 128;
/// Longest sentence for people, in characters.
const MAX_SUMMARY_CHARS: usize = 1000;
/// Id of the check whose expiration is that of an access key. Others are about certificates.
const KEY_AGE: &str = "iam.key-age";
/// Most checks and most invalid fields that an event lists. An event has at most 256 KiB.
const MAX_ITEMS: usize = 40;

/// What a request or a message does with an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccountOperation {
    Register,
    Replace,
    Delete,
    /// A new account of the organization is registered.
    Onboard,
    /// A closed account of the organization is removed.
    Offboard,
    /// A registered account is validated again.
    Watch,
    /// The access key of a registered account is rotated.
    Rotate,
}

impl AccountOperation {
    const fn id(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Onboard => "onboard",
            Self::Offboard => "offboard",
            Self::Watch => "watch",
            Self::Rotate => "rotate",
        }
    }

    /// Completes "… was rejected".
    const fn noun(self) -> &'static str {
        match self {
            Self::Register | Self::Onboard => "The registration",
            Self::Replace => "The replacement",
            Self::Delete | Self::Offboard => "The removal",
            Self::Watch => "The check",
            Self::Rotate => "The rotation",
        }
    }
}

/// What happened to an account.
#[derive(Debug)]
enum EventKind {
    Registered(UpsertOutcome),
    Rejected,
    Removed,
    /// Palette does not have the account that was to be removed.
    Absent,
    /// A person should remove the account.
    OffboardingRequested,
    /// The account is ready, or no longer ready. `previous` is `None` if nothing had shown it before.
    ReadinessChanged {
        ready: bool,
        previous: Option<bool>,
        since: SystemTime,
    },
    /// A key or certificate expires soon.
    CredentialExpiring {
        check: &'static Check,
        expires: SystemTime,
        days_left: i64,
    },
    /// Palette uses a new access key, and the old one is deactivated.
    Rotated,
    /// The access key cannot be rotated until somebody has done something.
    RotationFailed,
}

impl EventKind {
    const fn detail_type(&self) -> &'static str {
        match self {
            Self::Registered(UpsertOutcome::Created | UpsertOutcome::Unchanged) => {
                "Gangway Account Registered"
            }
            Self::Registered(UpsertOutcome::Updated) => "Gangway Account Updated",
            Self::Rejected => "Gangway Account Rejected",
            Self::Removed | Self::Absent => "Gangway Account Removed",
            Self::OffboardingRequested => "Gangway Account Offboarding Requested",
            Self::ReadinessChanged { .. } => "Gangway Account Readiness Changed",
            Self::CredentialExpiring { .. } => "Gangway Credential Expiring",
            Self::Rotated => "Gangway Credential Rotated",
            Self::RotationFailed => "Gangway Rotation Failed",
        }
    }

    const fn outcome(&self) -> &'static str {
        match self {
            Self::Registered(outcome) => outcome_id(*outcome),
            Self::Rejected => "rejected",
            Self::Removed => "removed",
            Self::Absent => "absent",
            Self::OffboardingRequested => "reported",
            Self::ReadinessChanged { ready: true, .. } => "ready",
            Self::ReadinessChanged { ready: false, .. } => "not-ready",
            Self::CredentialExpiring { .. } => "expiring",
            Self::Rotated => "rotated",
            Self::RotationFailed => "rotation-failed",
        }
    }
}

/// An account as an event names it. Parts that are not known are left out.
#[derive(Clone, Debug, Default)]
pub struct EventAccount {
    /// `tenant` or `project/<uid or name>`.
    pub scope: Option<String>,
    pub name: Option<String>,
    /// Uid in Palette.
    pub uid: Option<String>,
    /// The AWS account.
    pub account: Option<AccountId>,
    pub method: Option<AuthMethod>,
    /// ARN of the account's secret.
    pub secret: Option<String>,
}

impl From<&Receipt> for EventAccount {
    fn from(receipt: &Receipt) -> Self {
        Self {
            scope: Some(receipt.scope.to_string()),
            name: Some(receipt.name.to_string()),
            uid: Some(receipt.uid.to_string()),
            account: Some(receipt.account),
            method: Some(receipt.method),
            secret: receipt.secret.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&CloudAccount> for EventAccount {
    fn from(account: &CloudAccount) -> Self {
        Self {
            scope: Some(account.scope.to_string()),
            name: Some(account.name.clone()),
            uid: Some(account.uid.to_string()),
            account: account.aws_account(),
            method: account.access.method(),
            secret: None,
        }
    }
}

impl EventAccount {
    /// Adds the scope in Palette.
    #[must_use]
    pub fn with_scope(self, scope: &Scope) -> Self {
        Self { scope: Some(scope.to_string()), ..self }
    }
}

/// What became of an account. It becomes an event when it is published.
#[derive(Debug)]
pub struct OutcomeEvent {
    kind: EventKind,
    operation: AccountOperation,
    account: EventAccount,
    /// `None` if nothing was checked.
    ready: Option<bool>,
    waived_checks: Vec<&'static str>,
    checks: Vec<CheckJson>,
    problem: Option<&'static str>,
    errors: Vec<(String, String)>,
    reason: Option<String>,
    repaired: Vec<&'static str>,
}

/// A failed or waived check in an event.
#[derive(Debug, Serialize)]
struct CheckJson {
    id: &'static str,
    title: &'static str,
    severity: &'static str,
    outcome: &'static str,
    observed: String,
    remedy: String,
}

impl CheckJson {
    /// Returns `None` for a check that did not fail.
    fn new(finding: &Finding) -> Option<Self> {
        let (outcome, remedy) = match &finding.outcome {
            Outcome::Failed { remedy } => ("failed", remedy),
            Outcome::Waived { remedy } => ("waived", remedy),
            Outcome::Passed | Outcome::Unverified { .. } | Outcome::NotApplicable => return None,
        };
        Some(Self {
            id: finding.check.id,
            title: finding.check.title,
            severity: finding.check.severity.id(),
            outcome,
            observed: truncate(&finding.observed, MAX_CHECK_CHARS),
            remedy: truncate(remedy, MAX_CHECK_CHARS),
        })
    }

    fn is_blocking(&self) -> bool {
        self.outcome == "failed" && self.severity == "blocker"
    }
}

impl OutcomeEvent {
    fn new(kind: EventKind, operation: AccountOperation, account: EventAccount) -> Self {
        Self {
            kind,
            operation,
            account,
            ready: None,
            waived_checks: Vec::new(),
            checks: Vec::new(),
            problem: None,
            errors: Vec::new(),
            reason: None,
            repaired: Vec::new(),
        }
    }

    /// Returns the event of a registration that succeeded.
    pub fn registered(receipt: &Receipt, operation: AccountOperation) -> Self {
        let kind = EventKind::Registered(receipt.outcome);
        Self::new(kind, operation, receipt.into()).with_report(&receipt.report)
    }

    /// Adds the parts of the role that were brought back to the desired state.
    #[must_use]
    pub fn with_repaired_parts(self, repaired: Vec<&'static str>) -> Self {
        Self { repaired, ..self }
    }

    /// Returns the event of an account that was as requested, so that nothing was checked.
    pub fn unchanged(account: EventAccount, operation: AccountOperation) -> Self {
        Self::new(EventKind::Registered(UpsertOutcome::Unchanged), operation, account)
    }

    /// Returns the event of an account that Palette no longer has.
    pub fn removed(account: EventAccount, operation: AccountOperation) -> Self {
        Self::new(EventKind::Removed, operation, account)
    }

    /// Returns the event of an account that was to be removed and that Palette does not have in this scope:
    /// an earlier run may have removed it.
    pub fn absent(account: EventAccount, operation: AccountOperation) -> Self {
        Self::new(EventKind::Absent, operation, account)
    }

    /// Returns the event of a request that cannot succeed as it is. `reason` says what to do.
    pub fn rejected(account: EventAccount, operation: AccountOperation, reason: &str) -> Self {
        let reason = Some(truncate(reason, MAX_TEXT_CHARS));
        Self { reason, ..Self::new(EventKind::Rejected, operation, account) }
    }

    /// Returns the event of an account that a person should remove from Palette, for this reason.
    pub fn offboarding_requested(account: EventAccount, reason: &str) -> Self {
        let kind = EventKind::OffboardingRequested;
        let reason = Some(truncate(reason, MAX_TEXT_CHARS));
        Self { reason, ..Self::new(kind, AccountOperation::Offboard, account) }
    }

    /// Returns the event of an account that is ready, or no longer ready, since this time.
    pub fn readiness_changed(
        account: EventAccount,
        ready: bool,
        previous: Option<bool>,
        since: SystemTime,
    ) -> Self {
        let kind = EventKind::ReadinessChanged { ready, previous, since };
        Self::new(kind, AccountOperation::Watch, account)
    }

    /// Returns the event of a key or certificate that expires soon. `check` watches it.
    pub fn expiring(
        account: EventAccount,
        check: &'static Check,
        expires: SystemTime,
        days_left: i64,
    ) -> Self {
        let kind = EventKind::CredentialExpiring { check, expires, days_left };
        Self::new(kind, AccountOperation::Watch, account)
    }

    /// Returns the event of an access key that was rotated.
    pub fn rotated(account: EventAccount) -> Self {
        Self::new(EventKind::Rotated, AccountOperation::Rotate, account)
    }

    /// Returns the event of an access key that cannot be rotated. `reason` says what to do.
    pub fn rotation_failed(account: EventAccount, reason: &str) -> Self {
        let reason = Some(truncate(reason, MAX_TEXT_CHARS));
        let kind = EventKind::RotationFailed;
        Self { reason, ..Self::new(kind, AccountOperation::Rotate, account) }
    }

    /// Adds the failed and the waived checks of a report. Those that prevent a registration are first.
    #[must_use]
    pub fn with_report(mut self, report: &Report) -> Self {
        self.checks = report.findings.iter().filter_map(CheckJson::new).collect();
        self.checks.sort_by_key(|check| !check.is_blocking());
        self.checks.truncate(MAX_ITEMS);
        self.waived_checks = report.waived_checks().collect();
        self.ready = report.readiness();
        self
    }

    /// Returns the event of a request's outcome. Returns `None` if the outcome is not final: the caller
    /// is told to send the request again, or Lambda retries the event.
    pub(crate) fn of_request(
        operation: AccountOperation,
        mut known: EventAccount,
        outcome: &Result<Response, ApiError>,
    ) -> Option<Self> {
        let error = match outcome {
            Ok(Response::Receipt(receipt)) => return Some(Self::registered(receipt, operation)),
            Ok(Response::Deleted { account }) => {
                let account = account.as_deref().map_or(known, EventAccount::from);
                return Some(Self::removed(account, operation));
            }
            Ok(
                Response::Report(_)
                | Response::Json(_)
                | Response::Accepted(_)
                | Response::Static(_),
            ) => return None,
            Err(error) => error,
        };
        if !is_final(error) {
            return None;
        }
        let is_absent = matches!(error, ApiError::Registration(RegistrationError::NotFound(_)));
        if operation == AccountOperation::Delete && is_absent {
            // An earlier request may have removed it, and ended before it could publish that.
            return Some(Self::absent(known, operation));
        }
        let report = error.report();
        if let Some(report) = report {
            known.account = report.account;
            known.method = Some(report.method);
        }
        let mut event = Self::rejected(known, operation, &error.detail());
        event.problem = Some(error.kind().id);
        if let ApiError::Registration(RegistrationError::Invalid(errors)) = error {
            let errors = errors.iter().take(MAX_ITEMS);
            event.errors = errors
                .map(|error| (error.pointer.clone(), truncate(&error.detail, MAX_TEXT_CHARS)))
                .collect();
        }
        Some(match report {
            Some(report) => event.with_report(report),
            None => event,
        })
    }

    /// Returns the event for the bus. The ids and the caller are those of the request in progress.
    pub fn encode(&self, partition: Partition, trigger: &'static str) -> BusEvent {
        let origin = origin::current();
        let EventAccount { scope, name, uid, account, method, secret } = &self.account;
        let mut detail = Map::new();
        let mut put = |member: &str, value: Value| {
            detail.insert(member.to_owned(), value);
        };
        put("version", 1.into());
        put("requestId", origin.request_id.as_str().into());
        put("correlationId", origin.correlation_id().into());
        if let Some(traceparent) = origin.correlation.traceparent() {
            put("traceparent", traceparent.into());
        }
        put("trigger", trigger.into());
        put("caller", caller_json(&origin.initiator));
        put("operation", self.operation.id().into());
        if let Some(scope) = scope {
            put("scope", scope_json(scope));
        }
        let account = account.map(|account| account.to_string());
        for (member, value) in [
            ("name", name.as_deref()),
            ("uid", uid.as_deref()),
            ("awsAccountId", account.as_deref()),
            ("method", method.map(AuthMethod::id)),
            ("secretArn", secret.as_deref()),
            ("reason", self.reason.as_deref()),
        ] {
            if let Some(value) = value {
                put(member, value.into());
            }
        }
        put("partition", partition.id().into());
        put("outcome", self.kind.outcome().into());
        match &self.kind {
            EventKind::Registered(_) => {
                if let Some(ready) = self.ready {
                    put("ready", ready.into());
                }
            }
            EventKind::ReadinessChanged { ready, previous, since } => {
                put("ready", (*ready).into());
                put("previous", json!(previous));
                put("since", to_rfc3339(*since).into());
            }
            EventKind::CredentialExpiring { check, expires, days_left } => {
                put("credential", check.id.into());
                put("expires", to_rfc3339(*expires).into());
                put("daysLeft", (*days_left).into());
            }
            EventKind::Rejected
            | EventKind::Removed
            | EventKind::Absent
            | EventKind::OffboardingRequested
            | EventKind::Rotated
            | EventKind::RotationFailed => {}
        }
        if !self.waived_checks.is_empty() {
            put("waivedChecks", json!(self.waived_checks));
        }
        if !self.repaired.is_empty() {
            put("repaired", json!(self.repaired));
        }
        put("checks", json!(self.checks));
        if let Some(problem) = self.problem {
            put("problem", format!("urn:gangway:problem:{problem}").into());
        }
        if !self.errors.is_empty() {
            let errors = self.errors.iter();
            let errors =
                errors.map(|(pointer, detail)| json!({"pointer": pointer, "detail": detail}));
            put("errors", errors.collect());
        }
        put("summary", self.summary().into());
        let detail = Value::Object(detail).to_string();
        BusEvent { detail_type: self.kind.detail_type().into(), detail }
    }

    /// Returns one sentence for people: the account, what happened, and what to do.
    fn summary(&self) -> String {
        let account = self.account_text();
        let reason = self.reason.as_deref().unwrap_or_default();
        let text = match &self.kind {
            EventKind::Registered(_) if self.ready == Some(false) => {
                format!("{account} is registered, and is not ready: {}", self.rejection_text())
            }
            EventKind::Registered(UpsertOutcome::Created) => format!("{account} was registered."),
            EventKind::Registered(UpsertOutcome::Updated) if !self.repaired.is_empty() => {
                let parts = self.repaired.join(", ").replace('-', " ");
                format!("{account} was updated: of its role in AWS, Gangway restored {parts}.")
            }
            EventKind::Registered(UpsertOutcome::Updated) => format!("{account} was updated."),
            EventKind::Registered(UpsertOutcome::Unchanged) => {
                format!("{account} is registered; nothing had to be changed.")
            }
            EventKind::Removed => format!("{account} was removed from Palette."),
            EventKind::Absent => format!("{account} is not in Palette."),
            EventKind::OffboardingRequested => format!("{account} should be removed: {reason}."),
            EventKind::ReadinessChanged { ready: true, .. } => format!("{account} is ready again."),
            EventKind::ReadinessChanged { ready: false, .. } => {
                format!("{account} is not ready any more: {}", self.rejection_text())
            }
            EventKind::CredentialExpiring { check, expires, days_left } => {
                let date = to_rfc3339(*expires);
                let date = date.split('T').next().unwrap_or_default();
                let (what, remedy) = if check.id == KEY_AGE {
                    let remedy =
                        "create a new access key, PUT the account with it, delete the old one";
                    (format!("The access key of {account} should be rotated by {date}"), remedy)
                } else {
                    let remedy = "have a new certificate issued, and PUT the account with it";
                    (format!("A certificate of {account} expires on {date}"), remedy)
                };
                let left = match days_left {
                    ..0 => "that day has passed".to_owned(),
                    0 => "less than a day is left".to_owned(),
                    1 => "one day is left".to_owned(),
                    days => format!("{days} days are left"),
                };
                format!("{what}: {left}. Remedy: {remedy}. See docs/checks.md#{}", check.id)
            }
            EventKind::Rotated => format!(
                "The access key of {account} was rotated: Palette uses a new one, and the old one is deactivated."
            ),
            EventKind::RotationFailed => {
                let reason = sentence(reason);
                format!("The access key of {account} could not be rotated: {reason}.")
            }
            EventKind::Rejected => {
                let noun = self.operation.noun();
                format!("{noun} of {account} was rejected: {}", self.rejection_text())
            }
        };
        truncate(&capitalized(&for_people(&text)), MAX_SUMMARY_CHARS)
    }

    fn rejection_text(&self) -> String {
        let mut blocking = self.checks.iter().filter(|check| check.is_blocking());
        if let Some(CheckJson { id, observed, remedy, .. }) = blocking.next() {
            let more = match blocking.count() {
                0 => String::new(),
                more => format!(" Other failed checks: {more}."),
            };
            let [observed, remedy] = [observed, remedy].map(|text| sentence(text));
            return format!("{observed}. Remedy: {remedy}.{more} See docs/checks.md#{id}");
        }
        let mut errors = self.errors.iter();
        match errors.next() {
            Some((_, detail)) => {
                let more = match errors.len() {
                    0 => String::new(),
                    more => format!(" Other invalid members: {more}."),
                };
                format!("{}.{more}", sentence(detail))
            }
            None => {
                format!("{}.", sentence(self.reason.as_deref().unwrap_or("no reason is known")))
            }
        }
    }

    fn account_text(&self) -> String {
        let EventAccount { scope, name, uid, account, .. } = &self.account;
        let name = name.as_ref().or(uid.as_ref());
        let name = name.map(|name| truncate(&for_people(name), MAX_NAME_CHARS));
        let name = name.map_or("an account".to_owned(), |name| format!("account {name}"));
        let account = account.map(|id| format!(" (AWS account {id})")).unwrap_or_default();
        let scope = scope.as_deref().map(|scope| match scope.strip_prefix("project/") {
            Some(project) => format!(" in project {project}"),
            None => format!(" in scope {scope}"),
        });
        format!("{name}{account}{}", scope.unwrap_or_default())
    }
}

/// Returns `true` if the same request cannot succeed later.
fn is_final(error: &ApiError) -> bool {
    match error {
        ApiError::Registration(error) => !should_retry(error) && !error.is_retryable(),
        ApiError::PayloadTooLarge | ApiError::UnsupportedMediaType => true,
        // No account is known that it could be about.
        ApiError::RouteNotFound
        | ApiError::MethodNotAllowed { .. }
        | ApiError::UnrecognizedEvent
        | ApiError::Internal => false,
    }
}

fn caller_json(initiator: &Initiator) -> Value {
    let mut caller = Map::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            caller.insert(name.to_owned(), value.into());
        }
    };
    match initiator {
        Initiator::Caller { arn, account, source_ip } => {
            put("arn", arn.as_ref().map(ToString::to_string));
            put("accountId", account.map(|account| account.to_string()));
            put("sourceIp", source_ip.map(|ip| ip.to_string()));
        }
        Initiator::Event { id, source, account } => {
            put("eventId", id.as_ref().map(ToString::to_string));
            put("eventSource", source.as_ref().map(ToString::to_string));
            put("accountId", account.map(|account| account.to_string()));
        }
        Initiator::DirectInvocation => {}
    }
    Value::Object(caller)
}

/// Returns a scope as requests and events name it.
fn scope_json(scope: &str) -> Value {
    match scope.strip_prefix("project/") {
        Some(project) => json!({ "project": project }),
        None => scope.into(),
    }
}

/// Returns a part of the summary: without a full stop, and short enough that the rest fits.
fn sentence(text: &str) -> String {
    truncate(for_people(text).trim_end_matches('.'), MAX_SUMMARY_CHARS / 3)
}

fn truncate(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars - 1) {
        Some((at, _)) if text.chars().nth(max_chars).is_some() => {
            format!("{}…", text.get(..at).unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}
