//! How messages are wrapped: an EventBridge event, alone or in an SNS notification; or a payload without an envelope.

use gangway_model::Partition;
use serde_json::Value;

use super::{EventType, InvalidEvent};

/// A message, taken out of what it was wrapped in.
pub(super) struct EventEnvelope(Value);

/// Opens a message.
pub(super) fn parse(body: &str) -> Result<EventEnvelope, InvalidEvent> {
    let value: Value = serde_json::from_str(body).map_err(|_fault| InvalidEvent::NotJson)?;
    if !value.is_object() {
        return Err(InvalidEvent::NotJson);
    }
    let notified = text(&value, "Type") == Some("Notification");
    let mut told = match value.get("Message").and_then(Value::as_str).filter(|_| notified) {
        // Topics carry all kinds of texts; one that is no event is an unknown one.
        Some(message) => serde_json::from_str(message).unwrap_or_default(),
        None => value,
    };
    // What goes through pipes and input transformers may arrive as text in the text.
    if let Some(detail) = told.get_mut("detail")
        && let Some(inner) = detail.as_str().and_then(|text| serde_json::from_str(text).ok())
    {
        *detail = inner;
    }
    Ok(EventEnvelope(told))
}

impl EventEnvelope {
    /// Everything.
    pub(super) const fn body(&self) -> &Value {
        &self.0
    }

    /// What an event is about.
    pub(super) fn detail(&self) -> &Value {
        self.0.get("detail").unwrap_or(&Value::Null)
    }

    /// Which event it is.
    pub(super) fn kind(&self) -> EventType {
        if text(&self.0, "detail-type") == Some("AWS Account Vended") {
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
            None if self.0.pointer("/account_info/account").is_some() => EventType::Aft,
            Some(_) | None => EventType::Unknown,
        }
    }

    /// The partition that it comes from, where it says so.
    pub(super) fn partition(&self) -> Option<Partition> {
        let region = text(self.detail(), "awsRegion").or_else(|| text(&self.0, "region"));
        region.and_then(Partition::from_region)
    }
}

/// A member that is a text.
pub(super) fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str)
}
