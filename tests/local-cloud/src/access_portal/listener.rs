//! Accepts TLS connections, and authenticates clients by their certificate.

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

/// Accepts connections to the portal until the task is aborted.
pub(super) async fn listen(listener: TcpListener, state: Arc<PortalState>) {
    let verifier = tls::build_client_verifier(&state.chain);
    let config = Arc::new(tls::build_server_config(&state, Arc::clone(&verifier)));
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        server::disable_nagle(&stream);
        while connections.try_join_next().is_some() {}
        let acceptor = TlsAcceptor::from(Arc::clone(&config));
        let (state, verifier) = (Arc::clone(&state), Arc::clone(&verifier));
        connections.spawn(serve_connection(stream, acceptor, state, verifier));
    }
}

/// Performs the TLS handshake, and serves the requests of one connection.
async fn serve_connection(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    state: Arc<PortalState>,
    verifier: Arc<dyn ClientCertVerifier>,
) {
    // The client gets a TLS alert if the handshake fails.
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let (_, connection) = stream.get_ref();
    let certificates = connection.peer_certificates().unwrap_or_default().to_vec();
    let service = service_fn(move |request| {
        handle_request(Arc::clone(&state), Arc::clone(&verifier), certificates.clone(), request)
    });
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

/// Handles a request, and adds it to the call log and to the recorder.
async fn handle_request(
    state: Arc<PortalState>,
    verifier: Arc<dyn ClientCertVerifier>,
    certificates: Vec<CertificateDer<'static>>,
    request: http::Request<Incoming>,
) -> io::Result<http::Response<Body>> {
    let Some(cloud) = state.cloud.upgrade() else {
        return Err(io::Error::other("The local cloud has stopped."));
    };
    let (head, body) = request.into_parts();
    let body = to_bytes(Body::new(body), MAX_BODY_BYTES).await.map_err(io::Error::other)?;
    let request = Request::from_parts(head, body.to_vec());
    let is_nested = request.headers().contains_key(NESTED_HEADER);
    let name = authenticate(&state, &cloud, verifier.as_ref(), &certificates);
    let recorded_request = RecordedRequest::from_request(state.kind.service(), OPERATION, &request);
    let work = async {
        let mut response = request::handle(&state, &cloud, name.as_deref(), &request);
        if let Some(name) = name {
            response.extensions_mut().insert(Principal(name));
        }
        response
    };
    server::serve_call(&cloud, (recorded_request, is_nested), responses::injected_error, work).await
}

/// Returns the common name in the client certificate, if the certificate is valid now and known to
/// the portal.
fn authenticate(
    state: &PortalState,
    cloud: &CloudState,
    verifier: &dyn ClientCertVerifier,
    certificates: &[CertificateDer<'static>],
) -> Option<String> {
    let (client_certificate, intermediates) = certificates.split_first()?;
    let now = Duration::from_secs(u64::try_from(cloud.clock().now()).ok()?);
    verifier
        .verify_client_cert(client_certificate, intermediates, UnixTime::since_unix_epoch(now))
        .ok()?;
    let records = state.records();
    records
        .known_certificates
        .iter()
        .find(|(certificate, _)| certificate == client_certificate)
        .map(|(_, name)| name.clone())
}
