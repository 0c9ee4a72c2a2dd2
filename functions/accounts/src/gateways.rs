//! Handles `GET …/private-cloud-gateways`.

use gangway_checks::ScopedClient;
use gangway_lambda::{ApiError, Response};
use serde_json::{Value, json};

/// Lists the private cloud gateways of the tenant with their state.
pub(crate) async fn list_gateways(
    palette_accounts: &ScopedClient<'_>,
) -> Result<Response, ApiError> {
    let gateways = palette_accounts.gateways().await?;
    let gateways: Vec<Value> = gateways
        .iter()
        .map(|gateway| {
            json!({ "uid": gateway.uid.as_str(), "name": gateway.name, "state": gateway.state, "healthy": gateway.healthy })
        })
        .collect();
    Ok(Response::Json(json!({ "privateCloudGateways": gateways })))
}
