//! HTTP clients for calls between parts of the local cloud.
use std::sync::Arc;

use rustls::{
    ClientConfig, ConfigBuilder, RootCertStore,
    client::WantsClientCert,
    crypto::aws_lc_rs,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject as _},
    },
};

/// A client certificate or key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// One of the CA certificates is not PEM.
    #[error("not PEM: {0}")]
    Pem(#[from] pem::Error),
    /// They do not match, or the key type is not supported.
    #[error("{0}")]
    Unusable(#[from] rustls::Error),
}

/// Returns a client that trusts only the certificates in `pem` and uses no proxy.
///
/// # Panics
/// Never.
pub fn client(pem: Option<&str>) -> reqwest::Client {
    build_client(trusted_roots(pem.unwrap_or_default()).with_no_client_auth())
}

/// Builds a client like `client`, with a client certificate and its chain.
///
/// # Panics
/// Never.
pub fn client_with_certificate(
    pem: &str,
    certificate: &str,
    key: &str,
) -> Result<reqwest::Client, IdentityError> {
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes());
    let chain = chain.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())?;
    Ok(build_client(trusted_roots(pem).with_client_auth_cert(chain, key)?))
}

/// Returns the number of usable certificates in a PEM text.
pub fn count_certificates(pem: &str) -> usize {
    let certificates = CertificateDer::pem_slice_iter(pem.as_bytes());
    RootCertStore::empty().add_parsable_certificates(certificates.filter_map(Result::ok)).0
}

fn trusted_roots(pem: &str) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_slice_iter(pem.as_bytes());
    roots.add_parsable_certificates(certificates.filter_map(Result::ok));
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_root_certificates(roots)
}

fn build_client(tls: ClientConfig) -> reqwest::Client {
    #[expect(clippy::disallowed_methods, reason = "a test client on loopback has no deadline")]
    let builder = reqwest::Client::builder();
    builder.tls_backend_preconfigured(tls).no_proxy().build().expect("a client")
}
