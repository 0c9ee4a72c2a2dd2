//! TLS configuration of a portal. The handshake requests a client certificate, but does not require
//! one. The certificate is checked later.

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
use crate::certificates::{CertificateIssuer, CertificateSpec};

/// Accepts every client certificate whose private key the client has. The certificate is checked
/// when a request arrives, because the response to an invalid certificate is a login page.
#[derive(Debug)]
struct OptionalClientVerifier(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for OptionalClientVerifier {
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

/// Selects the certificates that the server sends: its own, with or without the intermediate one.
#[derive(Debug)]
struct ServerCertificate {
    state: Arc<PortalState>,
    without_intermediate: Arc<CertifiedKey>,
    with_intermediate: Arc<CertifiedKey>,
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let sends_intermediate = self.state.records().behaviour.sends_intermediate;
        Some(Arc::clone(if sends_intermediate {
            &self.with_intermediate
        } else {
            &self.without_intermediate
        }))
    }
}

/// Returns the verifier that checks the chain, validity and usage of a client certificate.
pub(super) fn build_client_verifier(chain: &CertificateIssuer) -> Arc<dyn ClientCertVerifier> {
    let mut roots = RootCertStore::empty();
    for ca in [chain.root_der(), chain.intermediate_der()] {
        roots.add(ca.clone()).expect("the CA certificate is valid");
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    verifier.build().expect("the list of CA certificates is not empty")
}

/// Returns the TLS configuration of the portal's server, with a new server certificate.
pub(super) fn build_server_config(
    state: &Arc<PortalState>,
    verifier: Arc<dyn ClientCertVerifier>,
) -> ServerConfig {
    let provider = aws_lc_rs::default_provider();
    let hosts = vec![state.host.tls_name()];
    let server_certificate =
        state.chain.issue(&CertificateSpec { hosts, ..CertificateSpec::server() });
    let certified_key = |chain: Vec<CertificateDer<'static>>| {
        let key = CertifiedKey::from_der(chain, server_certificate.private_key(), &provider);
        Arc::new(key.expect("the key belongs to the certificate"))
    };
    let resolver = ServerCertificate {
        state: Arc::clone(state),
        without_intermediate: certified_key(vec![server_certificate.der.clone()]),
        with_intermediate: certified_key(vec![
            server_certificate.der.clone(),
            state.chain.intermediate_der().clone(),
        ]),
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider.clone()))
        .with_safe_default_protocol_versions()
        .expect("the provider supports TLS 1.2 and 1.3")
        .with_client_cert_verifier(Arc::new(OptionalClientVerifier(verifier)))
        .with_cert_resolver(Arc::new(resolver));
    // Session tickets are off, because a resumed session would keep a certificate that was
    // revoked.
    config.send_tls13_tickets = 0;
    config
}
