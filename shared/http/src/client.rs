//! Builds HTTP clients: the client for the AWS SDK and Palette, and clients with a client
//! certificate.

use std::{sync::Arc, time::Duration};

use gangway_certificates::{ClientCertificate, PrivateKey};
use reqwest::{Client, redirect};
use rustls::{
    ClientConfig, ConfigBuilder,
    client::WantsClientCert,
    crypto::aws_lc_rs,
    sign::{CertifiedKey, SingleCertAndKey},
};

use crate::{RootStore, TlsError};

/// Timeout for setting up a connection (TCP and TLS).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Time after which the client closes an idle connection. Load balancers close idle connections
/// after 20 s or more, and a frozen Lambda function would not notice that.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// Builds a client that trusts only these CA certificates. Clones of the client share its
/// connections.
///
/// The client uses the proxy settings of the environment variables `HTTPS_PROXY` and `NO_PROXY`.
/// The client does not follow redirects, because requests contain credentials.
pub fn build_client(roots: &RootStore) -> Result<Client, TlsError> {
    build_with_tls(tls_config_with_roots(roots)?.with_no_client_auth())
}

/// Builds a client like [`build_client`], with a client certificate for servers that request one.
pub fn build_client_with_identity(
    roots: &RootStore,
    certificate: &ClientCertificate,
    key: &PrivateKey,
) -> Result<Client, TlsError> {
    let certified_key = CertifiedKey::new(certificate.chain(), key.signer());
    let resolver = SingleCertAndKey::from(certified_key);
    build_with_tls(tls_config_with_roots(roots)?.with_client_cert_resolver(Arc::new(resolver)))
}

/// Returns a TLS configuration that trusts these CA certificates. The caller adds the client
/// certificate.
fn tls_config_with_roots(
    roots: &RootStore,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    // The builder gets the cryptography provider as an argument, so no default provider has to be
    // installed for the process.
    Ok(ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Protocol)?
        .with_root_certificates(Arc::clone(roots.store())))
}

/// Builds a client with this TLS configuration and the timeouts of all clients.
fn build_with_tls(tls: ClientConfig) -> Result<Client, TlsError> {
    #[expect(clippy::disallowed_methods, reason = "the only place that sets TLS and timeouts")]
    let builder = Client::builder();
    builder
        .tls_backend_preconfigured(tls)
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("gangway/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(TlsError::Client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_built_without_files_and_without_a_default_provider() {
        let roots = RootStore::for_kind(gangway_model::RootStoreKind::Public).unwrap();
        assert!(build_client(&roots).is_ok());
    }
}
