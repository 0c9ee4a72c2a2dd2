//! Envelopes of messages: an EventBridge event, alone or in an SNS notification, or a payload without
//! an envelope.

use gangway_model::{EventOrigin, Partition, time::parse_rfc3339};
use serde_json::Value;

use super::{EventType, InvalidEvent};

/// A message without its SNS envelope.
pub(super) struct EventEnvelope {
    event: Value,
    is_notified: bool,
}

/// Parses a message.
pub(super) fn parse(body: &str) -> Result<EventEnvelope, InvalidEvent> {
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    let value: Value = serde_json::from_str(body).map_err(|_invalid| InvalidEvent::NotJson)?;
    if !value.is_object() {
        return Err(InvalidEvent::NotJson);
    }
    let is_notification = text(&value, "Type") == Some("Notification");
    let mut event = match value.get("Message").and_then(Value::as_str).filter(|_| is_notification) {
        // An SNS message can be any text. If it is not JSON, the event is unknown.
        Some(message) => serde_json::from_str(message).unwrap_or_default(),
        None => value,
    };
    // EventBridge Pipes and input transformers may send `detail` as a JSON string.
    if let Some(detail) = event.get_mut("detail")
        && let Some(inner) = detail.as_str().and_then(|text| serde_json::from_str(text).ok())
    {
        *detail = inner;
    }
    Ok(EventEnvelope { event, is_notified: is_notification })
}

impl EventEnvelope {
    /// Returns `true` if SNS sent the event.
    pub(super) const fn is_notified(&self) -> bool {
        self.is_notified
    }

    pub(super) fn source(&self) -> Option<&str> {
        text(&self.event, "source")
    }

    pub(super) fn detail(&self) -> &Value {
        self.event.get("detail").unwrap_or(&Value::Null)
    }

    pub(super) fn kind(&self) -> EventType {
        if text(&self.event, "detail-type") == Some("AWS Account Vended") {
            return EventType::AccountVended;
        }
        match text(self.detail(), "eventName") {
            Some("CreateManagedAccount") => EventType::CreateManagedAccount,
            Some("UpdateManagedAccount") => EventType::UpdateManagedAccount,
            Some("CreateAccountResult") => EventType::CreateAccountResult,
            Some("AccountJoinedOrganization") => EventType::AccountJoined,
            Some("AccountDepartedOrganization") => EventType::AccountDeparted,
            Some("CloseAccountResult") => EventType::CloseAccountResult,
            Some("RemoveAccountFromOrganization") => EventType::RemoveAccount,
            None if self.account_info().is_some() => EventType::Aft,
            Some(_) | None => EventType::Unknown,
        }
    }

    /// Returns what Account Factory for Terraform sends about an account. Its last message has it within
    /// `Input`, as the message of a failure has, beside `Error`.
    pub(super) fn account_info(&self) -> Option<&Value> {
        let has_failed = ["Error", "Cause"].iter().any(|name| self.event.get(*name).is_some());
        let last = || self.event.pointer("/Input/account_info").filter(|_| !has_failed);
        let info = self.event.get("account_info").or_else(last)?;
        info.get("account").is_some().then_some(info)
    }

    /// Returns when the event was sent, and whether an archive sent it again.
    pub(super) fn origin(&self) -> EventOrigin {
        EventOrigin {
            time: text(&self.event, "time").and_then(parse_rfc3339),
            is_replayed: self.event.get("replay-name").is_some(),
        }
    }

    /// Returns the partition of the event's region, if the event names one.
    pub(super) fn partition(&self) -> Option<Partition> {
        let region = text(self.detail(), "awsRegion").or_else(|| text(&self.event, "region"));
        region.and_then(Partition::from_region)
    }
}

/// Returns a member if it is a string.
pub(super) fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str)
}
