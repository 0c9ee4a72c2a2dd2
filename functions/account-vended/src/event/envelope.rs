//! How messages are wrapped: an EventBridge event, alone or in an SNS notification; or a payload without an envelope.

use gangway_model::Partition;
use serde_json::Value;

use super::{Kind, Unreadable};

/// A message, taken out of what it was wrapped in.
pub(super) struct Told(Value);

/// Opens a message.
pub(super) fn open(body: &str) -> Result<Told, Unreadable> {
    let value: Value = serde_json::from_str(body).map_err(|_fault| Unreadable::NotJson)?;
    if !value.is_object() {
        return Err(Unreadable::NotJson);
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
    Ok(Told(told))
}

impl Told {
    /// Everything.
    pub(super) const fn body(&self) -> &Value {
        &self.0
    }

    /// What an event is about.
    pub(super) fn detail(&self) -> &Value {
        self.0.get("detail").unwrap_or(&Value::Null)
    }

    /// Which event it is.
    pub(super) fn kind(&self) -> Kind {
        if text(&self.0, "detail-type") == Some("AWS Account Vended") {
            return Kind::AccountVended;
        }
        match text(self.detail(), "eventName") {
            Some("CreateManagedAccount") => Kind::CreateManagedAccount,
            Some("UpdateManagedAccount") => Kind::UpdateManagedAccount,
            Some("CreateAccountResult") => Kind::CreateAccountResult,
            Some("AccountJoinedOrganization") => Kind::AccountJoined,
            Some("AccountDepartedOrganization") => Kind::AccountDeparted,
            Some("CloseAccountResult") => Kind::CloseAccountResult,
            Some("RemoveAccountFromOrganization") => Kind::RemoveAccount,
            None if self.0.pointer("/account_info/account").is_some() => Kind::Aft,
            Some(_) | None => Kind::Unknown,
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
