//! Control Tower's lifecycle events.

use serde_json::Value;

use super::{AccountEvent, AccountRef, IgnoreReason, InvalidEvent, envelope::string_member};

/// Parses `CreateManagedAccount` or `UpdateManagedAccount`. Control Tower sends an update event if
/// it retries a failed creation, so the function accepts both status members in both events.
pub(super) fn parse(detail: &Value) -> Result<AccountEvent, InvalidEvent> {
    let details = detail.get("serviceEventDetails").unwrap_or(&Value::Null);
    let status = ["createManagedAccountStatus", "updateManagedAccountStatus"]
        .iter()
        .find_map(|member| details.get(member).filter(|status| !status.is_null()))
        .unwrap_or(&Value::Null);
    match string_member(status, "state") {
        Some("SUCCEEDED") => {
            let account = status.pointer("/account/accountId").and_then(Value::as_str);
            let account =
                account.and_then(|text| text.parse().ok()).ok_or(InvalidEvent::NoAccount)?;
            Ok(AccountEvent::Created(AccountRef::new(account)))
        }
        Some("FAILED") => {
            let reason =
                string_member(status, "message").unwrap_or("Control Tower gives no reason");
            Ok(AccountEvent::CreationFailed(super::organizations::sanitize_text(reason)))
        }
        state => Ok(AccountEvent::Ignored(IgnoreReason::State(
            super::organizations::sanitize_text(state.unwrap_or("missing")),
        ))),
    }
}
