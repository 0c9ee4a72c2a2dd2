//! The payload of Account Factory for Terraform: what its state machine hands to customizations, and its topic to anyone.

use serde_json::Value;

use super::{AccountEvent, AccountRef, InvalidEvent};

/// An account that is made. `control_tower_event` may be empty, times are Python's: neither is looked at.
pub(super) fn read(payload: &Value) -> Result<AccountEvent, InvalidEvent> {
    let account = payload.pointer("/account_info/account/id").and_then(Value::as_str);
    let account = account.and_then(|text| text.parse().ok()).ok_or(InvalidEvent::NoAccount)?;
    Ok(AccountEvent::Created(AccountRef::of(account)))
}
