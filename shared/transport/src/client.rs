//! The HTTP client that the AWS SDK and Palette's adapter share.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, redirect};
use rustls::{ClientConfig, crypto::aws_lc_rs};

use crate::{Roots, TlsError};

/// How long TCP and TLS may take before a service counts as unreachable (C05).
const CONNECT: Duration = Duration::from_secs(3);

/// Load balancers close idle connections after 20 s and more; a frozen function does not see it.
const IDLE: Duration = Duration::from_secs(15);

/// A client that trusts these roots and no others. Cheap to clone; clones share their connections.
///
/// Proxies are those of `HTTPS_PROXY` and `NO_PROXY`. Redirects are answers, not followed: what is sent holds credentials.
pub fn client(roots: &Roots) -> Result<Client, TlsError> {
    // The provider is named, so that no process-wide default has to be installed first.
    let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Protocol)?
        .with_root_certificates(Arc::clone(roots.store()))
        .with_no_client_auth();
    #[expect(clippy::disallowed_methods, reason = "this is where TLS and timeouts are set")]
    let builder = Client::builder();
    builder
        .tls_backend_preconfigured(tls)
        .http1_only()
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
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
        let roots = Roots::of(domain::Roots::Public).unwrap();
        assert!(client(&roots).is_ok());
    }
}
