//! Sends requests to Palette with the API key. Keeps to the deadline and the rate limit, and
//! retries requests that are safe to repeat.

use std::{sync::Arc, time::Duration};

use gangway_http::{Retryable as _, deadline, upstream_timing};
use gangway_model::{Scope, UpstreamError};
use reqwest::{
    RequestBuilder,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER},
};
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::{
    PaletteClient, SERVICE,
    api_key::ApiKey,
    api_request::ApiRequest,
    api_response::ApiResponse,
    error::{AttemptError, BadStatus, unavailable_error},
    error_response::{ErrorKind, ErrorResponse},
    response_cache::ResponseCache,
};

/// Timeout of one attempt. Two attempts fit within the 29 s that API Gateway allows.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// Size in bytes of the largest response that is read. A page of 50 accounts with certificate
/// chains is much smaller.
const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;

/// The response is larger than [`MAX_RESPONSE_BYTES`].
#[derive(Debug, thiserror::Error)]
#[error("a response of more than {MAX_RESPONSE_BYTES} bytes")]
struct ResponseTooLarge;

/// The response has a success status, but is not JSON. A proxy or an access portal has sent it, not
/// Palette.
#[derive(Debug, thiserror::Error)]
#[error("a response that is not JSON, so not Palette's")]
struct NotJson;

/// HTTP response whose status has not been checked yet.
struct RawResponse {
    status: u16,
    retry_after: Option<Duration>,
    body: Zeroizing<Vec<u8>>,
}

impl PaletteClient {
    /// Sends the request in this scope. Returns a cached response if the client has a cache and the
    /// request may be cached.
    ///
    /// Retries the request after HTTP 429. Retries an idempotent request also after a failed
    /// connection or a status above 500. Does not retry if the delay would exceed the deadline.
    pub(crate) async fn send(
        &self,
        request: &ApiRequest,
        scope: &Scope,
    ) -> Result<ApiResponse, AttemptError> {
        match &self.cache {
            Some(cache) if ResponseCache::is_cacheable(request) => {
                cache.get_or_fetch(request, scope, self.send_with_retries(request, scope)).await
            }
            Some(_) | None => self.send_with_retries(request, scope).await,
        }
    }

    async fn send_with_retries(
        &self,
        request: &ApiRequest,
        scope: &Scope,
    ) -> Result<ApiResponse, AttemptError> {
        (|| self.send_with_auth(request, scope))
            .retry(self.retry_policy)
            .when(|error| error.is_retryable(request.is_idempotent))
            .adjust(|error, delay| {
                let delay = delay? + error.retry_after();
                Some(delay).filter(|delay| *delay < deadline::remaining())
            })
            .notify(|error, delay| {
                tracing::warn!(
                    path = request.path,
                    ?error,
                    ?delay,
                    "a request to Palette is sent again after an error"
                );
            })
            .await
    }

    /// Sends the request once. If Palette does not accept the cached API key, fetches the key again
    /// and sends the request a second time.
    async fn send_with_auth(
        &self,
        request: &ApiRequest,
        scope: &Scope,
    ) -> Result<ApiResponse, AttemptError> {
        let key = self.api_keys.current().await?;
        match self.send_once(request, scope, &key).await {
            Err(AttemptError::Rejected(ErrorResponse {
                kind: ErrorKind::InvalidApiKey, ..
            })) => {
                tracing::info!("Palette does not accept the API key: the key is fetched again");
                let key = self.api_keys.refresh(&key).await?;
                self.send_once(request, scope, &key).await
            }
            result => result,
        }
    }

