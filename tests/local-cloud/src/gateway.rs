//! What stands in front of the functions: API Gateway's REST API, and EventBridge.

mod bus;
mod pattern;
mod proxy;
mod refusals;
mod routes;
#[cfg(test)]
mod signed_tests;
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
    bus::{Bus, Delivery, Reached},
    refusals::Refusals,
};
use crate::{
    aws::{Account, AuthorizationError, RestApi},
    functions::Functions,
    server::{self, disable_nagle},
};

/// What a REST API takes at most.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;
/// How long a REST API waits for its function.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// A REST API on loopback. It ends when dropped.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

/// What becomes of requests that are not signed. One that is must be signed well, always.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unsigned {
    /// They are served, so that a laptop's requests need no keys.
    Served,
    /// They are refused, as a deployment refuses them.
    Refused,
}

struct GatewayState {
    functions: Functions,
    routes: Routes,
    refusals: Refusals,
    api: RestApi,
    unsigned: Unsigned,
}

impl Gateway {
    /// Serves the routes of these functions. Port 0 takes any free one.
    ///
    /// # Panics
    /// Where the port is taken.
    pub async fn start(
        functions: Functions,
        refusals: Refusals,
        (owner, region): (&Account, &str),
        unsigned: Unsigned,
        port: u16,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let routes = Routes::of(&functions);
        let api = RestApi {
            owner: owner.clone(),
            region: region.to_owned(),
            id: proxy::API_ID.to_owned(),
            stage: proxy::STAGE.to_owned(),
        };
        let front = Arc::new(GatewayState { functions, routes, refusals, api, unsigned });
        let app = Router::new().fallback(answer).with_state(front);
        let serving = tokio::spawn(async move {
            // It ends with the task.
            let _ended = axum::serve(listener.tap_io(|stream| disable_nagle(stream)), app).await;
        });
        Self { address, serving }
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(front): State<Arc<GatewayState>>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let id = proxy::request_id();
    let refused = |status, message: &str| front.refusals.answer(status, message, &id);
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long");
    };
    let Some(found) = front.routes.find(head.method.as_str(), head.uri.path()) else {
        let response = refused(StatusCode::FORBIDDEN, "Missing Authentication Token");
        return with_error_type(response, "MissingAuthenticationTokenException");
    };
    let request = server::Request::from_parts(head, body.to_vec());
    let caller = if front.unsigned == Unsigned::Refused || RestApi::is_signed(&request) {
        match front.api.admit(&request) {
            Ok(caller) => Some(caller),
            Err(AuthorizationError { code, message }) => {
                return with_error_type(refused(StatusCode::FORBIDDEN, &message), &code);
            }
        }
    } else {
        None
    };
    let (head, body) = request.into_parts();
    let owner = front.api.owner.id();
    let event = proxy::event(owner, &id, caller.as_deref(), &found, &head, &body);
    match timeout(INTEGRATION_TIMEOUT, front.functions.invoke(&found.package, &event)).await {
        Ok(Ok(answer)) => match proxy::http_response(&answer, &id) {
            Some(response) => response,
            None => refused(StatusCode::BAD_GATEWAY, "Internal server error"),
        },
        Ok(Err(error)) => {
            let mut response = refused(StatusCode::BAD_GATEWAY, "Internal server error");
            // Nobody reads the logs of a laptop's API Gateway.
            let told = error.to_string().replace(char::is_control, " ");
            if let Ok(told) = told.parse() {
                response.headers_mut().insert("x-local-cloud-error", told);
            }
            response
        }
        Err(_elapsed) => refused(StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out"),
    }
}

/// A refusal with the name of its kind, as API Gateway gives it to whoever did not get in.
fn with_error_type(mut response: Response<Body>, code: &str) -> Response<Body> {
    if let Ok(code) = code.parse() {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}
