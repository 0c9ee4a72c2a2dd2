//! Limits the rate of requests, so that Palette seldom returns HTTP 429.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use gangway_http::deadline;
use gangway_model::UpstreamError;
use tokio::time::{Instant, sleep};

use crate::SERVICE;

/// Default number of requests per second. Palette allows 10.
const DEFAULT_REQUESTS_PER_SECOND: u16 = 8;

/// Number of requests that may be sent without delay after a pause. A registration sends about 10.
/// With this number and [`DEFAULT_REQUESTS_PER_SECOND`], at most 50 requests are sent in 5 s, which
/// is the largest burst that Palette allows.
const BURST: u32 = 10;

/// Rate limiter with a token bucket for each endpoint group (`/v1/<group>`), because Palette counts
/// the requests of each group. By default, a bucket allows 8 requests per second, and a burst of
/// 10.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    /// Time between two requests when the burst is used up.
    interval: Duration,
    /// For each endpoint group, the time at which its bucket is full again.
    full_at: Mutex<BTreeMap<String, Instant>>,
}

/// Returns the endpoint group of a path. Example: `clouds` for `/v1/clouds/aws/policies`.
fn endpoint_group(path: &str) -> &str {
    path.strip_prefix("/v1/").and_then(|rest| rest.split('/').next()).unwrap_or(path)
}

impl Default for RateLimiter {
    fn default() -> Self {
        Self::with_requests_per_second(DEFAULT_REQUESTS_PER_SECOND)
    }
}

impl RateLimiter {
    /// Creates a rate limiter with this number of requests per second. 0 means 1.
    pub(crate) fn with_requests_per_second(requests_per_second: u16) -> Self {
        let interval = Duration::from_secs(1) / u32::from(requests_per_second.max(1));
        Self { interval, full_at: Mutex::default() }
    }

    /// Waits until a request for `path` may be sent.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::Throttled`], without waiting, if the wait would end after the deadline.
    pub(crate) async fn wait_for_permit(&self, path: &str) -> Result<(), UpstreamError> {
        let wait = self.take_token(endpoint_group(path), Instant::now(), deadline::remaining())?;
        if !wait.is_zero() {
            sleep(wait).await;
        }
        Ok(())
    }

    /// Takes a token from the bucket of an endpoint group, and returns the time to wait before the
    /// request may be sent. Returns an error, and takes no token, if this time is longer than
    /// `max_wait`.
    fn take_token(
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
    fn requests_after_the_burst_are_delayed() {
        let (limiter, start) = (RateLimiter::default(), Instant::now());
        let max_wait = Duration::from_mins(1);
        let wait = |now| limiter.take_token("clouds", now, max_wait).unwrap();
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
            limiter.take_token("clouds", now, Duration::from_mins(1)).unwrap();
        }
        assert_eq!(
            limiter.take_token("cloudaccounts", now, Duration::ZERO).unwrap(),
            Duration::ZERO
        );
    }

    #[test]
    fn interval_is_computed_from_requests_per_second() {
        for (requests_per_second, interval) in [(4, 250), (1, 1000), (0, 1000), (1000, 1)] {
            assert_eq!(
                RateLimiter::with_requests_per_second(requests_per_second).interval,
                Duration::from_millis(interval),
                "{requests_per_second}"
            );
        }
    }

    #[test]
    fn at_most_50_requests_are_sent_in_any_5_seconds() {
        let (limiter, start) = (RateLimiter::default(), Instant::now());
        let waits =
            (0..100).map(|_| limiter.take_token("clouds", start, Duration::from_mins(1)).unwrap());
        assert!(waits.filter(|wait| *wait < Duration::from_secs(5)).count() <= 50);
    }

    #[test]
    fn wait_beyond_the_maximum_is_an_error_with_the_wait() {
        let (limiter, now) = (RateLimiter::default(), Instant::now());
        for _ in 0..BURST {
            limiter.take_token("clouds", now, Duration::ZERO).unwrap();
        }
        let error = limiter.take_token("clouds", now, Duration::ZERO).unwrap_err();
        assert!(
            matches!(error, UpstreamError::Throttled { retry_after: INTERVAL, .. }),
            "{error:?}"
        );
    }
}
