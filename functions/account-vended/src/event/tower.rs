//! Control Tower's lifecycle events.

use serde_json::Value;

use super::{Subject, Tidings, Unreadable, Why, envelope::text};

/// An account that Control Tower made, enrolled or changed. After a creation that failed and was tried again, the event is
/// the one of an update; so each is taken with either's status.
pub(super) fn read(detail: &Value) -> Result<Tidings, Unreadable> {
    let details = detail.get("serviceEventDetails").unwrap_or(&Value::Null);
    let status = ["createManagedAccountStatus", "updateManagedAccountStatus"]
        .iter()
        .find_map(|member| details.get(member))
        .unwrap_or(&Value::Null);
    match text(status, "state") {
        Some("SUCCEEDED") => {
            let account = status.pointer("/account/accountId").and_then(Value::as_str);
            let account =
                account.and_then(|text| text.parse().ok()).ok_or(Unreadable::NoAccount)?;
            Ok(Tidings::Arrived(Subject::of(account)))
        }
        Some("FAILED") => {
            let reason = text(status, "message").unwrap_or("Control Tower tells no reason");
            Ok(Tidings::Failed(super::organizations::sayable(reason)))
        }
        state => Ok(Tidings::Nothing(Why::State(super::organizations::sayable(
            state.unwrap_or("not told"),
        )))),
    }
}
