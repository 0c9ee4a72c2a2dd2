//! HTTP clients: the one that the AWS SDK and Palette's adapter share, and those that show a certificate of their own.

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

/// How long TCP and TLS may take before a service counts as unreachable (C05).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Load balancers close idle connections after 20 s and more; a frozen function does not see it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// A client that trusts these roots and no others. Cheap to clone; clones share their connections.
///
/// Proxies are those of `HTTPS_PROXY` and `NO_PROXY`. Redirects are answers, not followed: what is sent holds credentials.
pub fn build_client(roots: &RootStore) -> Result<Client, TlsError> {
    build(build_client_with_roots(roots)?.with_no_client_auth())
}

/// The same, and shows this certificate to servers that ask for one (X07). It does not follow redirects either: a portal's
/// answer is for whoever has the key.
pub fn build_client_with_identity(
    roots: &RootStore,
    certificate: &ClientCertificate,
    key: &PrivateKey,
) -> Result<Client, TlsError> {
    let shown = CertifiedKey::new(certificate.chain(), key.signer());
    let resolver = SingleCertAndKey::from(shown);
    build(build_client_with_roots(roots)?.with_client_cert_resolver(Arc::new(resolver)))
}

fn build_client_with_roots(
    roots: &RootStore,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    // The provider is named, so that no process-wide default has to be installed first.
    Ok(ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Protocol)?
        .with_root_certificates(Arc::clone(roots.store())))
}

fn build(tls: ClientConfig) -> Result<Client, TlsError> {
    #[expect(clippy::disallowed_methods, reason = "this is where TLS and timeouts are set")]
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
    fn a_client_needs_no_file_and_no_process_wide_provider() {
        let roots = RootStore::for_kind(gangway_model::RootStoreKind::Public).unwrap();
        assert!(build_client(&roots).is_ok());
    }
}
