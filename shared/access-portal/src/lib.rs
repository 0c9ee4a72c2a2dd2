//! The access portals of the classified partitions, CAP and SCAP: a client certificate goes in, temporary keys come out.
//!
//! Nothing that a portal answers is logged: its success is a secret, and its errors are read before they are told.

#[doc(hidden)]
pub mod fuzzing;
mod request;
mod response;

use std::time::Duration;

use gangway_http::{ProbeError, RootStore, TlsError, deadline};
use gangway_model::{AccessPortalCredential, Partition, TemporaryCredentials};
use reqwest::{Url, header};
use zeroize::Zeroizing;

/// How long a portal may take: it asks other services in turn.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// Larger than any answer with keys, and than most pages.
const MAX_RESPONSE_BYTES: usize = 256 * 1024;

/// Why a portal handed out no keys (X05, X06, X08, X11).
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// It was not reached, or not trusted, or did not take the certificate.
    #[error(transparent)]
    Unreachable(#[from] ProbeError),
    /// The certificates cannot be used for TLS at all.
    #[error("the certificates cannot be used: {0}")]
    InvalidTlsIdentity(#[from] TlsError),
    /// A page, though keys were asked for: portals say so that they did not know the client (T31).
    #[error(
        "it answered with a page (HTTP {status}), which is how portals say that they do not know the client"
    )]
    HtmlResponse {
        /// Its status, often 200.
        status: u16,
    },
    /// The interface is switched off.
    #[error("its interface is switched off (HTTP 404{})", told(message))]
    Disabled {
        /// In its own words; empty where it says nothing that can be repeated.
        message: String,
    },
    /// It said no.
    #[error("it refused (HTTP {status}{})", told(message))]
    Rejected {
        /// Its status: that of the answer, or the one that a successful answer names.
        status: u16,
        /// In its own words; empty where it says nothing that can be repeated.
        message: String,
    },
    /// It sends elsewhere. What it is asked with is not for others.
    #[error("it redirects (HTTP {status}): the address must be that of the credentials themselves")]
    Redirect {
        /// Its status.
        status: u16,
    },
    /// JSON, and no keys in it.
    #[error("its answer holds no Credentials with AccessKeyId and SecretAccessKey")]
    NoCredentials,
    /// Too long to be keys.
    #[error("its answer is too long to be keys")]
    ResponseTooLarge,
}

fn told(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

impl PortalError {
    /// Whether the portal was asked at all: if not, Palette may have a way that Gangway has not.
    pub const fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable(ProbeError::TimedOut | ProbeError::ConnectionFailed))
    }
}

/// As metrics call it.
const SERVICE: &str = "The access portal";

/// Asks the portal at this address for keys. It must be one that the request's own authorities have signed for (X08).
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
    let heard = deadline::timeout(REQUEST_TIMEOUT, read_body(request));
    deadline::record_upstream(SERVICE, heard).await.unwrap_or(Err(ProbeError::TimedOut.into()))
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
    response::judge(status, is_json, &body)
}
