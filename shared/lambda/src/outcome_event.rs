//! Outcome events, which say what became of an account. `docs/events.md` describes them, and
//! `events/schema` has their schemas.

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

use self::for_people::{capitalize, to_safe_text};
use crate::{ApiError, Response, report_json::outcome_id, response::should_retry};

/// Longest text of `reason` and of `detail` of an error, in characters.
const MAX_TEXT_CHARS: usize = 2000;
/// Longest text of `observed` and of `remedy` of a check, in characters.
const MAX_CHECK_CHARS: usize = 1000;
/// Longest name of an account in the summary, in characters.
const MAX_NAME_CHARS: usize = 128;
/// Longest summary, in characters.
const MAX_SUMMARY_CHARS: usize = 1000;
/// Id of the check about the age of an access key. All other checks with an expiration date are
/// about certificates.
const KEY_AGE_CHECK_ID: &str = "iam.key-age";
/// Largest number of checks, and of invalid fields, that an event lists. EventBridge accepts at
/// most 256 KiB.
const MAX_ITEMS: usize = 40;

/// What a request or a message does with an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccountOperation {
    Register,
    Replace,
    Delete,
    /// Registers a new account of the organization.
    Onboard,
    /// Removes a closed account of the organization.
    Offboard,
    /// Validates a registered account again.
    Watch,
    /// Rotates the access key of a registered account.
    Rotate,
}

impl AccountOperation {
    /// Returns the member `operation` of the event.
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

    /// Returns the subject of the summary's sentence about a rejection.
    const fn rejection_subject(self) -> &'static str {
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
    /// The account that should be removed is not in Palette.
    Absent,
    /// A person should remove the account.
    OffboardingRequested,
    /// The account became ready, or is no longer ready. `previous` is the readiness before, or
    /// `None` if it was not known.
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
    /// These parts of what Gangway made for a vended account differ from it since this time.
    Drifted {
        parts: Vec<&'static str>,
        since: SystemTime,
    },
    /// What Gangway made for a vended account is again as Gangway makes it, since this time.
    Restored {
        since: SystemTime,
    },
    /// Palette uses a new access key, and the old one is deactivated.
    Rotated,
    /// The access key cannot be rotated until a person has done something.
    RotationFailed,
}

impl EventKind {
    /// Returns the `detail-type` of the event.
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
            Self::Drifted { .. } | Self::Restored { .. } => "Gangway Account Drifted",
            Self::Rotated => "Gangway Credential Rotated",
            Self::RotationFailed => "Gangway Rotation Failed",
        }
    }

    /// Returns the member `outcome` of the event.
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
            Self::Drifted { .. } => "drifted",
            Self::Restored { .. } => "restored",
            Self::Rotated => "rotated",
            Self::RotationFailed => "rotation-failed",
        }
    }
}

/// The account that an event is about. Values that are not known are `None`.
#[derive(Clone, Debug, Default)]
pub struct EventAccount {
    /// `tenant` or `project/<uid or name>`.
    pub scope: Option<String>,
    pub name: Option<String>,
    /// Uid of the account in Palette.
    pub uid: Option<String>,
    /// Id of the AWS account.
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
    /// Sets the scope in Palette.
    #[must_use]
    pub fn with_scope(self, scope: &Scope) -> Self {
        Self { scope: Some(scope.to_string()), ..self }
    }
}

/// What became of an account. [`OutcomeEvent::encode`] converts this type to an EventBridge event.
#[derive(Debug)]
pub struct OutcomeEvent {
    kind: EventKind,
    operation: AccountOperation,
    account: EventAccount,
    /// Whether the account is ready. `None` if no check shows that.
    ready: Option<bool>,
    waived_checks: Vec<&'static str>,
    checks: Vec<CheckJson>,
    problem: Option<&'static str>,
    errors: Vec<(String, String)>,
    reason: Option<String>,
    repaired: Vec<&'static str>,
}