    /// Waits for the rate limit, and sends the request once with this API key.
    async fn send_once(
        &self,
        request: &ApiRequest,
        scope: &Scope,
        key: &Arc<ApiKey>,
    ) -> Result<ApiResponse, AttemptError> {
        self.rate_limiter.wait_for_permit(&request.path).await?;
        let start = Instant::now();
        let response = read_response(self.build_http_request(request, scope, key));
        let response = deadline::timeout(REQUEST_TIMEOUT, response);
        let response = upstream_timing::record(SERVICE, response).await.map_err(|_elapsed| {
            AttemptError::Final(UpstreamError::TimedOut { service: SERVICE })
        })??;
        tracing::debug!(
            method = %request.method,
            path = request.path,
            status = response.status,
            elapsed_ms = start.elapsed().as_millis(),
            "Palette has sent a response"
        );
        to_result(response, request, key)
    }

    /// Builds the HTTP request, with the headers for the API key and the project.
    fn build_http_request(
        &self,
        request: &ApiRequest,
        scope: &Scope,
        key: &ApiKey,
    ) -> RequestBuilder {
        let mut url = self.base.clone();
        // The URL of a self-hosted Palette may have a path.
        url.set_path(&format!("{}{}", self.base.path().trim_end_matches('/'), request.path));
        let mut builder = self
            .http
            .request(request.method.clone(), url)
            .query(&request.query)
            .header("ApiKey", key.header.clone())
            .header(ACCEPT, "application/json");
        // Palette 4.9.22 and later refuse requests for the tenant with this header.
        if let Scope::Project(uid) = scope {
            builder = builder.header("ProjectUid", uid.as_str());
        }
        match &request.body {
            Some(body) => builder.header(CONTENT_TYPE, "application/json").body(body.clone()),
            None => builder,
        }
    }
}

async fn read_response(request: RequestBuilder) -> Result<RawResponse, AttemptError> {
    let to_transport_error =
        |error: reqwest::Error| AttemptError::Transport(Box::new(error.without_url()));
    let mut response = request.send().await.map_err(to_transport_error)?;
    let status = response.status().as_u16();
    let retry_after = parse_retry_after(response.headers());
    // A buffer that grows would leave copies in memory that are not zeroized.
    let length = response.content_length().and_then(|length| usize::try_from(length).ok());
    let capacity = length.unwrap_or_default().min(MAX_RESPONSE_BYTES);
    let mut body = Zeroizing::new(Vec::with_capacity(capacity));
    while let Some(chunk) = response.chunk().await.map_err(to_transport_error)? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(AttemptError::Final(unavailable_error(ResponseTooLarge)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(RawResponse { status, retry_after, body })
}

/// Parses the header `Retry-After` if its value is a number of seconds. Ignores a date, because the
/// delay would depend on the clock of Gangway.
fn parse_retry_after(headers: &HeaderMap<HeaderValue>) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Returns `true` if the body is empty or starts like a JSON object or array. Every successful
/// response is checked, so that a page of a proxy does not count as success.
fn is_json_or_empty(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), None | Some(b'{' | b'['))
}

/// Converts a response to a result by its HTTP status.
fn to_result(
    response: RawResponse,
    request: &ApiRequest,
    key: &ApiKey,
) -> Result<ApiResponse, AttemptError> {
    let RawResponse { status, retry_after, body } = response;
    match status {
        200..=299 if is_json_or_empty(&body) => {
            match ErrorResponse::parse_success(status, &body, &key.secret, &request.secrets) {
                Some(error) => Err(AttemptError::Rejected(error)),
                None => Ok(ApiResponse::new(body)),
            }
        }
        200..=299 => Err(AttemptError::Final(unavailable_error(NotJson))),
        429 => Err(AttemptError::Throttled(retry_after)),
        // Palette also rejects requests with status 500. A failing proxy or pod causes the statuses
        // above 500.
        400..=500 => Err(ErrorResponse::parse(status, &body, &key.secret, &request.secrets)
            .map_or_else(
                || AttemptError::Final(unavailable_error(BadStatus(status))),
                AttemptError::Rejected,
            )),
        501.. => Err(AttemptError::Transport(Box::new(BadStatus(status)))),
        _ => Err(AttemptError::Final(unavailable_error(BadStatus(status)))),
    }
}
