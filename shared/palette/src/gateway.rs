//! Lists private cloud gateways.

use gangway_model::{Uid, UpstreamError};

use crate::{
    ScopedClient,
    api_request::ApiRequest,
    response::{Overlord, Overlords, non_empty, parse_uid},
};

/// Name of the gateway that is part of a self-hosted Palette.
const SYSTEM_GATEWAY: &str = "System Private Gateway";

/// Private cloud gateway. Palette's API calls it *overlord*.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PrivateCloudGateway {
    pub uid: Uid,
    pub name: String,
    /// State as Palette names it, such as `Running`. Empty if Palette returns no state.
    pub state: String,
    /// `true` if the cluster of the gateway is healthy. `None` if Palette returns no health.
    pub healthy: Option<bool>,
}

impl PrivateCloudGateway {
    /// Returns `true` if the gateway can be used. The gateway of a self-hosted Palette always
    /// counts as running, because it reports no state.
    pub fn is_running(&self) -> bool {
        self.state == "Running" || self.name == SYSTEM_GATEWAY
    }
}

/// Converts a gateway of a response. Returns `None` if it has no valid uid.
fn into_gateway(Overlord { metadata, status }: Overlord) -> Option<PrivateCloudGateway> {
    let healthy = non_empty(status.health.state).map(|state| state.eq_ignore_ascii_case("healthy"));
    let uid = parse_uid(&metadata.uid)?;
    Some(PrivateCloudGateway { uid, name: metadata.name, state: status.state, healthy })
}

impl ScopedClient<'_> {
    /// Lists the private cloud gateways that accounts of this scope can use.
    pub async fn gateways(&self) -> Result<Vec<PrivateCloudGateway>, UpstreamError> {
        let resource = "list of private cloud gateways";
        let response = self
            .palette
            .send(&ApiRequest::get("/v1/overlords"), &self.scope)
            .await
            .map_err(|error| error.into_upstream(resource))?;
        let Overlords { items } = response.json().map_err(|error| error.into_upstream(resource))?;
        Ok(items.into_iter().filter_map(into_gateway).collect())
    }
}
