//! Envelopes of messages: an EventBridge event, alone or in an SNS notification, or a payload
//! without an envelope.

use gangway_model::{EventOrigin, Partition, time::parse_rfc3339};
use serde_json::Value;

use super::{EventType, InvalidEvent};

/// A message, taken out of its SNS notification if there is one.
pub(super) struct EventEnvelope {
    event: Value,
    is_from_sns: bool,
}

/// Parses the body of an SQS message as JSON, and removes the SNS notification around the event.
pub(super) fn parse(body: &str) -> Result<EventEnvelope, InvalidEvent> {
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    let value: Value = serde_json::from_str(body).map_err(|_invalid| InvalidEvent::NotJson)?;
    if !value.is_object() {
        return Err(InvalidEvent::NotJson);
    }
    let is_notification = string_member(&value, "Type") == Some("Notification");
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
    Ok(EventEnvelope { event, is_from_sns: is_notification })
}

impl EventEnvelope {
    /// Returns `true` if the event came in an SNS notification.
    pub(super) const fn is_from_sns(&self) -> bool {
        self.is_from_sns
    }

    pub(super) fn source(&self) -> Option<&str> {
        string_member(&self.event, "source")
    }

    pub(super) fn detail(&self) -> &Value {
        self.event.get("detail").unwrap_or(&Value::Null)
    }

    /// Returns the type of the event, from `detail-type` and `eventName`.
    pub(super) fn kind(&self) -> EventType {
        if string_member(&self.event, "detail-type") == Some("AWS Account Vended") {
            return EventType::AccountVended;
        }
        match string_member(self.detail(), "eventName") {
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

    /// Returns the member `account_info` of a message of Account Factory for Terraform. The last
    /// message about an account contains `account_info` within `Input`. A message about a failure
    /// does too, and is ignored: it also has the member `Error` or `Cause`.
    pub(super) fn account_info(&self) -> Option<&Value> {
        let has_failed = ["Error", "Cause"].iter().any(|name| self.event.get(*name).is_some());
        let last = || self.event.pointer("/Input/account_info").filter(|_| !has_failed);
        let info = self.event.get("account_info").or_else(last)?;
        info.get("account").is_some().then_some(info)
    }

    /// Returns when the event was sent, and whether an archive of EventBridge replayed the event.
    pub(super) fn origin(&self) -> EventOrigin {
        EventOrigin {
            time: string_member(&self.event, "time").and_then(parse_rfc3339),
            is_replayed: self.event.get("replay-name").is_some(),
        }
    }

    /// Returns the partition of the region that the event names, or `None` if it names no region.
    pub(super) fn partition(&self) -> Option<Partition> {
        let region = string_member(self.detail(), "awsRegion")
            .or_else(|| string_member(&self.event, "region"));
        region.and_then(Partition::from_region)
    }
}

/// Returns the value of a member if the value is a string.
pub(super) fn string_member<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str)
}
