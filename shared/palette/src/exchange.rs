//! Sends requests: with the API key, within the deadline and the rate limit, with retries where
//! that is safe.

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
    error::{AttemptError, BadStatus, unavailable},
    error_response::{ErrorKind, ErrorResponse},
    response_cache::ResponseCache,
};

/// Timeout of one attempt. Two of them fit into API Gateway's 29 s.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// Largest response that is read; a page of 50 accounts with certificate chains is far smaller.
const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
#[error("a response of more than {MAX_RESPONSE_BYTES} bytes")]
struct ResponseTooLarge;

/// A proxy or an access portal answered with a page of its own and a success status.
#[derive(Debug, thiserror::Error)]
#[error("a response that is not JSON, so not Palette's")]
struct NotJson;

/// HTTP response before its status is mapped to an error.
struct RawResponse {
    status: u16,
    retry_after: Option<Duration>,
    body: Zeroizing<Vec<u8>>,
}

impl PaletteClient {
    /// Sends the request in this scope, with retries by the client's policy: after HTTP 429 always,
    /// after a broken connection only if the request is idempotent, and never past the deadline.
    /// Returns a response that was kept, if the client has a cache and the request allows it.
    pub(crate) async fn send(
        &self,
        request: &ApiRequest,
        scope: &Scope,
    ) -> Result<ApiResponse, AttemptError> {
        match &self.cache {
            Some(cache) if ResponseCache::accepts(request) => {
                cache.get(request, scope, self.send_with_retries(request, scope)).await
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
            .when(|error| error.is_retryable(request.idempotent))
            .adjust(|error, delay| {
                let delay = delay? + error.retry_after();
                Some(delay).filter(|delay| *delay < deadline::remaining())
            })
            .notify(|error, delay| {
                tracing::warn!(
                    path = request.path,
                    ?error,
                    ?delay,
                    "request to Palette is retried"
                );
            })
            .await
    }

    /// Sends the request once; with another API key if Palette does not accept the cached one.
    async fn send_with_auth(
        &self,
        request: &ApiRequest,
        scope: &Scope,
    ) -> Result<ApiResponse, AttemptError> {
        let key = self.keys.current().await?;
        match self.send_once(request, scope, &key).await {
            Err(AttemptError::Rejected(ErrorResponse {
                kind: ErrorKind::InvalidApiKey, ..
            })) => {
                tracing::info!("Palette does not accept the API key; it is fetched again");
                let key = self.keys.refresh(&key).await?;
                self.send_once(request, scope, &key).await
            }
            result => result,
        }
    }

    async fn send_once(
        &self,
        request: &ApiRequest,
        scope: &Scope,
        key: &Arc<ApiKey>,
    ) -> Result<ApiResponse, AttemptError> {
        self.rate_limiter.acquire(&request.path).await?;
        let start = Instant::now();
        let response = read_response(self.http_request(request, scope, key));
        let response = deadline::timeout(REQUEST_TIMEOUT, response);
        let response = upstream_timing::record(SERVICE, response).await.map_err(|_elapsed| {
            AttemptError::Final(UpstreamError::TimedOut { service: SERVICE })
        })??;
        tracing::debug!(
            method = %request.method,
            path = request.path,
            status = response.status,
            elapsed_ms = start.elapsed().as_millis(),
            "Palette answered"
        );
        classify(response, request, key)
    }

    fn http_request(&self, request: &ApiRequest, scope: &Scope, key: &ApiKey) -> RequestBuilder {
        let mut url = self.base.clone();
        // A self-hosted Palette may be served below a path.
        url.set_path(&format!("{}{}", self.base.path().trim_end_matches('/'), request.path));
        let mut builder = self
            .http
            .request(request.method.clone(), url)
            .query(&request.query)
            .header("ApiKey", key.header.clone())
            .header(ACCEPT, "application/json");
        // From Palette 4.9.22 on, tenant requests with this header are refused.
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
    let broken = |error: reqwest::Error| AttemptError::Transport(Box::new(error.without_url()));
    let mut response = request.send().await.map_err(broken)?;
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers());
    // A buffer that grows would leave copies behind that are not zeroized.
    let length = response.content_length().and_then(|length| usize::try_from(length).ok());
    let capacity = length.unwrap_or_default().min(MAX_RESPONSE_BYTES);
    let mut body = Zeroizing::new(Vec::with_capacity(capacity));
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(AttemptError::Final(unavailable(ResponseTooLarge)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(RawResponse { status, retry_after, body })
}

/// Parses `Retry-After` in seconds. A date is ignored: it would depend on our clock.
fn retry_after(headers: &HeaderMap<HeaderValue>) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Returns `true` if the body is empty or looks like JSON. Checked even if the body is not used, so
/// that a proxy's page does not count as success.
fn is_json_or_empty(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), None | Some(b'{' | b'['))
}

/// Maps the HTTP status to a result.
fn classify(
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
        200..=299 => Err(AttemptError::Final(unavailable(NotJson))),
        429 => Err(AttemptError::Throttled(retry_after)),
        // Palette rejects requests with 500, too; higher statuses come from a failing proxy or pod.
        400..=500 => Err(ErrorResponse::parse(status, &body, &key.secret, &request.secrets)
            .map_or_else(
                || AttemptError::Final(unavailable(BadStatus(status))),
                AttemptError::Rejected,
            )),
        501.. => Err(AttemptError::Transport(Box::new(BadStatus(status)))),
        _ => Err(AttemptError::Final(unavailable(BadStatus(status)))),
    }
}
