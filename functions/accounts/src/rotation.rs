//! The rotation of an account's access key, from its secret.

use gangway_model::{CloudAccount, StoredCredential, time::to_rfc3339};
use gangway_registration::AppContext;
use serde_json::{Map, Value};

/// Returns the rotation of an access key. `None` if this deployment rotates none, or if Secrets Manager does
/// not tell: the account is shown all the same.
pub(crate) async fn load(account: &CloudAccount, context: &AppContext) -> Option<Value> {
    let is_static = matches!(account.access, StoredCredential::AccessKey { .. });
    if context.clients.rotation.is_none() || !is_static {
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
