//! `GET /v1/private-cloud-gateways`

use gangway_lambda::{ApiError, Request, Response};
use gangway_registration::AppContext;
use serde_json::{Value, json};

use crate::resolve_scope;

/// Lists the tenant's private cloud gateways with their state.
pub(crate) async fn list_gateways(
    request: &Request,
    context: &AppContext,
) -> Result<Response, ApiError> {
    let gateways = resolve_scope(request, context).await?.gateways().await?;
    let gateways: Vec<Value> = gateways
        .iter()
        .map(|gateway| {
            json!({ "uid": gateway.uid.as_str(), "name": gateway.name, "state": gateway.state, "healthy": gateway.healthy })
        })
        .collect();
    Ok(Response::Json(json!({ "privateCloudGateways": gateways })))
}
