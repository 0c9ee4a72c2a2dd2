//! HTTP transport of the Kubernetes client. It trusts the CA certificate of the cluster, and stops
//! at the deadline of the invocation.

use std::time::Duration;

use gangway_http::{RootStore, TlsError, deadline, upstream_timing};
use http::{HeaderValue, Request, Response, header::AUTHORIZATION};
use kube::{Client, client::Body};
use reqwest::Url;
use tower::service_fn;

/// Timeout of one call. It is short, so that the invocation has time left if the cluster cannot be
/// reached.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(6);

/// Size in bytes of the largest response that is read. It is larger than any list that Gangway
/// reads, and smaller than the memory of the function.
const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;

/// Reason why a client cannot be created.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    #[error("the cluster's endpoint is not a URL")]
    Endpoint,
    #[error("the cluster's CA certificate cannot be used")]
    CaCertificate(#[from] TlsError),
    #[error("the token is not a valid header value")]
    Token,
}

/// Reason why a call has failed.
#[derive(Debug, thiserror::Error)]
enum RequestError {
    #[error("the call timed out")]
    Timeout,
    #[error("the response is too large")]
    ResponseTooLarge,
    #[error("the connection failed")]
    Connection(#[source] reqwest::Error),
    #[error("the request body cannot be read")]
    Request(#[source] kube::Error),
    #[error("the path does not make a URL")]
    Path,
    #[error("the response is not valid HTTP")]
    InvalidResponse(#[source] http::Error),
}

/// Creates a client for the API at `endpoint`. `ca_certificate` is in PEM, `token` is the bearer
/// token.
pub(super) fn new(
    endpoint: &str,
    ca_certificate: &[u8],
    token: &str,
) -> Result<Client, ClientError> {
    let endpoint: Url = endpoint.parse().map_err(|_not_a_url| ClientError::Endpoint)?;
    let http = gangway_http::build_client(&RootStore::from_pem(ca_certificate)?)?;
    let mut bearer = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_not_ascii| ClientError::Token)?;
    bearer.set_sensitive(true);
    let service = service_fn(move |request: Request<Body>| {
        let (http, endpoint, bearer) = (http.clone(), endpoint.clone(), bearer.clone());
        async move {
            let response = send_request(&http, &endpoint, bearer, request);
            let limited = deadline::timeout(REQUEST_TIMEOUT, response);
            upstream_timing::record("Kubernetes", limited)
                .await
                .unwrap_or(Err(RequestError::Timeout))
        }
    });
    Ok(Client::new(service, "default"))
}

async fn send_request(
    http: &reqwest::Client,
    endpoint: &Url,
    bearer: HeaderValue,
    request: Request<Body>,
) -> Result<Response<Body>, RequestError> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let url = endpoint.join(path).map_err(|_not_a_path| RequestError::Path)?;
    let body = body.collect_bytes().await.map_err(RequestError::Request)?;
    let mut headers = parts.headers;
    headers.insert(AUTHORIZATION, bearer);
    let connection_error = |error: reqwest::Error| RequestError::Connection(error.without_url());
    let request = http.request(parts.method, url).headers(headers).body(body);
    let mut received = request.send().await.map_err(connection_error)?;
    let mut response = Response::builder().status(received.status());
    if let Some(headers) = response.headers_mut() {
        headers.clone_from(received.headers());
    }
    let mut body = Vec::new();
    while let Some(chunk) = received.chunk().await.map_err(connection_error)? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(RequestError::ResponseTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    response.body(Body::from(body)).map_err(RequestError::InvalidResponse)
}