/// A failed or waived check, as an event lists it.
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
    /// Returns `None` unless the check failed or its failure was waived.
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

    /// Returns `true` if the check prevents a registration.
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

    /// Returns the event for a registration that succeeded.
    pub fn registered(receipt: &Receipt, operation: AccountOperation) -> Self {
        let kind = EventKind::Registered(receipt.outcome);
        Self::new(kind, operation, receipt.into()).with_report(&receipt.report)
    }

    /// Sets the parts of the role that Gangway changed back to the desired state.
    #[must_use]
    pub fn with_repaired_parts(self, repaired: Vec<&'static str>) -> Self {
        Self { repaired, ..self }
    }

    /// Returns the event for an account that was registered as requested already. Nothing was
    /// checked.
    pub fn unchanged(account: EventAccount, operation: AccountOperation) -> Self {
        Self::new(EventKind::Registered(UpsertOutcome::Unchanged), operation, account)
    }

    /// Returns the event for an account that was removed from Palette.
    pub fn removed(account: EventAccount, operation: AccountOperation) -> Self {
        Self::new(EventKind::Removed, operation, account)
    }

    /// Returns the event for an account that should be removed, but that Palette does not have in
    /// this scope. An earlier run may have removed the account.
    pub fn absent(account: EventAccount, operation: AccountOperation) -> Self {
        Self::new(EventKind::Absent, operation, account)
    }

    /// Returns the event for a request that was rejected. `reason` says why, and what to do.
    pub fn rejected(account: EventAccount, operation: AccountOperation, reason: &str) -> Self {
        let reason = Some(truncate(reason, MAX_TEXT_CHARS));
        Self { reason, ..Self::new(EventKind::Rejected, operation, account) }
    }

    /// Returns the event for an account that a person should remove from Palette, for this reason.
    pub fn offboarding_requested(account: EventAccount, reason: &str) -> Self {
        let kind = EventKind::OffboardingRequested;
        let reason = Some(truncate(reason, MAX_TEXT_CHARS));
        Self { reason, ..Self::new(kind, AccountOperation::Offboard, account) }
    }

    /// Returns the event for an account that became ready, or is no longer ready, at the time
    /// `since`. `previous` is the readiness before, or `None` if it was not known.
    pub fn readiness_changed(
        account: EventAccount,
        ready: bool,
        previous: Option<bool>,
        since: SystemTime,
    ) -> Self {
        let kind = EventKind::ReadinessChanged { ready, previous, since };
        Self::new(kind, AccountOperation::Watch, account)
    }

    /// Returns the event for a key or certificate that expires soon. `check` is the check that
    /// found the expiration date.
    pub fn expiring(
        account: EventAccount,
        check: &'static Check,
        expires: SystemTime,
        days_left: i64,
    ) -> Self {
        let kind = EventKind::CredentialExpiring { check, expires, days_left };
        Self::new(kind, AccountOperation::Watch, account)
    }

    /// Returns the event for a vended account of which these parts differ from what Gangway makes.
    /// `remedy` says what to do.
    pub fn drifted(
        account: EventAccount,
        parts: Vec<&'static str>,
        since: SystemTime,
        remedy: &str,
    ) -> Self {
        let kind = EventKind::Drifted { parts, since };
        let reason = Some(truncate(remedy, MAX_TEXT_CHARS));
        Self { reason, ..Self::new(kind, AccountOperation::Watch, account) }
    }

    /// Returns the event for a vended account that had drifted and is again as Gangway makes it.
    pub fn restored(account: EventAccount, since: SystemTime) -> Self {
        Self::new(EventKind::Restored { since }, AccountOperation::Watch, account)
    }

    /// Returns the event for an access key that was rotated.
    pub fn for_rotation(account: EventAccount) -> Self {
        Self::new(EventKind::Rotated, AccountOperation::Rotate, account)
    }

    /// Returns the event for an access key that cannot be rotated. `reason` says what to do.
    pub fn for_failed_rotation(account: EventAccount, reason: &str) -> Self {
        let reason = Some(truncate(reason, MAX_TEXT_CHARS));
        let kind = EventKind::RotationFailed;
        Self { reason, ..Self::new(kind, AccountOperation::Rotate, account) }
    }

    /// Sets the failed and the waived checks, and the readiness, from a report. Checks that prevent
    /// a registration are first.
    #[must_use]
    pub fn with_report(mut self, report: &Report) -> Self {
        self.checks = report.findings.iter().filter_map(CheckJson::new).collect();
        self.checks.sort_by_key(|check| !check.is_blocking());
        self.checks.truncate(MAX_ITEMS);
        self.waived_checks = report.waived_checks().collect();
        self.ready = report.readiness();
        self
    }

    /// Returns the event for the outcome of a request. Returns `None` if the request changes no
    /// account, or if the outcome is not final: then the response tells the caller to send the
    /// request again, or Lambda retries the event.
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
            // An earlier request may have removed the account, and ended before it published the
            // event.
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

    /// Returns the event to put on the event bus. The ids and the caller are those of the request
    /// in progress.
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
            EventKind::Drifted { parts, since } => {
                put("drift", json!(parts));
                put("since", to_rfc3339(*since).into());
            }
            EventKind::Restored { since } => {
                put("drift", json!([]));
                put("since", to_rfc3339(*since).into());
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

    /// Returns the summary, a sentence for people: the account, what happened, and what to do.
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
                let (what, remedy) = if check.id == KEY_AGE_CHECK_ID {
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
            EventKind::Drifted { parts, .. } => {
                let parts = parts.join(", ").replace('-', " ");
                let remedy = to_summary_part(reason);
                format!("{account} differs from what Gangway made: {parts}. Remedy: {remedy}.")
            }
            EventKind::Restored { .. } => format!("{account} is again as Gangway made it."),
            EventKind::Rotated => format!(
                "The access key of {account} was rotated: Palette uses a new one, and the old one is deactivated."
            ),
            EventKind::RotationFailed => {
                let reason = to_summary_part(reason);
                format!("The access key of {account} could not be rotated: {reason}.")
            }
            EventKind::Rejected => {
                let subject = self.operation.rejection_subject();
                format!("{subject} of {account} was rejected: {}", self.rejection_text())
            }
        };
        truncate(&capitalize(&to_safe_text(&text)), MAX_SUMMARY_CHARS)
    }

    /// Returns the reason of a rejection: a failed check with its remedy, or else an invalid
    /// member, or else `reason`.
    fn rejection_text(&self) -> String {
        let mut blocking = self.checks.iter().filter(|check| check.is_blocking());
        if let Some(CheckJson { id, observed, remedy, .. }) = blocking.next() {
            let more = match blocking.count() {
                0 => String::new(),
                more => format!(" Other failed checks: {more}."),
            };
            let [observed, remedy] = [observed, remedy].map(|text| to_summary_part(text));
            return format!("{observed}. Remedy: {remedy}.{more} See docs/checks.md#{id}");
        }
        let mut errors = self.errors.iter();
        match errors.next() {
            Some((_, detail)) => {
                let more = match errors.len() {
                    0 => String::new(),
                    more => format!(" Other invalid members: {more}."),
                };
                format!("{}.{more}", to_summary_part(detail))
            }
            None => {
                format!(
                    "{}.",
                    to_summary_part(self.reason.as_deref().unwrap_or("no reason is known"))
                )
            }
        }
    }

    /// Returns the words for the account in the summary: its name, AWS account and scope.
    fn account_text(&self) -> String {
        let EventAccount { scope, name, uid, account, .. } = &self.account;
        let name = name.as_ref().or(uid.as_ref());
        let name = name.map(|name| truncate(&to_safe_text(name), MAX_NAME_CHARS));
        let name = name.map_or("an account".to_owned(), |name| format!("account {name}"));
        let account = account.map(|id| format!(" (AWS account {id})")).unwrap_or_default();
        let scope = scope.as_deref().map(|scope| match scope.strip_prefix("project/") {
            Some(project) => format!(" in project {project}"),
            None => format!(" in scope {scope}"),
        });
        format!("{name}{account}{}", scope.unwrap_or_default())
    }
}

