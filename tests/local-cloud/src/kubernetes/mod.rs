//! Fake Kubernetes API server of an EKS cluster, over TLS with its own CA.

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
use self::status::{StatusError, build_json_response};
use self::token::Identity;
use crate::aws::Cluster;
use crate::cloud::CloudState;
use crate::host::Host;
use crate::recorder::RecordedRequest;
use crate::server::{Principal, Request, Response, disable_nagle, serve_call};
use crate::tls::TlsIdentity;

/// Maximum size of a request body.
const MAX_BODY_BYTES: usize = 3 * 1024 * 1024;

/// The listener of a Kubernetes API, with a port and a CA of its own. It serves requests after a
/// call of [`ApiListener::serve`].
#[derive(Debug)]
pub struct ApiListener {
    socket: TcpListener,
    host: Host,
    tls: TlsIdentity,
}

/// A running Kubernetes API server. It stops when it is dropped.
#[derive(Debug)]
pub struct ApiServer {
    listen_task: JoinHandle<()>,
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.listen_task.abort();
    }
}

impl ApiListener {
    /// Binds a free port, and creates a CA.
    ///
    /// # Panics
    /// If the host has no free port.
    pub async fn bind(host: Host) -> ApiListener {
        let socket =
            TcpListener::bind((host.bind_address(), 0)).await.expect("the host has a free port");
        ApiListener { socket, host, tls: TlsIdentity::new(host) }
    }

    /// Returns the URL of the API server. It is `https://localhost:<port>` by default.
    ///
    /// # Panics
    /// If the listener has no address. That does not happen, because it is bound to a port.
    pub fn url(&self) -> String {
        let port = self.socket.local_addr().expect("a bound listener has an address").port();
        format!("https://{}:{port}", self.host.tls_name())
    }

    /// Returns the CA certificate of the API server in PEM.
    pub fn ca_pem(&self) -> &str {
        &self.tls.certificate_pem
    }

    /// Starts to serve the API of a cluster.
    pub fn serve(self, cloud: Arc<CloudState>, cluster: Cluster) -> ApiServer {
        ApiServer { listen_task: tokio::spawn(listen(self, cloud, cluster)) }
    }
}

/// Accepts TLS connections until the task is aborted.
async fn listen(
    ApiListener { socket, tls, .. }: ApiListener,
    cloud: Arc<CloudState>,
    cluster: Cluster,
) {
    let tls = TlsAcceptor::from(Arc::clone(&tls.config));
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = socket.accept().await else { continue };
        disable_nagle(&stream);
        while connections.try_join_next().is_some() {}
        let (cloud, cluster, tls) = (Arc::clone(&cloud), cluster.clone(), tls.clone());
        connections.spawn(async move {
            // The client gets a TLS alert if the handshake fails.
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(move |request| {
                handle_request(Arc::clone(&cloud), cluster.clone(), request)
            });
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

async fn handle_request(
    cloud: Arc<CloudState>,
    cluster: Cluster,
    request: http::Request<Incoming>,
) -> io::Result<http::Response<Body>> {
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), MAX_BODY_BYTES).await.map_err(io::Error::other)?;
    let request = Request::from_parts(head, body.to_vec());
    let operation = describe_operation(&request);
    let recorded_request = RecordedRequest::from_request("kubernetes", &operation, &request);
    let shared_cloud = Arc::clone(&cloud);
    let work = async move { serve(&shared_cloud, &cluster, &request) };
    serve_call(&cloud, (recorded_request, false), StatusError::injected_error, work).await
}

/// Returns the operation's name for the call log and for faults: RBAC verb and resource, such as
/// `get configmaps`, or method and path of another request.
fn describe_operation(request: &Request) -> String {
    let path = request.uri().path();
    match ResourcePath::parse(path) {
        Some(parsed) => format!("{} {}", parsed.verb(request.method()), parsed.resource),
        None => format!("{} {path}", request.method().as_str().to_ascii_lowercase()),
    }
}

/// Authenticates the caller of a request, and serves the request. The response names the caller in
/// the extension `Principal`.
fn serve(cloud: &CloudState, cluster: &Cluster, request: &Request) -> Response {
    let identity = match token::authenticate(cloud, cluster, request) {
        Ok(identity) => identity,
        Err(error) => return error.to_response(),
    };
    let result = match request.uri().path() {
        "/version" => Ok(get_version(cluster)),
        path if path.ends_with("/selfsubjectaccessreviews") && request.method() == Method::POST => {
            review_own_access(cluster, &identity, request)
        }
        path => objects::serve(cluster, &identity, request, path),
    };
    let mut response = match result {
        Ok((status, body)) => build_json_response(status, &body),
        Err(error) => error.to_response(),
    };
    if let Identity::Principal { session, .. } = identity {
        response.extensions_mut().insert(Principal(session));
    }
    response
}

/// Returns the Kubernetes version of the cluster, as the path `/version` shows it.
fn get_version(cluster: &Cluster) -> (u16, Value) {
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

/// Answers whether the caller has a permission (`SelfSubjectAccessReview`). Every authenticated
/// caller may ask it.
fn review_own_access(
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
    let mut review: Value = serde_json::from_slice(request.body())
        .map_err(|error| StatusError::bad_request(error.to_string()))?;
    if review["kind"] != "SelfSubjectAccessReview" {
        return Err(StatusError::bad_request("the body is no SelfSubjectAccessReview"));
    }
    let attributes = &review["spec"]["resourceAttributes"];
    let attribute =
        |name: &str| attributes.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let allowed = identity.is_allowed(
        cluster,
        attribute("verb").unwrap_or_default(),
        attribute("resource").unwrap_or_default(),
        attribute("namespace"),
    );
    review["status"] = json!({"allowed": allowed});
    Ok((201, review))
}
