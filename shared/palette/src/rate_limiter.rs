//! Client-side rate limit, so that Palette seldom answers with HTTP 429.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use gangway_http::deadline;
use gangway_model::UpstreamError;
use tokio::time::{Instant, sleep};

use crate::SERVICE;

/// Default of requests a second; Palette allows 10.
const DEFAULT_RPS: u16 = 8;

/// Requests that may be sent at once after a pause: a registration sends about 10. Together with
/// [`DEFAULT_RPS`] this makes 50 in any 5 s, which is the largest burst that Palette allows.
const BURST: u32 = 10;

/// Token bucket: 8 requests a second and a burst of 10 by default, one bucket for each endpoint
/// group (`/v1/<group>`), as Palette counts.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    /// Time between two requests once the burst is used up.
    interval: Duration,
    /// For each endpoint group, the time at which its bucket is full again.
    full_at: Mutex<BTreeMap<String, Instant>>,
}

/// Returns the part of the path that Palette counts requests by: `clouds` for
/// `/v1/clouds/aws/policies`.
fn endpoint_group(path: &str) -> &str {
    path.strip_prefix("/v1/").and_then(|rest| rest.split('/').next()).unwrap_or(path)
}

impl Default for RateLimiter {
    fn default() -> Self {
        Self::with_rps(DEFAULT_RPS)
    }
}

impl RateLimiter {
    /// Returns a limiter of this many requests a second; 0 counts as 1.
    pub(crate) fn with_rps(requests_per_second: u16) -> Self {
        let interval = Duration::from_secs(1) / u32::from(requests_per_second.max(1));
        Self { interval, full_at: Mutex::default() }
    }

    /// Waits until a request for `path` may be sent.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::Throttled`], at once, if the wait would exceed the deadline.
    pub(crate) async fn acquire(&self, path: &str) -> Result<(), UpstreamError> {
        let wait = self.reserve(endpoint_group(path), Instant::now(), deadline::remaining())?;
        if !wait.is_zero() {
            sleep(wait).await;
        }
        Ok(())
    }

    /// Takes a token and returns the time to wait for it, `max_wait` at most.
    fn reserve(
        &self,
        group: &str,
        now: Instant,
        max_wait: Duration,
    ) -> Result<Duration, UpstreamError> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let start = full_at.get(group).map_or(now, |full_at| now.max(*full_at));
        let wait = (start - now).saturating_sub(self.interval * (BURST - 1));
        if wait > max_wait {
            return Err(UpstreamError::Throttled { service: SERVICE, retry_after: wait });
        }
        full_at.insert(group.to_owned(), start + self.interval);
        Ok(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_millis(125);

    #[test]
    fn a_burst_does_not_wait_and_further_requests_are_delayed() {
        let (limiter, start) = (RateLimiter::default(), Instant::now());
        let max_wait = Duration::from_mins(1);
        let wait = |now| limiter.reserve("clouds", now, max_wait).unwrap();
        for _ in 0..BURST {
            assert_eq!(wait(start), Duration::ZERO);
        }
        assert_eq!(wait(start), INTERVAL);
        assert_eq!(wait(start), INTERVAL * 2);
        let later = start + Duration::from_secs(10);
        assert_eq!(wait(later), Duration::ZERO, "the bucket is full again");
    }

    #[test]
    fn each_endpoint_group_has_its_own_bucket() {
        assert_eq!(
            endpoint_group("/v1/clouds/aws/account/validate"),
            endpoint_group("/v1/clouds/aws/policies")
        );
        assert_ne!(
            endpoint_group("/v1/cloudaccounts/aws"),
            endpoint_group("/v1/clouds/aws/policies")
        );
        let (limiter, now) = (RateLimiter::default(), Instant::now());
        for _ in 0..=BURST {
            limiter.reserve("clouds", now, Duration::from_mins(1)).unwrap();
        }
        assert_eq!(limiter.reserve("cloudaccounts", now, Duration::ZERO).unwrap(), Duration::ZERO);
    }

    #[test]
    fn the_interval_follows_from_the_rate() {
        for (rps, interval) in [(4, 250), (1, 1000), (0, 1000), (1000, 1)] {
            assert_eq!(
                RateLimiter::with_rps(rps).interval,
                Duration::from_millis(interval),
                "{rps}"
            );
        }
    }

    #[test]
    fn at_most_50_requests_are_sent_in_any_5_seconds() {
        let (limiter, start) = (RateLimiter::default(), Instant::now());
        let waits =
            (0..100).map(|_| limiter.reserve("clouds", start, Duration::from_mins(1)).unwrap());
        assert!(waits.filter(|wait| *wait < Duration::from_secs(5)).count() <= 50);
    }

    #[test]
    fn a_wait_that_is_too_long_is_an_error_with_its_length() {
        let (limiter, now) = (RateLimiter::default(), Instant::now());
        for _ in 0..BURST {
            limiter.reserve("clouds", now, Duration::ZERO).unwrap();
        }
        let error = limiter.reserve("clouds", now, Duration::ZERO).unwrap_err();
        assert!(
            matches!(error, UpstreamError::Throttled { retry_after: INTERVAL, .. }),
            "{error:?}"
        );
    }
}
