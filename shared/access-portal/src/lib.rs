//! A client for the access portals of the classified partitions, CAP and SCAP. An access portal
//! returns temporary credentials for a client certificate.
//!
//! This crate does not log the bodies of responses, because a successful response contains secrets.
//! It removes possible secrets from the messages of error responses.

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod request;
mod response;

use std::time::Duration;

use gangway_http::{ProbeError, RootStore, TlsError, deadline, upstream_timing};
use gangway_model::{AccessPortalCredential, Partition, TemporaryCredentials};
use reqwest::{Url, header};
use zeroize::Zeroizing;

/// The timeout of a request to an access portal. It is long because the portal itself calls other
/// services.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// The maximum size of the body of a response.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;

/// The reason why an access portal returned no credentials.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// Gangway could not connect to the portal, did not trust the portal's certificate, or the
    /// portal refused the client certificate.
    #[error(transparent)]
    Unreachable(#[from] ProbeError),
    #[error("the certificates cannot be used: {0}")]
    InvalidTlsIdentity(#[from] TlsError),
    /// The response is not JSON. Portals return an HTML page to a client that they do not know.
    #[error(
        "it answered with an HTML page (HTTP {status}), as portals do for a client that they do not know"
    )]
    HtmlResponse {
        /// The HTTP status of the response, which is often 200.
        status: u16,
    },
    #[error("its API is switched off (HTTP 404{})", message_suffix(message))]
    Disabled {
        /// The message in the portal's response. It is empty if the message may contain a secret.
        message: String,
    },
    #[error("it rejected the request (HTTP {status}{})", message_suffix(message))]
    Rejected {
        /// The HTTP status of the response. If it is 2xx and the body contains an error, this is
        /// the status in the body.
        status: u16,
        /// The message in the portal's response. It is empty if the message may contain a secret.
        message: String,
    },
    /// The response is a redirect. Gangway does not follow redirects, because it would send the
    /// client certificate to another server.
    #[error(
        "it redirects (HTTP {status}): the URL must be that of the API that returns credentials"
    )]
    Redirect { status: u16 },
    #[error("its response contains no Credentials with AccessKeyId and SecretAccessKey")]
    NoCredentials,
    #[error("its response is too large")]
    ResponseTooLarge,
}

/// Returns the portal's message as the end of an error message: `: <message>`, or nothing if the
/// message is empty.
fn message_suffix(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

impl PortalError {
    /// Returns `true` if Gangway could not connect to the portal or received no response in time.
    /// Then Palette may still reach the portal, if it is in another network.
    pub const fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable(ProbeError::TimedOut | ProbeError::ConnectionFailed))
    }
}

/// The name of the access portal in metrics.
const SERVICE: &str = "The access portal";

/// Fetches temporary credentials from the access portal at `address`. The client trusts only the CA
/// certificates in `portal`, and authenticates with the client certificate in `portal`.
pub async fn fetch_credentials(
    address: &Url,
    partition: Partition,
    portal: &AccessPortalCredential,
) -> Result<TemporaryCredentials, PortalError> {
    let identity = &portal.identity;
    let roots = RootStore::from_pem(identity.certificate_authority.pem().as_bytes())?;
    let client =
        gangway_http::build_client_with_identity(&roots, &identity.certificate, &identity.key)?;
    let url = request::credentials_url(address, partition, portal);
    let request = client.get(url).header(header::ACCEPT, "application/json");
    let response = deadline::timeout(REQUEST_TIMEOUT, send_request(request));
    upstream_timing::record(SERVICE, response).await.unwrap_or(Err(ProbeError::TimedOut.into()))
}

/// Sends the request, reads the body of the response, and parses the credentials in it.
async fn send_request(
    request: reqwest::RequestBuilder,
) -> Result<TemporaryCredentials, PortalError> {
    let to_error = |error: reqwest::Error| PortalError::Unreachable(ProbeError::from_http(&error));
    let mut response = request.send().await.map_err(to_error)?;
    let status = response.status().as_u16();
    tracing::debug!(status, "received a response of the access portal");
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let is_json = content_type.and_then(|value| value.to_str().ok()).is_some_and(response::is_json);
    let mut body = Zeroizing::new(Vec::with_capacity(MAX_RESPONSE_BYTES));
    while let Some(chunk) = response.chunk().await.map_err(to_error)? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(PortalError::ResponseTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    response::parse(status, is_json, &body)
}
