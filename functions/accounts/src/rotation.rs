//! Reads the state of an account's rotation from its secret.

use gangway_model::{CloudAccount, StoredCredential, time::to_rfc3339};
use gangway_registration::AppContext;
use serde_json::{Map, Value};

/// Returns the JSON member `rotation` of an account: whether rotation of its access key is on, and
/// the dates of the last and the next rotation. Returns `None` if this deployment rotates no access
/// keys, if the account has no access key, or if Secrets Manager returns an error. The response
/// then shows the account without the member.
pub(crate) async fn load_rotation(account: &CloudAccount, context: &AppContext) -> Option<Value> {
    let has_access_key = matches!(account.access, StoredCredential::AccessKey { .. });
    if context.clients.rotation.is_none() || !has_access_key {
        return None;
    }
    let status = context.clients.secrets.rotation_of_account(account).await;
    let status = status.inspect_err(|error| {
        let error: &(dyn std::error::Error + 'static) = error;
        tracing::warn!(error, "the rotation of the account's secret could not be read");
    });
    let status = status.ok()??;
    let mut shown = Map::new();
    shown.insert("enabled".to_owned(), status.is_enabled.into());
    for (name, time) in [("last", status.last), ("next", status.next)] {
        if let Some(time) = time {
            shown.insert(name.to_owned(), to_rfc3339(time).into());
        }
    }
    Some(Value::Object(shown))
}
