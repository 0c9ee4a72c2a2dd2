//! One listener for everybody: told apart by how a call identifies itself.
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

use crate::cloud::Parts;
use crate::faults::{Effect, FaultOutcome};
use crate::tap::Sent;
use crate::{aws, calls, palette};

/// A call with its whole body.
pub type Request = http::Request<Vec<u8>>;
/// An answer with its whole body.
pub type Response = http::Response<Vec<u8>>;

/// In an answer's extensions: who called, for the log.
#[derive(Debug, Clone)]
pub struct Principal(pub String);

/// A header by which a part of the cloud marks calls that it makes while serving another: they are logged as nested.
pub const NESTED: &str = "x-local-cloud-nested";

/// No call that AWS or Palette would take is longer.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

/// Which half of the cloud a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CalledService {
    Aws,
    Palette,
}

/// Serves until aborted; every connection ends with it.
pub(crate) async fn listen(
    listener: TcpListener,
    parts: Arc<Parts>,
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
                // A handshake that fails is the caller's affair: it sees the alert.
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, parts).await;
                    }
                }
            }
        });
    }
}

/// Sets `TCP_NODELAY`. Without it, Nagle's algorithm and the peer's delayed acknowledgement hold back
/// the first answer on a new connection by 40 ms.
pub(crate) fn disable_nagle(stream: &TcpStream) {
    // It fails only on a socket that the peer has closed; the read that follows reports that.
    drop(stream.set_nodelay(true));
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, parts: Arc<Parts>) {
    let service = service_fn(move |request| handle_request(Arc::clone(&parts), request));
    // An error here is a connection that was cut, by a fault or by the caller.
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

async fn handle_request(
    parts: Arc<Parts>,
    request: http::Request<Incoming>,
) -> Result<http::Response<Body>, io::Error> {
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), MAX_BODY_BYTES).await.map_err(io::Error::other)?;
    let request = Request::from_parts(head, body.to_vec());

    let nested = request.headers().contains_key(NESTED);
    let (half, served) = (called_service(&request), Arc::clone(&parts));
    let (service, operation) = match half {
        CalledService::Aws => aws::operation(&request),
        CalledService::Palette => ("palette".to_owned(), palette::operation(&request)),
    };
    let sent = Sent::from_request(&service, &operation, &request);
    let refusal = |effect| match half {
        CalledService::Aws => aws::injected_error(&service, effect),
        CalledService::Palette => palette::injected_error(effect),
    };
    let work = async move {
        match half {
            CalledService::Aws => aws::handle(&served, &request),
            CalledService::Palette => palette::handle(&served, request).await,
        }
    };
    serve_call(&parts, (sent, nested), refusal, work).await
}

/// One call: logged under its service and operation, and served unless a fault befalls it. `refusal` says an outage or a
/// throttle in the service's own words.
pub(crate) async fn serve_call(
    parts: &Parts,
    (sent, nested): (Sent, bool),
    refusal: impl FnOnce(Effect) -> Response,
    work: impl Future<Output = Response>,
) -> io::Result<http::Response<Body>> {
    let (service, operation) = (&sent.service, &sent.operation);
    let place = parts.calls().begin(service, operation, nested);
    if !nested {
        parts.tap().record(&sent);
    }
    let FaultOutcome { delay, effect, ends } =
        parts.faults().next_outcome(service, operation, nested);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let mut response = match effect {
        Some(Effect::NeverAnswer) => std::future::pending().await,
        Some(Effect::CutBefore) => {
            parts.calls().end(place, None, None);
            return close_connection("before the work", ends).await;
        }
        Some(Effect::Garbage) => html_page(),
        Some(Effect::Echo(echo)) => echo.response(refusal(Effect::InternalError), &sent.to_text()),
        Some(broken @ (Effect::Throttle | Effect::InternalError | Effect::Unavailable)) => {
            refusal(broken)
        }
        Some(Effect::Stale(time)) => {
            if calls::changes(service, operation) {
                parts.delay_reads(service, time);
            }
            work.await
        }
        None | Some(Effect::CutAfter | Effect::Delay(_)) => work.await,
    };
    let principal = response.extensions_mut().remove::<Principal>().map(|Principal(name)| name);
    if effect == Some(Effect::CutAfter) {
        parts.calls().end(place, None, principal);
        return close_connection("after the work", ends).await;
    }
    if let Ok(date) = HeaderValue::from_str(&parts.clock().http_date()) {
        response.headers_mut().insert(DATE, date);
    }
    parts.calls().end(place, Some(response.status().as_u16()), principal);
    Ok(response.map(Body::from))
}

/// The connection ends, or its caller does.
async fn close_connection(
    when: &str,
    ends: Option<Arc<Notify>>,
) -> io::Result<http::Response<Body>> {
    match ends {
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
