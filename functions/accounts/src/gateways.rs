//! `GET /v1/private-cloud-gateways`: the gateways that an account can be reached through.

use gangway_lambda::{ApiError, Request, Response};
use gangway_registration::AppContext;
use serde_json::{Value, json};

use crate::resolve_scope;

/// All of the tenant's, with their state (G01).
pub(crate) async fn list_gateways(
    request: &Request,
    deployment: &AppContext,
) -> Result<Response, ApiError> {
    let gateways = resolve_scope(request, deployment).await?.gateways().await?;
    let view: Vec<Value> = gateways
        .iter()
        .map(|gateway| {
            json!({ "uid": gateway.uid.as_str(), "name": gateway.name, "state": gateway.state, "healthy": gateway.healthy })
        })
        .collect();
    Ok(Response::Json(json!({ "privateCloudGateways": view })))
}
