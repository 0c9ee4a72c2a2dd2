//! Fake API Gateway (a REST API) and fake EventBridge, which invoke the functions.

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
/// Maximum time that API Gateway waits for the response of a function.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// A fake REST API on a port of 127.0.0.1. It stops when it is dropped.
#[derive(Debug)]
pub struct ApiGateway {
    address: SocketAddr,
    serve_task: JoinHandle<()>,
}

/// How requests without a signature are handled. A wrong signature is always rejected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UnsignedRequests {
    /// Accepted, so that a developer can send requests without credentials.
    Accepted,
    /// Rejected, as in a real deployment.
    Rejected,
}

/// State that all requests share.
struct GatewayState {
    functions: DeployedFunctions,
    routes: Routes,
    gateway_responses: GatewayResponses,
    api: RestApi,
    unsigned: UnsignedRequests,
}

impl ApiGateway {
    /// Starts a REST API with the routes of the functions. It belongs to the AWS account `owner` in
    /// `region`. Port 0 selects a free port.
    ///
    /// # Panics
    /// If the port is in use.
    pub async fn start(
        functions: DeployedFunctions,
        gateway_responses: GatewayResponses,
        (owner, region): (&Account, &str),
        unsigned: UnsignedRequests,
        port: u16,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let routes = Routes::from_functions(&functions);
        let api = RestApi {
            owner: owner.clone(),
            region: region.to_owned(),
            id: API_ID.to_owned(),
            stage: proxy::STAGE.to_owned(),
        };
        let state = Arc::new(GatewayState { functions, routes, gateway_responses, api, unsigned });
        let app = Router::new().fallback(handle).with_state(state);
        let serve_task = tokio::spawn(async move {
            // The server runs until the task is aborted.
            let _ended = axum::serve(listener.tap_io(|stream| disable_nagle(stream)), app).await;
        });
        Self { address, serve_task }
    }

    /// Returns the URL of the REST API, `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for ApiGateway {
    fn drop(&mut self) {
        self.serve_task.abort();
    }
}

/// Authorizes a request, and invokes the function of its route.
async fn handle(State(state): State<Arc<GatewayState>>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let id = proxy::next_request_id();
    let error_response =
        |status, message: &str| state.gateway_responses.build(status, message, &id);
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return error_response(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long");
    };
    let Some(route) = state.routes.find(head.method.as_str(), head.uri.path()) else {
        let response = error_response(StatusCode::FORBIDDEN, "Missing Authentication Token");
        return with_error_type(response, "MissingAuthenticationTokenException");
    };
    let request = server::Request::from_parts(head, body.to_vec());
    let caller = if state.unsigned == UnsignedRequests::Rejected || RestApi::is_signed(&request) {
        match state.api.authorize(&request) {
            Ok(caller) => Some(caller),
            Err(AuthorizationError { code, message }) => {
                return with_error_type(error_response(StatusCode::FORBIDDEN, &message), &code);
            }
        }
    } else {
        None
    };
    let (head, body) = request.into_parts();
    let owner = state.api.owner.id();
    let event = proxy::build_event(owner, &id, caller.as_deref(), &route, &head, &body);
    match timeout(INTEGRATION_TIMEOUT, state.functions.invoke(&route.package, &event)).await {
        Ok(Ok(response)) => match proxy::build_http_response(&response, &id) {
            Some(response) => response,
            None => error_response(StatusCode::BAD_GATEWAY, "Internal server error"),
        },
        Ok(Err(error)) => {
            let mut response = error_response(StatusCode::BAD_GATEWAY, "Internal server error");
            // The header contains the reason, because the fake API Gateway writes no logs.
            let message = error.to_string().replace(char::is_control, " ");
            if let Ok(message) = message.parse() {
                response.headers_mut().insert("x-local-cloud-error", message);
            }
            response
        }
        Err(_elapsed) => error_response(StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out"),
    }
}

/// Adds the header with the error type, as API Gateway does for a request that is not authorized.
fn with_error_type(mut response: Response<Body>, code: &str) -> Response<Body> {
    if let Ok(code) = code.parse() {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}
