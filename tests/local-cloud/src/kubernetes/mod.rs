//! The Kubernetes API of an EKS cluster, over TLS with a CA certificate of its own.
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
use crate::cloud::Parts;
use crate::host::Host;
use crate::server::{Principal, Request, Response, disable_nagle, serve_call};
use crate::tap::Sent;
use crate::tls::Authority;

/// No object of Kubernetes is longer.
const MAX_BODY_BYTES: usize = 3 * 1024 * 1024;

/// A listener that has an address and a CA certificate, but no cluster to speak for yet.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    host: Host,
    authority: Authority,
}

/// A Kubernetes API that runs. It ends when dropped.
#[derive(Debug)]
pub struct Api {
    listening: JoinHandle<()>,
}

impl Drop for Api {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Listener {
    /// On any free port.
    ///
    /// # Panics
    /// Where the host has none.
    pub async fn bind(host: Host) -> Listener {
        let socket = TcpListener::bind((host.listens(), 0)).await.expect("a free port");
        Listener { socket, host, authority: Authority::new(host) }
    }

    /// `https://localhost:<port>`, or under the host's other name.
    ///
    /// # Panics
    /// Never: a bound listener has an address.
    pub fn url(&self) -> String {
        let port = self.socket.local_addr().expect("an address").port();
        format!("https://{}:{port}", self.host.certified())
    }

    /// The CA certificate that its callers must trust: PEM.
    pub fn ca_pem(&self) -> &str {
        &self.authority.certificate_pem
    }

    /// Serves a cluster's API.
    pub fn serve(self, parts: Arc<Parts>, cluster: Cluster) -> Api {
        Api { listening: tokio::spawn(listen(self, parts, cluster)) }
    }
}

async fn listen(Listener { socket, authority, .. }: Listener, parts: Arc<Parts>, cluster: Cluster) {
    let tls = TlsAcceptor::from(Arc::clone(&authority.config));
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = socket.accept().await else { continue };
        disable_nagle(&stream);
        while connections.try_join_next().is_some() {}
        let (parts, cluster, tls) = (Arc::clone(&parts), cluster.clone(), tls.clone());
        connections.spawn(async move {
            // A handshake that fails is the caller's affair: it sees the alert.
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(move |request| {
                handle_request(Arc::clone(&parts), cluster.clone(), request)
            });
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

async fn handle_request(
    parts: Arc<Parts>,
    cluster: Cluster,
    request: http::Request<Incoming>,
) -> io::Result<http::Response<Body>> {
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), MAX_BODY_BYTES).await.map_err(io::Error::other)?;
    let request = Request::from_parts(head, body.to_vec());
    let operation = operation(&request);
    let sent = Sent::from_request("kubernetes", &operation, &request);
    let served = Arc::clone(&parts);
    let work = async move { serve(&served, &cluster, &request) };
    serve_call(&parts, (sent, false), StatusError::injected_error, work).await
}

/// As RBAC would put it: `get configmaps`, `list pods`; a path where it is none of that.
fn operation(request: &Request) -> String {
    let path = request.uri().path();
    match ResourcePath::parse(path) {
        Some(asked) => format!("{} {}", asked.verb(request.method()), asked.resource),
        None => format!("{} {path}", request.method().as_str().to_ascii_lowercase()),
    }
}

fn serve(parts: &Parts, cluster: &Cluster, request: &Request) -> Response {
    let who = match token::authenticate(parts, cluster, request) {
        Ok(who) => who,
        Err(refusal) => return refusal.render(),
    };
    let served = match request.uri().path() {
        "/version" => Ok(version(cluster)),
        path if path.ends_with("/selfsubjectaccessreviews") && request.method() == Method::POST => {
            self_subject_access_review(cluster, &who, request)
        }
        path => objects::serve(cluster, &who, request, path),
    };
    let mut response = match served {
        Ok((status, body)) => json_response(status, &body),
        Err(refusal) => refusal.render(),
    };
    if let Identity::Principal { session, .. } = who {
        response.extensions_mut().insert(Principal(session));
    }
    response
}

fn version(cluster: &Cluster) -> (u16, Value) {
    let version = cluster.found(|cluster| cluster.version.clone()).unwrap_or_default();
    let (major, minor) = version.split_once('.').unwrap_or((&version, "0"));
    let answer = json!({
        "major": major, "minor": minor, "gitVersion": format!("v{version}.1-eks-1a2b3c4"),
        "gitCommit": "0000000000000000000000000000000000000000", "gitTreeState": "clean",
        "buildDate": "2026-09-01T00:00:00Z", "goVersion": "go1.25.1", "compiler": "gc",
        "platform": "linux/amd64",
    });
    (200, answer)
}

/// Anybody who is known may ask what is allowed to itself.
fn self_subject_access_review(
    cluster: &Cluster,
    who: &Identity,
    request: &Request,
) -> Result<(u16, Value), StatusError> {
    let Identity::Principal { .. } = who else {
        return Err(StatusError::forbidden(who, "create", "selfsubjectaccessreviews", None, ""));
    };
    let mut asked: Value = serde_json::from_slice(request.body())
        .map_err(|fault| StatusError::bad_request(fault.to_string()))?;
    if asked["kind"] != "SelfSubjectAccessReview" {
        return Err(StatusError::bad_request("the body is no SelfSubjectAccessReview"));
    }
    let attributes = &asked["spec"]["resourceAttributes"];
    let text =
        |name: &str| attributes.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
    let allowed = who.may(
        cluster,
        text("verb").unwrap_or_default(),
        text("resource").unwrap_or_default(),
        text("namespace"),
    );
    asked["status"] = json!({"allowed": allowed});
    Ok((201, asked))
}
