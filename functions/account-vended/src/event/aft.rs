//! The payload that Account Factory for Terraform sends to its SNS topic and to its customizations.

use serde_json::Value;

use super::{AccountEvent, AccountRef, InvalidEvent};

/// Parses the member `account_info`, which names the created account. Other members of the payload
/// are not used: `control_tower_event` may be empty, and times are in a format of Python.
pub(super) fn parse(account_info: Option<&Value>) -> Result<AccountEvent, InvalidEvent> {
    let account = account_info.and_then(|info| info.pointer("/account/id")).and_then(Value::as_str);
    let account = account.and_then(|text| text.parse().ok()).ok_or(InvalidEvent::NoAccount)?;
    Ok(AccountEvent::Created(AccountRef::new(account)))
}
