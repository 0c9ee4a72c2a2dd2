//! Serves the Lambda runtime API (version 2018-06-01) to one instance.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{FunctionError, lock};
use crate::server::disable_nagle;

/// Maximum size of a function's response in Lambda.
const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024;

/// An event for a function, and the channel for the response.
pub(super) struct Invocation {
    /// Request id.
    pub(super) id: String,
    pub(super) event: Value,
    pub(super) function_arn: String,
    pub(super) timeout: Duration,
    pub(super) response: oneshot::Sender<Result<Value, FunctionError>>,
}

/// The result of an instance's start: the time of its first request for an event, or an error
/// message.
pub(super) type StartResult = Result<Instant, String>;

/// A running runtime API. It stops when it is dropped.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    /// Sends events to the instance.
    pub(super) invocations: mpsc::Sender<Invocation>,
    serve_task: JoinHandle<()>,
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serve_task.abort();
    }
}

/// The channels for the responses to events that the instance has received, by request id.
type PendingResponses = Mutex<HashMap<String, oneshot::Sender<Result<Value, FunctionError>>>>;

/// State that the routes of the runtime API share.
struct RuntimeState {
    invocations: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    responses: PendingResponses,
    start_sender: Mutex<Option<oneshot::Sender<StartResult>>>,
}

impl RuntimeState {
    /// Reports the result of the start, at the first call only.
    fn report_start(&self, result: StartResult) {
        if let Some(sender) = lock(&self.start_sender).take() {
            // There is no receiver if the start has timed out.
            let _no_receiver = sender.send(result);
        }
    }

    /// Passes a response to the caller of the function. Returns the status for the instance.
    fn send_response(&self, id: &str, response: Result<Value, FunctionError>) -> StatusCode {
        match lock(&self.responses).remove(id).map(|sender| sender.send(response)) {
            Some(Ok(())) => StatusCode::ACCEPTED,
            Some(Err(_too_late)) => StatusCode::GONE,
            None => StatusCode::FORBIDDEN,
        }
    }
}

impl RuntimeApi {
    /// Starts a runtime API. The receiver gets the result of the instance's start.
    pub(super) async fn start() -> std::io::Result<(Self, oneshot::Receiver<StartResult>)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (invocations, receiver) = mpsc::channel(1);
        let (sender, start_receiver) = oneshot::channel();
        let state = RuntimeState {
            invocations: tokio::sync::Mutex::new(receiver),
            responses: PendingResponses::default(),
            start_sender: Mutex::new(Some(sender)),
        };
        let base = "/2018-06-01/runtime";
        let router = Router::new()
            .route(&format!("{base}/invocation/next"), get(send_next_event))
            .route(&format!("{base}/invocation/{{id}}/response"), post(receive_response))
            .route(&format!("{base}/invocation/{{id}}/error"), post(receive_error))
            .route(&format!("{base}/init/error"), post(receive_init_error))
            .layer(DefaultBodyLimit::max(MAX_RESPONSE_BYTES))
            .with_state(Arc::new(state));
        let serve_task = tokio::spawn(async move {
            // The server runs until the task is aborted.
            let _ended = axum::serve(listener.tap_io(|stream| disable_nagle(stream)), router).await;
        });
        Ok((Self { address, invocations, serve_task }, start_receiver))
    }
}

/// Waits for the next event, and sends it to the instance.
async fn send_next_event(State(state): State<Arc<RuntimeState>>) -> Response {
    state.report_start(Ok(Instant::now()));
    let Some(Invocation { id, event, function_arn, timeout, response }) =
        state.invocations.lock().await.recv().await
    else {
        return StatusCode::GONE.into_response();
    };
    lock(&state.responses).insert(id.clone(), response);
    #[expect(clippy::disallowed_methods, reason = "the deadline is a point in real time")]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let headers = [
        ("Lambda-Runtime-Aws-Request-Id", id.clone()),
        ("Lambda-Runtime-Deadline-Ms", (now + timeout).as_millis().to_string()),
        ("Lambda-Runtime-Invoked-Function-Arn", function_arn),
        ("Lambda-Runtime-Trace-Id", format!("Root=1-65f0a1b2-{};Sampled=0", build_trace_id(&id))),
    ];
    (headers, Json(event)).into_response()
}

/// Returns a trace id: 24 hexadecimal digits of the request id.
fn build_trace_id(id: &str) -> String {
    id.chars().filter(char::is_ascii_hexdigit).take(24).collect()
}

/// Receives the response of the function.
async fn receive_response(
    State(state): State<Arc<RuntimeState>>,
    Path(id): Path<String>,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let response = serde_json::from_slice(&body).map_err(|error| FunctionError::Failed {
        kind: "Runtime.InvalidResponse".to_owned(),
        message: format!("The response of the function is not JSON: {error}"),
    });
    (state.send_response(&id, response), Json(json!({"status": "OK"})))
}

/// Receives an error of the function.
async fn receive_error(
    State(state): State<Arc<RuntimeState>>,
    Path(id): Path<String>,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let (kind, message) = parse_error(&body);
    let response = Err(FunctionError::Failed { kind, message });
    (state.send_response(&id, response), Json(json!({"status": "OK"})))
}

/// Receives an error of the start of the instance.
async fn receive_init_error(
    State(state): State<Arc<RuntimeState>>,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let (kind, message) = parse_error(&body);
    state.report_start(Err(format!("{kind}: {message}")));
    (StatusCode::ACCEPTED, Json(json!({"status": "OK"})))
}

/// Returns `errorType` and `errorMessage` of an error.
fn parse_error(body: &[u8]) -> (String, String) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |member| body.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("errorType"), text("errorMessage"))
}
