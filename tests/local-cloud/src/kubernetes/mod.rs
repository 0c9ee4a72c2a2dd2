//! Fake Kubernetes API of an EKS cluster, over TLS with its own CA.
mod objects;
mod path;
mod selector;
mod status;
#[cfg(test)]
mod tests;
mod token;

use std::io;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use http::Method;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use self::path::ResourcePath;
use self::status::{StatusError, json_response};
use self::token::Identity;
use crate::aws::Cluster;
use crate::cloud::CloudState;
use crate::host::Host;
use crate::recorder::RecordedRequest;
use crate::server::{Principal, Request, Response, disable_nagle, serve_call};
use crate::tls::TlsIdentity;

/// Maximum size of a request body.
const MAX_BODY_BYTES: usize = 3 * 1024 * 1024;

/// A bound listener with a CA. It serves no cluster yet.
#[derive(Debug)]
pub struct ApiListener {
    socket: TcpListener,
    host: Host,
    tls: TlsIdentity,
}

/// A running Kubernetes API. It stops when it is dropped.
#[derive(Debug)]
pub struct ApiServer {
    listening: JoinHandle<()>,
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl ApiListener {
    /// Binds a free port.
    ///
    /// # Panics
    /// If the host has no free port.
    pub async fn bind(host: Host) -> ApiListener {
        let socket = TcpListener::bind((host.bind_address(), 0)).await.expect("a free port");
        ApiListener { socket, host, tls: TlsIdentity::new(host) }
    }

    /// Returns the URL, `https://localhost:<port>` by default.
    ///
    /// # Panics
    /// Never.
    pub fn url(&self) -> String {
        let port = self.socket.local_addr().expect("an address").port();
        format!("https://{}:{port}", self.host.tls_name())
    }

    /// Returns the CA certificate in PEM.
    pub fn ca_pem(&self) -> &str {
        &self.tls.certificate_pem
    }

    /// Starts serving a cluster.
    pub fn serve(self, parts: Arc<CloudState>, cluster: Cluster) -> ApiServer {
        ApiServer { listening: tokio::spawn(listen(self, parts, cluster)) }
    }
}

async fn listen(
    ApiListener { socket, tls, .. }: ApiListener,
    parts: Arc<CloudState>,
    cluster: Cluster,
) {
    let tls = TlsAcceptor::from(Arc::clone(&tls.config));
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = socket.accept().await else { continue };
        disable_nagle(&stream);
        while connections.try_join_next().is_some() {}
        let (parts, cluster, tls) = (Arc::clone(&parts), cluster.clone(), tls.clone());
        connections.spawn(async move {
            // The client gets a TLS alert if the handshake fails.
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(move |request| {
                handle_request(Arc::clone(&parts), cluster.clone(), request)
            });
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

async fn handle_request(
    parts: Arc<CloudState>,
    cluster: Cluster,
    request: http::Request<Incoming>,
) -> io::Result<http::Response<Body>> {
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), MAX_BODY_BYTES).await.map_err(io::Error::other)?;
    let request = Request::from_parts(head, body.to_vec());
    let operation = operation(&request);
    let sent = RecordedRequest::from_request("kubernetes", &operation, &request);
    let served = Arc::clone(&parts);
    let work = async move { serve(&served, &cluster, &request) };
    serve_call(&parts, (sent, false), StatusError::injected_error, work).await
}

/// Returns the operation as RBAC verb and resource, such as `get configmaps`, or method and path.
fn operation(request: &Request) -> String {
    let path = request.uri().path();
    match ResourcePath::parse(path) {
        Some(parsed) => format!("{} {}", parsed.verb(request.method()), parsed.resource),
        None => format!("{} {path}", request.method().as_str().to_ascii_lowercase()),
    }
}

fn serve(parts: &CloudState, cluster: &Cluster, request: &Request) -> Response {
    let identity = match token::authenticate(parts, cluster, request) {
        Ok(identity) => identity,
        Err(error) => return error.to_response(),
    };
    let served = match request.uri().path() {
        "/version" => Ok(version(cluster)),
        path if path.ends_with("/selfsubjectaccessreviews") && request.method() == Method::POST => {
            self_subject_access_review(cluster, &identity, request)
        }
        path => objects::serve(cluster, &identity, request, path),
    };
    let mut response = match served {
        Ok((status, body)) => json_response(status, &body),
        Err(error) => error.to_response(),
    };
    if let Identity::Principal { session, .. } = identity {
        response.extensions_mut().insert(Principal(session));
    }
    response
}

fn version(cluster: &Cluster) -> (u16, Value) {
    let version = cluster.read_state(|cluster| cluster.version.clone()).unwrap_or_default();
    let (major, minor) = version.split_once('.').unwrap_or((&version, "0"));
    let response = json!({
        "major": major, "minor": minor, "gitVersion": format!("v{version}.1-eks-1a2b3c4"),
        "gitCommit": "0000000000000000000000000000000000000000", "gitTreeState": "clean",
        "buildDate": "2026-09-01T00:00:00Z", "goVersion": "go1.25.1", "compiler": "gc",
        "platform": "linux/amd64",
    });
    (200, response)
}

/// Serves `SelfSubjectAccessReview`. Every authenticated principal may review its own access.
fn self_subject_access_review(
    cluster: &Cluster,
    identity: &Identity,
    request: &Request,
) -> Result<(u16, Value), StatusError> {
    let Identity::Principal { .. } = identity else {
        return Err(StatusError::forbidden(
            identity,
            "create",
            "selfsubjectaccessreviews",
            None,
            "",
        ));
    };
    let mut parsed: Value = serde_json::from_slice(request.body())
        .map_err(|fault| StatusError::bad_request(fault.to_string()))?;
    if parsed["kind"] != "SelfSubjectAccessReview" {
        return Err(StatusError::bad_request("the body is no SelfSubjectAccessReview"));
    }
    let attributes = &parsed["spec"]["resourceAttributes"];
    let text =
        |name: &str| attributes.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
    let allowed = identity.is_allowed(
        cluster,
        text("verb").unwrap_or_default(),
        text("resource").unwrap_or_default(),
        text("namespace"),
    );
    parsed["status"] = json!({"allowed": allowed});
    Ok((201, parsed))
}
