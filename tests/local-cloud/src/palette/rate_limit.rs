//! Enforces the rate limit: ten requests per second with a burst of 50, per source address and
//! route prefix.

use std::{collections::BTreeMap, net::SocketAddr, time::Instant};

use http::StatusCode;

use super::{records::Records, response::PaletteError};
use crate::server::Request;

const REQUESTS_PER_SECOND: f64 = 10.0;
/// Number of requests that may arrive at once.
const MAX_BURST: f64 = 50.0;

/// The token buckets of the rate limit, by source address and route prefix.
#[derive(Debug, Default)]
pub(super) struct RateLimiter(BTreeMap<String, TokenBucket>);

/// The number of requests that may still arrive, and when it was computed.
#[derive(Debug)]
struct TokenBucket {
    tokens: f64,
    updated: Instant,
}

impl RateLimiter {
    /// Takes one token from a bucket. Returns `false` if the bucket is empty.
    fn take_token(&mut self, key: String, now: Instant) -> bool {
        let bucket = self.0.entry(key).or_insert(TokenBucket { tokens: MAX_BURST, updated: now });
        let refilled = now.duration_since(bucket.updated).as_secs_f64() * REQUESTS_PER_SECOND;
        *bucket = TokenBucket { tokens: (bucket.tokens + refilled).min(MAX_BURST), updated: now };
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}

impl Records {
    /// Returns an error with status 429 if the rate limit is enforced and exceeded.
    pub(super) fn check_rate_limit(&mut self, request: &Request) -> Result<(), PaletteError> {
        if !self.behaviour.rate_limited {
            return Ok(());
        }
        let source = request.extensions().get::<SocketAddr>().map(SocketAddr::ip);
        let route_prefix = request.uri().path().split('/').nth(2).unwrap_or_default();
        if self.rate_limiter.take_token(format!("{source:?} {route_prefix}"), Instant::now()) {
            return Ok(());
        }
        Err(PaletteError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequests",
            "Too many requests, retry after a few moments",
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn rate_limiter_allows_a_burst_of_50_then_10_per_second_per_source() {
        let (mut limiter, start) = (RateLimiter::default(), Instant::now());
        let mut count_allowed = |source: &str, seconds| {
            let now = start + Duration::from_secs(seconds);
            (0..60).filter(|_| limiter.take_token(source.to_owned(), now)).count()
        };
        assert_eq!(
            [
                count_allowed("a", 0),
                count_allowed("a", 1),
                count_allowed("b", 1),
                count_allowed("a", 100)
            ],
            [50, 10, 50, 50]
        );
    }
}
