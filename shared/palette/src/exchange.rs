//! Sends calls: with the key, within the budget and the rate limit, again where that is safe.

use std::{sync::Arc, time::Duration};

use backon::{ExponentialBuilder, Retryable as _};
use gangway_http::budget;
use gangway_model::{PortError, Scope, ports::Keyring};
use reqwest::{
    RequestBuilder,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER},
};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::{
    Palette, SERVICE,
    call::Call,
    fault::{BadStatus, Fault, unavailable, unreadable},
    key::Key,
    refusal::{Kind, Refusal},
};

/// The longest that one request may take.
const CAP: Duration = Duration::from_secs(8);

/// How often a call is sent again.
const REPEATS: usize = 3;

/// The largest answer that is read: a page of 50 accounts with certificate chains is far smaller.
const LARGEST: usize = 8 * 1024 * 1024;

/// The answer is too large to be Palette's.
#[derive(Debug, thiserror::Error)]
#[error("an answer of more than {LARGEST} bytes")]
struct TooLarge;

/// A proxy or an access portal answers with a page of its own, and calls that a success.
#[derive(Debug, thiserror::Error)]
#[error("a page that is not Palette's")]
struct Foreign;

/// What Palette answered when it said yes. Lists of accounts may hold secrets, so it is wiped.
pub(crate) struct Answer(Zeroizing<Vec<u8>>);

impl Answer {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.0).map_err(|error| Fault::Port(unreadable(&error)))
    }
}

/// One answer, not judged yet.
struct Heard {
    status: u16,
    retry_after: Option<Duration>,
    body: Zeroizing<Vec<u8>>,
}

impl<K: Keyring + Sync> Palette<K> {
    /// Asks, as often as it takes and as is safe, in this scope.
    pub(crate) async fn ask(&self, call: &Call, scope: &Scope) -> Result<Answer, Fault> {
        let backoff = ExponentialBuilder::new()
            .with_min_delay(self.pause)
            .with_max_times(REPEATS)
            .with_jitter();
        (|| self.attempt(call, scope))
            .retry(backoff)
            .when(|fault| fault.worth_repeating(call.repeatable))
            .adjust(|fault, pause| {
                // A pause that outlasts the invocation only hides the answer.
                pause.map(|own| own + fault.pause()).filter(|pause| *pause < budget::remaining())
            })
            .notify(|fault, pause| {
                tracing::warn!(path = call.path, ?fault, ?pause, "Palette is asked again");
            })
            .await
    }

    async fn attempt(&self, call: &Call, scope: &Scope) -> Result<Answer, Fault> {
        let key = self.keys.current().await?;
        match self.once(call, scope, &key).await {
            Err(Fault::Refusal(Refusal { kind: Kind::KeyRefused, .. })) => {
                tracing::info!("Palette does not take the API key; it is read again");
                let key = self.keys.after(&key).await?;
                self.once(call, scope, &key).await
            }
            done => done,
        }
    }

    async fn once(&self, call: &Call, scope: &Scope, key: &Arc<Key>) -> Result<Answer, Fault> {
        self.gate.pass(&call.path).await?;
        let start = Instant::now();
        let heard = budget::bounded(CAP, hear(self.request(call, scope, key)));
        let heard = budget::timed(SERVICE, heard)
            .await
            .map_err(|_elapsed| Fault::Port(PortError::TimedOut { service: SERVICE }))??;
        tracing::debug!(
            method = %call.method,
            path = call.path,
            status = heard.status,
            elapsed_ms = start.elapsed().as_millis(),
            "Palette answered"
        );
        judge(heard, call, key)
    }

    fn request(&self, call: &Call, scope: &Scope, key: &Key) -> RequestBuilder {
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

async fn hear(request: RequestBuilder) -> Result<Heard, Fault> {
    let broken = |error: reqwest::Error| Fault::Broken(Box::new(error.without_url()));
    let mut response = request.send().await.map_err(broken)?;
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers());
    let told = response.content_length().and_then(|length| usize::try_from(length).ok());
    let mut body = Zeroizing::new(Vec::with_capacity(told.unwrap_or_default().min(LARGEST)));
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(Fault::Port(unavailable(TooLarge)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Heard { status, retry_after, body })
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

fn judge(heard: Heard, call: &Call, key: &Key) -> Result<Answer, Fault> {
    let Heard { status, retry_after, body } = heard;
    match status {
        200..=299 if is_palettes(&body) => Ok(Answer(body)),
        200..=299 => Err(Fault::Port(unavailable(Foreign))),
        429 => Err(Fault::Throttled(retry_after)),
        // Palette answers 500 to what it refuses; only what is above comes from a failing proxy or pod.
        400..=500 => Err(Refusal::read(status, &body, &key.secret, &call.told)
            .map_or_else(|| Fault::Port(unavailable(BadStatus(status))), Fault::Refusal)),
        501.. => Err(Fault::Broken(Box::new(BadStatus(status)))),
        _ => Err(Fault::Port(unavailable(BadStatus(status)))),
    }
}
