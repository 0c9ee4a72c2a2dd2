//! Client of the access portals of the classified partitions, CAP and SCAP, which return temporary
//! credentials for a client certificate.
//!
//! Responses are not logged: a successful one is secret, and errors are sanitized before they are
//! shown.

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod request;
mod response;

use std::time::Duration;

use gangway_http::{ProbeError, RootStore, TlsError, deadline, upstream_timing};
use gangway_model::{AccessPortalCredential, Partition, TemporaryCredentials};
use reqwest::{Url, header};
use zeroize::Zeroizing;

/// Timeout of a request; a portal calls other services in turn.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// Largest response that is read.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;

/// Why a portal returned no credentials.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// The portal was not reached or not trusted, or did not accept the client certificate.
    #[error(transparent)]
    Unreachable(#[from] ProbeError),
    #[error("the certificates cannot be used: {0}")]
    InvalidTlsIdentity(#[from] TlsError),
    /// An HTML page instead of JSON, which is what portals return to an unknown client.
    #[error(
        "it answered with an HTML page (HTTP {status}), as portals do for a client that they do not know"
    )]
    HtmlResponse {
        /// HTTP status, often 200.
        status: u16,
    },
    #[error("its API is switched off (HTTP 404{})", suffix(message))]
    Disabled {
        /// The portal's message; empty if it may contain a secret.
        message: String,
    },
    #[error("it rejected the request (HTTP {status}{})", suffix(message))]
    Rejected {
        /// HTTP status, or the status in the body of a successful response.
        status: u16,
        /// The portal's message; empty if it may contain a secret.
        message: String,
    },
    /// Redirects are not followed: the request contains credentials.
    #[error(
        "it redirects (HTTP {status}): the URL must be that of the API that returns credentials"
    )]
    Redirect { status: u16 },
    #[error("its response contains no Credentials with AccessKeyId and SecretAccessKey")]
    NoCredentials,
    #[error("its response is too large")]
    ResponseTooLarge,
}

fn suffix(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

impl PortalError {
    /// Returns `true` if the request did not reach the portal: Palette may have a network path that
    /// Gangway lacks.
    pub const fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable(ProbeError::TimedOut | ProbeError::ConnectionFailed))
    }
}

/// Name in metrics.
const SERVICE: &str = "The access portal";

/// Fetches temporary credentials from the portal at `address`. Its certificate must be signed by
/// the CA certificates of the request.
pub async fn fetch_credentials(
    address: &Url,
    partition: Partition,
    portal: &AccessPortalCredential,
) -> Result<TemporaryCredentials, PortalError> {
    let identity = &portal.identity;
    let roots = RootStore::from_pem(identity.certificate_authority.pem().as_bytes())?;
    let client =
        gangway_http::build_client_with_identity(&roots, &identity.certificate, &identity.key)?;
    let url = request::url(address, partition, portal);
    let request = client.get(url).header(header::ACCEPT, "application/json");
    let response = deadline::timeout(REQUEST_TIMEOUT, read_body(request));
    upstream_timing::record(SERVICE, response).await.unwrap_or(Err(ProbeError::TimedOut.into()))
}

async fn read_body(request: reqwest::RequestBuilder) -> Result<TemporaryCredentials, PortalError> {
    let broken = |error: reqwest::Error| PortalError::Unreachable(ProbeError::from_http(&error));
    let mut response = request.send().await.map_err(broken)?;
    let status = response.status().as_u16();
    tracing::debug!(status, "the access portal answered");
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let is_json = content_type.and_then(|value| value.to_str().ok()).is_some_and(response::is_json);
    let mut body = Zeroizing::new(Vec::with_capacity(MAX_RESPONSE_BYTES));
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(PortalError::ResponseTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    response::parse(status, is_json, &body)
}