/// Returns `true` if sending the same request again cannot succeed.
fn is_final(error: &ApiError) -> bool {
    match error {
        ApiError::Registration(error) => !should_retry(error) && !error.is_retryable(),
        ApiError::PayloadTooLarge | ApiError::UnsupportedMediaType => true,
        // Without a route or a payload there is no account for an event. An internal error is not
        // final.
        ApiError::RouteNotFound
        | ApiError::MethodNotAllowed { .. }
        | ApiError::UnrecognizedEvent
        | ApiError::Internal => false,
    }
}

/// Returns the member `caller` of the event.
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

/// Returns a scope in the form that requests and events use.
fn scope_json(scope: &str) -> Value {
    match scope.strip_prefix("project/") {
        Some(project) => json!({ "project": project }),
        None => scope.into(),
    }
}

/// Returns the text as a part of the summary: safe to read, without a full stop at its end, and
/// at most a third of the summary long.
fn to_summary_part(text: &str) -> String {
    truncate(to_safe_text(text).trim_end_matches('.'), MAX_SUMMARY_CHARS / 3)
}

/// Returns the text with at most `max_chars` characters. A truncated text ends with `…`.
fn truncate(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars - 1) {
        Some((at, _)) if text.chars().nth(max_chars).is_some() => {
            format!("{}…", text.get(..at).unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}
