//! The portal's side of a handshake: a client's certificate is asked for, not demanded, and looked at afterwards.

use std::sync::Arc;

use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, UnixTime},
    server::{
        ClientHello, ResolvesServerCert, WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::CertifiedKey,
};

use super::PortalState;
use crate::certificates::{CertificateSpec, Chain};

/// Takes any certificate whose key the client has. What it is worth is judged when the request is known, since the answer
/// to a bad one is a page.
#[derive(Debug)]
struct AskingVerifier(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for AskingVerifier {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// The server's certificate, with its intermediate or without.
#[derive(Debug)]
struct ServerCertificate {
    desk: Arc<PortalState>,
    alone: Arc<CertifiedKey>,
    with_intermediate: Arc<CertifiedKey>,
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shows = self.desk.records().behaviour.shows_intermediate;
        Some(Arc::clone(if shows { &self.with_intermediate } else { &self.alone }))
    }
}

/// Judges a client's certificate as a server would that demands a good one: chain, validity, usage.
pub(super) fn verifier(chain: &Chain) -> Arc<dyn ClientCertVerifier> {
    let mut roots = RootCertStore::empty();
    for authority in [chain.root_der(), chain.intermediate_der()] {
        roots.add(authority.clone()).expect("an authority");
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    verifier.build().expect("a verifier")
}

pub(super) fn config(
    desk: &Arc<PortalState>,
    verifier: Arc<dyn ClientCertVerifier>,
) -> ServerConfig {
    let provider = aws_lc_rs::default_provider();
    let hosts = vec![desk.host.certified()];
    let server = desk.chain.issue(&CertificateSpec { hosts, ..CertificateSpec::server() });
    let shown = |chain: Vec<CertificateDer<'static>>| {
        let key = CertifiedKey::from_der(chain, server.private_key(), &provider);
        Arc::new(key.expect("a key that fits its certificate"))
    };
    let certificate = ServerCertificate {
        desk: Arc::clone(desk),
        alone: shown(vec![server.der.clone()]),
        with_intermediate: shown(vec![server.der.clone(), desk.chain.intermediate_der().clone()]),
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider.clone()))
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_client_cert_verifier(Arc::new(AskingVerifier(verifier)))
        .with_cert_resolver(Arc::new(certificate));
    // Each connection shows its certificate again: what was withdrawn must not live on in a ticket.
    config.send_tls13_tickets = 0;
    config
}
