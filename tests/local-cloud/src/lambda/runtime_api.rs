//! Lambda runtime API (2018-06-01) of one instance.

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

/// Lambda's maximum response size.
const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024;

/// An event, and the channel for its response.
pub(super) struct Invocation {
    pub(super) id: String,
    pub(super) event: Value,
    pub(super) function_arn: String,
    pub(super) timeout: Duration,
    pub(super) response: oneshot::Sender<Result<Value, FunctionError>>,
}

/// When the instance first polled, or its init error.
pub(super) type Ready = Result<Instant, String>;

/// A running runtime API. It stops when it is dropped.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    pub(super) work: mpsc::Sender<Invocation>,
    serving: JoinHandle<()>,
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

type PendingResponses = Mutex<HashMap<String, oneshot::Sender<Result<Value, FunctionError>>>>;

struct RuntimeState {
    work: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    responses: PendingResponses,
    ready: Mutex<Option<oneshot::Sender<Ready>>>,
}

impl RuntimeState {
    fn report_ready(&self, ready: Ready) {
        if let Some(sender) = lock(&self.ready).take() {
            // The receiver is gone if the start timed out.
            let _nobody = sender.send(ready);
        }
    }

    fn send_response(&self, id: &str, response: Result<Value, FunctionError>) -> StatusCode {
        match lock(&self.responses).remove(id).map(|sender| sender.send(response)) {
            Some(Ok(())) => StatusCode::ACCEPTED,
            Some(Err(_too_late)) => StatusCode::GONE,
            None => StatusCode::FORBIDDEN,
        }
    }
}

impl RuntimeApi {
    pub(super) async fn start() -> std::io::Result<(Self, oneshot::Receiver<Ready>)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (work, receiver) = mpsc::channel(1);
        let (sender, ready) = oneshot::channel();
        let state = RuntimeState {
            work: tokio::sync::Mutex::new(receiver),
            responses: PendingResponses::default(),
            ready: Mutex::new(Some(sender)),
        };
        let base = "/2018-06-01/runtime";
        let router = Router::new()
            .route(&format!("{base}/invocation/next"), get(next_invocation))
            .route(&format!("{base}/invocation/{{id}}/response"), post(invocation_response))
            .route(&format!("{base}/invocation/{{id}}/error"), post(invocation_error))
            .route(&format!("{base}/init/error"), post(init_error))
            .layer(DefaultBodyLimit::max(MAX_RESPONSE_BYTES))
            .with_state(Arc::new(state));
        let serving = tokio::spawn(async move {
            // The server runs until the task is aborted.
            let _ended = axum::serve(listener.tap_io(|stream| disable_nagle(stream)), router).await;
        });
        Ok((Self { address, work, serving }, ready))
    }
}

async fn next_invocation(State(state): State<Arc<RuntimeState>>) -> Response {
    state.report_ready(Ok(Instant::now()));
    let Some(Invocation { id, event, function_arn, timeout, response }) =
        state.work.lock().await.recv().await
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
        ("Lambda-Runtime-Trace-Id", format!("Root=1-65f0a1b2-{};Sampled=0", trace_id(&id))),
    ];
    (headers, Json(event)).into_response()
}

/// Returns a trace id: 24 hexadecimal digits of the request id.
fn trace_id(id: &str) -> String {
    id.chars().filter(char::is_ascii_hexdigit).take(24).collect()
}

async fn invocation_response(
    State(state): State<Arc<RuntimeState>>,
    Path(id): Path<String>,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let response = serde_json::from_slice(&body).map_err(|error| FunctionError::Failed {
        kind: "Runtime.InvalidResponse".to_owned(),
        message: format!("the function's answer is not JSON: {error}"),
    });
    (state.send_response(&id, response), Json(json!({"status": "OK"})))
}

async fn invocation_error(
    State(state): State<Arc<RuntimeState>>,
    Path(id): Path<String>,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let (kind, message) = error_message(&body);
    let response = Err(FunctionError::Failed { kind, message });
    (state.send_response(&id, response), Json(json!({"status": "OK"})))
}

async fn init_error(
    State(state): State<Arc<RuntimeState>>,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let (kind, message) = error_message(&body);
    state.report_ready(Err(format!("{kind}: {message}")));
    (StatusCode::ACCEPTED, Json(json!({"status": "OK"})))
}

fn error_message(body: &[u8]) -> (String, String) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |member| body.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("errorType"), text("errorMessage"))
}
