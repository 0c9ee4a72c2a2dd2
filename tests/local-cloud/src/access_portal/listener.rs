//! Accepts TLS connections and authenticates clients by certificate.

use std::{io, sync::Arc, time::Duration};

use axum::body::{Body, to_bytes};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rustls::{
    pki_types::{CertificateDer, UnixTime},
    server::danger::ClientCertVerifier,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use super::{OPERATION, PortalState, request, responses, tls};
use crate::{
    cloud::CloudState,
    recorder::RecordedRequest,
    server::{self, NESTED_HEADER, Principal, Request},
};

/// Maximum size of a request body.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Accepts connections until the task is aborted.
pub(super) async fn listen(listener: TcpListener, desk: Arc<PortalState>) {
    let verifier = tls::client_verifier(&desk.chain);
    let config = Arc::new(tls::server_config(&desk, Arc::clone(&verifier)));
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        server::disable_nagle(&stream);
        while connections.try_join_next().is_some() {}
        let acceptor = TlsAcceptor::from(Arc::clone(&config));
        let (desk, verifier) = (Arc::clone(&desk), Arc::clone(&verifier));
        connections.spawn(serve(stream, acceptor, desk, verifier));
    }
}

async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    desk: Arc<PortalState>,
    verifier: Arc<dyn ClientCertVerifier>,
) {
    // The client gets a TLS alert if the handshake fails.
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let (_, connection) = stream.get_ref();
    let shown = connection.peer_certificates().unwrap_or_default().to_vec();
    let service = service_fn(move |request| {
        handle_request(Arc::clone(&desk), Arc::clone(&verifier), shown.clone(), request)
    });
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

async fn handle_request(
    desk: Arc<PortalState>,
    verifier: Arc<dyn ClientCertVerifier>,
    shown: Vec<CertificateDer<'static>>,
    request: http::Request<Incoming>,
) -> io::Result<http::Response<Body>> {
    let Some(cloud) = desk.cloud.upgrade() else { return Err(io::Error::other("no cloud")) };
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), MAX_BODY_BYTES).await.map_err(io::Error::other)?;
    let request = Request::from_parts(head, body.to_vec());
    let nested = request.headers().contains_key(NESTED_HEADER);
    let name = authenticate(&desk, &cloud, verifier.as_ref(), &shown);
    let sent = RecordedRequest::from_request(desk.kind.service(), OPERATION, &request);
    let work = async {
        let mut response = request::handle(&desk, &cloud, name.as_deref(), &request);
        if let Some(name) = name {
            response.extensions_mut().insert(Principal(name));
        }
        response
    };
    server::serve_call(&cloud, (sent, nested), responses::injected_error, work).await
}

/// Returns the common name of the client if its certificate is valid now and known to the portal.
fn authenticate(
    desk: &PortalState,
    cloud: &CloudState,
    verifier: &dyn ClientCertVerifier,
    shown: &[CertificateDer<'static>],
) -> Option<String> {
    let (own, others) = shown.split_first()?;
    let now = Duration::from_secs(u64::try_from(cloud.clock().now()).ok()?);
    verifier.verify_client_cert(own, others, UnixTime::since_unix_epoch(now)).ok()?;
    let records = desk.records();
    records.known_certificates.iter().find(|(known, _)| known == own).map(|(_, name)| name.clone())
}
