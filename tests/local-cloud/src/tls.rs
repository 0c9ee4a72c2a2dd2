//! A private CA with a server certificate.
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::host::Host;

/// TLS configuration of a listener, and the CA certificate that its clients must trust.
#[derive(Debug)]
pub struct TlsIdentity {
    /// The CA certificate in PEM, for `AWS_CA_BUNDLE` or a CA bundle secret.
    pub certificate_pem: String,
    pub(crate) config: Arc<ServerConfig>,
}

impl TlsIdentity {
    /// Creates a CA and a server certificate for both names of the host.
    ///
    /// # Panics
    /// If a key cannot be generated.
    pub fn new(host: Host) -> TlsIdentity {
        let mut ca = CertificateParams::default();
        ca.distinguished_name.push(DnType::CommonName, "Local cloud CA");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().expect("a key"))
            .expect("a certificate");

        let key = KeyPair::generate().expect("a key");
        let server =
            CertificateParams::new([host.tls_name(), host.http_name()]).expect("valid host names");
        let server = server.signed_by(&key, &ca).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![server.der().clone()], key)
            .expect("a key that fits its certificate");
        TlsIdentity { certificate_pem: ca.pem(), config: Arc::new(config) }
    }
}
