//! Kubernetes' client over the way out that everything shares: the cluster's own roots, the invocation's time.

use std::time::Duration;

use gangway_http::{RootStore, TlsError, deadline, upstream_timing};
use http::{HeaderValue, Request, Response, header::AUTHORIZATION};
use kube::{Client, client::Body};
use reqwest::Url;
use tower::service_fn;

/// How long one call may take. A cluster that cannot be reached must not use up the invocation.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(6);

/// Larger than any list that is asked for, smaller than what would hurt.
const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    #[error("the cluster's endpoint is no URL")]
    Endpoint,
    #[error("the cluster's certification authority cannot be used")]
    Authority(#[from] TlsError),
    #[error("the token cannot be sent")]
    Token,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
enum RequestError {
    #[error("no answer in time")]
    Timeout,
    #[error("the answer is too long")]
    ResponseTooLarge,
    #[error("the connection failed")]
    Connection(#[source] reqwest::Error),
    #[error("the request cannot be sent")]
    Request(#[source] kube::Error),
    #[error("the path is no URL")]
    Path,
    #[error("the answer cannot be read")]
    InvalidResponse(#[source] http::Error),
}

/// A client of the API at this address, which shows a certificate of this authority (PEM) and takes this token.
pub(super) fn new(endpoint: &str, authority: &[u8], token: &str) -> Result<Client, ClientError> {
    let endpoint: Url = endpoint.parse().map_err(|_not_a_url| ClientError::Endpoint)?;
    let http = gangway_http::build_client(&RootStore::from_pem(authority)?)?;
    let mut bearer = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_not_ascii| ClientError::Token)?;
    bearer.set_sensitive(true);
    let service = service_fn(move |request: Request<Body>| {
        let (http, endpoint, bearer) = (http.clone(), endpoint.clone(), bearer.clone());
        async move {
            let exchange = send(&http, &endpoint, bearer, request);
            let bounded = deadline::timeout(REQUEST_TIMEOUT, exchange);
            upstream_timing::record("Kubernetes", bounded)
                .await
                .unwrap_or(Err(RequestError::Timeout))
        }
    });
    Ok(Client::new(service, "default"))
}

async fn send(
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
    let failed = |error: reqwest::Error| RequestError::Connection(error.without_url());
    let request = http.request(parts.method, url).headers(headers).body(body);
    let mut answer = request.send().await.map_err(failed)?;
    let mut response = Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        headers.clone_from(answer.headers());
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(RequestError::ResponseTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    response.body(Body::from(body)).map_err(RequestError::InvalidResponse)
}
