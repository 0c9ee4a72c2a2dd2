//! The HTTP listener of AWS and Palette, which are distinguished by the authentication of a
//! request.
use std::io;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use http::header::{AUTHORIZATION, CONTENT_TYPE, DATE};
use http::{HeaderValue, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::cloud::CloudState;
use crate::faults::{Effect, FaultOutcome};
use crate::recorder::RecordedRequest;
use crate::{aws, call_log, palette};

/// A request with its complete body.
pub type Request = http::Request<Vec<u8>>;
/// A response with its complete body.
pub type Response = http::Response<Vec<u8>>;

/// Response extension with the caller for the call log.
#[derive(Debug, Clone)]
pub struct Principal(pub String);

/// Header that marks calls of the cloud itself, which are logged as nested.
pub const NESTED_HEADER: &str = "x-local-cloud-nested";

/// Maximum size of a request body.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

/// The service that a request addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CalledService {
    Aws,
    Palette,
}

/// Accepts connections until the task is aborted.
pub(crate) async fn listen(
    listener: TcpListener,
    parts: Arc<CloudState>,
    tls: Option<Arc<ServerConfig>>,
) {
    let tls = tls.map(TlsAcceptor::from);
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        disable_nagle(&stream);
        while connections.try_join_next().is_some() {}
        let (parts, tls) = (Arc::clone(&parts), tls.clone());
        connections.spawn(async move {
            match tls {
                None => serve(stream, parts).await,
                // The client gets a TLS alert if the handshake fails.
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, parts).await;
                    }
                }
            }
        });
    }
}

/// Sets `TCP_NODELAY`. Without it, Nagle's algorithm and the peer's delayed acknowledgement hold
/// back the first answer on a new connection by 40 ms.
pub(crate) fn disable_nagle(stream: &TcpStream) {
    // It fails only on a socket that the peer has closed; the read that follows reports that.
    drop(stream.set_nodelay(true));
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, parts: Arc<CloudState>) {
    let service = service_fn(move |request| handle_request(Arc::clone(&parts), request));
    // The connection was closed, by a fault or by the client.
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

async fn handle_request(
    parts: Arc<CloudState>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Body>, io::Error> {
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), MAX_BODY_BYTES).await.map_err(io::Error::other)?;
    let request = Request::from_parts(head, body.to_vec());

    let nested = request.headers().contains_key(NESTED_HEADER);
    let (service_kind, served) = (called_service(&request), Arc::clone(&parts));
    let (service, operation) = match service_kind {
        CalledService::Aws => aws::find_operation(&request),
        CalledService::Palette => ("palette".to_owned(), palette::describe_operation(&request)),
    };
    let sent = RecordedRequest::from_request(&service, &operation, &request);
    let error = |effect| match service_kind {
        CalledService::Aws => aws::injected_error(&service, effect),
        CalledService::Palette => palette::injected_error(effect),
    };
    let work = async move {
        match service_kind {
            CalledService::Aws => aws::handle(&served, &request),
            CalledService::Palette => palette::handle(&served, request).await,
        }
    };
    serve_call(&parts, (sent, nested), error, work).await
}

/// Handles one call: logs it, applies faults and executes it. `error` builds the service's error
/// response for a fault.
pub(crate) async fn serve_call(
    parts: &CloudState,
    (sent, nested): (RecordedRequest, bool),
    error: impl FnOnce(Effect) -> Response,
    work: impl Future<Output = Response>,
) -> io::Result<http::Response<Body>> {
    let (service, operation) = (&sent.service, &sent.operation);
    let index = parts.calls().begin(service, operation, nested);
    if !nested {
        parts.recorder().record(&sent);
    }
    let FaultOutcome { delay, effect, crash_signal } =
        parts.faults().next_outcome(service, operation, nested);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let mut response = match effect {
        Some(Effect::NoResponse) => std::future::pending().await,
        Some(Effect::DisconnectBefore) => {
            parts.calls().end(index, None, None);
            return close_connection("before the work", crash_signal).await;
        }
        Some(Effect::HtmlPage) => html_page(),
        Some(Effect::Echo(echo)) => echo.response(error(Effect::InternalError), &sent.to_text()),
        Some(
            error_effect @ (Effect::Throttle
            | Effect::InternalError
            | Effect::Unavailable
            | Effect::AwsError { .. }),
        ) => error(error_effect),
        Some(Effect::StaleReads(time)) => {
            if call_log::is_write_operation(service, operation) {
                parts.delay_reads(service, time);
            }
            work.await
        }
        None | Some(Effect::DisconnectAfter | Effect::Delay(_)) => work.await,
    };
    let principal = response.extensions_mut().remove::<Principal>().map(|Principal(name)| name);
    if effect == Some(Effect::DisconnectAfter) {
        parts.calls().end(index, None, principal);
        return close_connection("after the work", crash_signal).await;
    }
    if let Ok(date) = HeaderValue::from_str(&parts.clock().http_date()) {
        response.headers_mut().insert(DATE, date);
    }
    parts.calls().end(index, Some(response.status().as_u16()), principal);
    Ok(response.map(Body::from))
}

/// Closes the connection. With a crash signal, ends the Lambda instance that sent the request
/// instead.
async fn close_connection(
    when: &str,
    crash_signal: Option<Arc<Notify>>,
) -> io::Result<http::Response<Body>> {
    match crash_signal {
        None => Err(io::Error::other(format!("cut {when}"))),
        Some(caller) => {
            caller.notify_waiters();
            std::future::pending().await
        }
    }
}

fn called_service(request: &Request) -> CalledService {
    let signed = request
        .headers()
        .get(AUTHORIZATION)
        .is_some_and(|value| value.as_bytes().starts_with(b"AWS4-"));
    let palette =
        request.headers().contains_key("apikey") || request.uri().path().starts_with("/v1");
    if palette && !signed { CalledService::Palette } else { CalledService::Aws }
}

fn html_page() -> Response {
    let mut response =
        Response::new(b"<html><body><h1>Access point login</h1></body></html>".to_vec());
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}
