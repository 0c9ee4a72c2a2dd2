//! Sends calls: with the key, within the budget and the rate limit, again where that is safe.

use std::{sync::Arc, time::Duration};

use backon::{ExponentialBuilder, Retryable as _};
use gangway_http::deadline;
use gangway_model::{Scope, UpstreamError, stores::ApiKeyProvider};
use reqwest::{
    RequestBuilder,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER},
};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::{
    PaletteClient, SERVICE,
    api_key::ApiKey,
    api_request::ApiRequest,
    error::{AttemptError, BadStatus, invalid_response, unavailable},
    error_response::{ErrorKind, ErrorResponse},
};

/// The longest that one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// How often a call is sent again.
const MAX_RETRIES: usize = 3;

/// The largest answer that is read: a page of 50 accounts with certificate chains is far smaller.
const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;

/// The answer is too large to be Palette's.
#[derive(Debug, thiserror::Error)]
#[error("an answer of more than {MAX_RESPONSE_BYTES} bytes")]
struct ResponseTooLarge;

/// A proxy or an access portal answers with a page of its own, and calls that a success.
#[derive(Debug, thiserror::Error)]
#[error("a page that is not Palette's")]
struct NotJson;

/// What Palette answered when it said yes. Lists of accounts may hold secrets, so it is wiped.
pub(crate) struct ApiResponse(Zeroizing<Vec<u8>>);

impl ApiResponse {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, AttemptError> {
        serde_json::from_slice(&self.0)
            .map_err(|error| AttemptError::Final(invalid_response(&error)))
    }
}

/// One answer, not judged yet.
struct RawResponse {
    status: u16,
    retry_after: Option<Duration>,
    body: Zeroizing<Vec<u8>>,
}

impl<K: ApiKeyProvider + Sync> PaletteClient<K> {
    /// Asks, as often as it takes and as is safe, in this scope.
    pub(crate) async fn send(
        &self,
        call: &ApiRequest,
        scope: &Scope,
    ) -> Result<ApiResponse, AttemptError> {
        let backoff = ExponentialBuilder::new()
            .with_min_delay(self.pause)
            .with_max_times(MAX_RETRIES)
            .with_jitter();
        (|| self.send_with_auth(call, scope))
            .retry(backoff)
            .when(|fault| fault.is_retryable(call.repeatable))
            .adjust(|fault, pause| {
                // A pause that outlasts the invocation only hides the answer.
                pause.map(|own| own + fault.pause()).filter(|pause| *pause < deadline::remaining())
            })
            .notify(|fault, pause| {
                tracing::warn!(path = call.path, ?fault, ?pause, "Palette is asked again");
            })
            .await
    }

    async fn send_with_auth(
        &self,
        call: &ApiRequest,
        scope: &Scope,
    ) -> Result<ApiResponse, AttemptError> {
        let key = self.keys.current().await?;
        match self.send_once(call, scope, &key).await {
            Err(AttemptError::Rejected(ErrorResponse {
                kind: ErrorKind::InvalidApiKey, ..
            })) => {
                tracing::info!("Palette does not take the API key; it is read again");
                let key = self.keys.after(&key).await?;
                self.send_once(call, scope, &key).await
            }
            done => done,
        }
    }

    async fn send_once(
        &self,
        call: &ApiRequest,
        scope: &Scope,
        key: &Arc<ApiKey>,
    ) -> Result<ApiResponse, AttemptError> {
        self.gate.acquire(&call.path).await?;
        let start = Instant::now();
        let heard =
            deadline::timeout(REQUEST_TIMEOUT, read_response(self.request(call, scope, key)));
        let heard = deadline::record_upstream(SERVICE, heard).await.map_err(|_elapsed| {
            AttemptError::Final(UpstreamError::TimedOut { service: SERVICE })
        })??;
        tracing::debug!(
            method = %call.method,
            path = call.path,
            status = heard.status,
            elapsed_ms = start.elapsed().as_millis(),
            "Palette answered"
        );
        classify(heard, call, key)
    }

    fn request(&self, call: &ApiRequest, scope: &Scope, key: &ApiKey) -> RequestBuilder {
        let mut url = self.base.clone();
        // A self-hosted Palette may be behind a path of its own.
        url.set_path(&format!("{}{}", self.base.path().trim_end_matches('/'), call.path));
        let mut request = self
            .http
            .request(call.method.clone(), url)
            .query(&call.query)
            .header("ApiKey", key.header.clone())
            .header(ACCEPT, "application/json");
        // Since 4.9.22 a stray project is an error, so it is sent in project scope only.
        if let Scope::Project(uid) = scope {
            request = request.header("ProjectUid", uid.as_str());
        }
        match &call.body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(body.clone()),
            None => request,
        }
    }
}

async fn read_response(request: RequestBuilder) -> Result<RawResponse, AttemptError> {
    let broken = |error: reqwest::Error| AttemptError::Transport(Box::new(error.without_url()));
    let mut response = request.send().await.map_err(broken)?;
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers());
    let told = response.content_length().and_then(|length| usize::try_from(length).ok());
    let mut body =
        Zeroizing::new(Vec::with_capacity(told.unwrap_or_default().min(MAX_RESPONSE_BYTES)));
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(AttemptError::Final(unavailable(ResponseTooLarge)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(RawResponse { status, retry_after, body })
}

/// Whole seconds; Palette documents neither form, and a date would need our clock to be right.
fn retry_after(headers: &HeaderMap<HeaderValue>) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Palette answers with JSON, or with nothing: an answer that is not read must not pass for a yes either.
fn is_palettes(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), None | Some(b'{' | b'['))
}

fn classify(
    heard: RawResponse,
    call: &ApiRequest,
    key: &ApiKey,
) -> Result<ApiResponse, AttemptError> {
    let RawResponse { status, retry_after, body } = heard;
    match status {
        200..=299 if is_palettes(&body) => Ok(ApiResponse(body)),
        200..=299 => Err(AttemptError::Final(unavailable(NotJson))),
        429 => Err(AttemptError::Throttled(retry_after)),
        // Palette answers 500 to what it refuses; only what is above comes from a failing proxy or pod.
        400..=500 => Err(ErrorResponse::read(status, &body, &key.secret, &call.told).map_or_else(
            || AttemptError::Final(unavailable(BadStatus(status))),
            AttemptError::Rejected,
        )),
        501.. => Err(AttemptError::Transport(Box::new(BadStatus(status)))),
        _ => Err(AttemptError::Final(unavailable(BadStatus(status)))),
    }
}
