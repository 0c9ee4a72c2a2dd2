//! HTTP on loopback, for those parts of the local cloud that call others: Palette calls STS, the demo calls the gateway.
use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// A client that trusts the certificates in `pem` and no others, and heeds no proxy.
///
/// # Panics
/// Never: its TLS provider is compiled in.
pub fn client(pem: Option<&str>) -> reqwest::Client {
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_slice_iter(pem.unwrap_or_default().as_bytes());
    roots.add_parsable_certificates(certificates.filter_map(Result::ok));
    let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    #[expect(clippy::disallowed_methods, reason = "a test's client on loopback: no budget to keep")]
    let builder = reqwest::Client::builder();
    builder.tls_backend_preconfigured(tls).no_proxy().build().expect("a client")
}
