//! Rate limit: ten requests per second and a burst of 50, per source and route prefix.

use std::{collections::BTreeMap, net::SocketAddr, time::Instant};

use http::StatusCode;

use super::{records::Records, response::PaletteError};
use crate::server::Request;

const REQUESTS_PER_SECOND: f64 = 10.0;
const BURST: f64 = 50.0;

/// Token buckets by source and route prefix.
#[derive(Debug, Default)]
pub(super) struct RateLimiter(BTreeMap<String, TokenBucket>);

#[derive(Debug)]
struct TokenBucket {
    tokens: f64,
    updated: Instant,
}

impl RateLimiter {
    fn take(&mut self, key: String, now: Instant) -> bool {
        let bucket = self.0.entry(key).or_insert(TokenBucket { tokens: BURST, updated: now });
        let refilled = now.duration_since(bucket.updated).as_secs_f64() * REQUESTS_PER_SECOND;
        *bucket = TokenBucket { tokens: (bucket.tokens + refilled).min(BURST), updated: now };
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}

impl Records {
    /// Returns 429 if the rate limit is on and exceeded.
    pub(super) fn check_rate_limit(&mut self, request: &Request) -> Result<(), PaletteError> {
        if !self.behaviour.rate_limited {
            return Ok(());
        }
        let source = request.extensions().get::<SocketAddr>().map(SocketAddr::ip);
        let family = request.uri().path().split('/').nth(2).unwrap_or_default();
        if self.rate_limiter.take(format!("{source:?} {family}"), Instant::now()) {
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
    fn burst_of_fifty_then_ten_per_second_per_source() {
        let (mut buckets, start) = (RateLimiter::default(), Instant::now());
        let mut taken = |source: &str, seconds| {
            let now = start + Duration::from_secs(seconds);
            (0..60).filter(|_| buckets.take(source.to_owned(), now)).count()
        };
        assert_eq!(
            [taken("a", 0), taken("a", 1), taken("b", 1), taken("a", 100)],
            [50, 10, 50, 50]
        );
    }
}
