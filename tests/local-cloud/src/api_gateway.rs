//! Fake API Gateway (REST API) and EventBridge in front of the functions.

mod bus;
mod gateway_responses;
mod pattern;
mod proxy;
mod routes;
#[cfg(test)]
mod signature_tests;
#[cfg(test)]
mod tests;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    serve::ListenerExt,
};
use http::{Response, StatusCode};
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};

use self::routes::Routes;
pub use self::{
    bus::{EventBus, FunctionDelivery, PutResult},
    gateway_responses::GatewayResponses,
    proxy::API_ID,
};
use crate::{
    aws::{Account, AuthorizationError, RestApi},
    lambda::DeployedFunctions,
    server::{self, disable_nagle},
};

/// Maximum size of a request body.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;
/// Maximum duration of an integration.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// A REST API on a loopback port. It stops when it is dropped.
#[derive(Debug)]
pub struct ApiGateway {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

/// How requests without a signature are handled. A wrong signature is always rejected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UnsignedRequests {
    /// Accepted, so that requests from a laptop need no keys.
    Accepted,
    /// Rejected, as in a real deployment.
    Rejected,
}

struct GatewayState {
    functions: DeployedFunctions,
    routes: Routes,
    refusals: GatewayResponses,
    api: RestApi,
    unsigned: UnsignedRequests,
}

impl ApiGateway {
    /// Starts a REST API with the routes of these functions. Port 0 selects a free port.
    ///
    /// # Panics
    /// If the port is in use.
    pub async fn start(
        functions: DeployedFunctions,
        refusals: GatewayResponses,
        (owner, region): (&Account, &str),
        unsigned: UnsignedRequests,
        port: u16,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let routes = Routes::from_functions(&functions);
        let api = RestApi {
            owner: owner.clone(),
            region: region.to_owned(),
            id: API_ID.to_owned(),
            stage: proxy::STAGE.to_owned(),
        };
        let state = Arc::new(GatewayState { functions, routes, refusals, api, unsigned });
        let app = Router::new().fallback(handle).with_state(state);
        let serving = tokio::spawn(async move {
            // The server runs until the task is aborted.
            let _ended = axum::serve(listener.tap_io(|stream| disable_nagle(stream)), app).await;
        });
        Self { address, serving }
    }

    /// Returns `http://127.0.0.1:<port>`, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for ApiGateway {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn handle(State(state): State<Arc<GatewayState>>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let id = proxy::request_id();
    let refused = |status, message: &str| state.refusals.build(status, message, &id);
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long");
    };
    let Some(found) = state.routes.find(head.method.as_str(), head.uri.path()) else {
        let response = refused(StatusCode::FORBIDDEN, "Missing Authentication Token");
        return with_error_type(response, "MissingAuthenticationTokenException");
    };
    let request = server::Request::from_parts(head, body.to_vec());
    let caller = if state.unsigned == UnsignedRequests::Rejected || RestApi::is_signed(&request) {
        match state.api.authorize(&request) {
            Ok(caller) => Some(caller),
            Err(AuthorizationError { code, message }) => {
                return with_error_type(refused(StatusCode::FORBIDDEN, &message), &code);
            }
        }
    } else {
        None
    };
    let (head, body) = request.into_parts();
    let owner = state.api.owner.id();
    let event = proxy::build_event(owner, &id, caller.as_deref(), &found, &head, &body);
    match timeout(INTEGRATION_TIMEOUT, state.functions.invoke(&found.package, &event)).await {
        Ok(Ok(answer)) => match proxy::http_response(&answer, &id) {
            Some(response) => response,
            None => refused(StatusCode::BAD_GATEWAY, "Internal server error"),
        },
        Ok(Err(error)) => {
            let mut response = refused(StatusCode::BAD_GATEWAY, "Internal server error");
            // The header reports the reason, because there are no API Gateway logs to read.
            let message = error.to_string().replace(char::is_control, " ");
            if let Ok(message) = message.parse() {
                response.headers_mut().insert("x-local-cloud-error", message);
            }
            response
        }
        Err(_elapsed) => refused(StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out"),
    }
}

/// Adds the error type, as API Gateway does for unauthorized requests.
fn with_error_type(mut response: Response<Body>, code: &str) -> Response<Body> {
    if let Ok(code) = code.parse() {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}
