//! Keeps the process under Palette's rate limit, so that it is seldom told to wait.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use gangway_http::deadline;
use gangway_model::UpstreamError;
use tokio::time::{Instant, sleep};

use crate::SERVICE;

/// Requests a second, unless told otherwise: Palette allows ten.
const DEFAULT_RPS: u16 = 8;

/// How many may go at once after a rest: a registration makes about ten. In any five seconds that makes 50, which is
/// Palette's own largest burst.
const BURST: u32 = 10;

/// Lets requests through one by one, once their burst is used up. Palette counts each family of endpoints by itself.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    /// The time that one request takes up.
    share: Duration,
    /// For each family, when every request that was let through has had its share.
    busy_until: Mutex<BTreeMap<String, Instant>>,
}

/// What Palette counts together: `/v1/clouds` and all that is below it.
fn endpoint_group(path: &str) -> &str {
    path.strip_prefix("/v1/").and_then(|rest| rest.split('/').next()).unwrap_or(path)
}

impl Default for RateLimiter {
    fn default() -> Self {
        Self::with_rps(DEFAULT_RPS)
    }
}

impl RateLimiter {
    /// Lets so many requests through in a second; one at least.
    pub(crate) fn with_rps(pace: u16) -> Self {
        let share = Duration::from_secs(1) / u32::from(pace.max(1));
        Self { share, busy_until: Mutex::default() }
    }

    /// Returns when a request for this path may go, or says at once that there is not time enough to wait.
    pub(crate) async fn acquire(&self, path: &str) -> Result<(), UpstreamError> {
        let wait = self.reserve(endpoint_group(path), Instant::now(), deadline::remaining())?;
        if !wait.is_zero() {
            sleep(wait).await;
        }
        Ok(())
    }

    fn reserve(
        &self,
        family: &str,
        now: Instant,
        patience: Duration,
    ) -> Result<Duration, UpstreamError> {
        let mut busy_until = self.busy_until.lock().unwrap_or_else(PoisonError::into_inner);
        let start = busy_until.get(family).map_or(now, |until| now.max(*until));
        let wait = (start - now).saturating_sub(self.share * (BURST - 1));
        if wait > patience {
            return Err(UpstreamError::Throttled { service: SERVICE, retry_after: wait });
        }
        busy_until.insert(family.to_owned(), start + self.share);
        Ok(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: Duration = Duration::from_millis(125);

    #[test]
    fn a_registration_never_waits_and_a_flood_is_spread() {
        let (gate, start) = (RateLimiter::default(), Instant::now());
        let patience = Duration::from_mins(1);
        let wait = |now| gate.reserve("clouds", now, patience).unwrap();
        for _ in 0..BURST {
            assert_eq!(wait(start), Duration::ZERO);
        }
        assert_eq!(wait(start), SHARE);
        assert_eq!(wait(start), SHARE * 2);
        let later = start + Duration::from_secs(10);
        assert_eq!(wait(later), Duration::ZERO, "a rest fills the burst again");
    }

    #[test]
    fn families_of_endpoints_do_not_wait_for_one_another() {
        assert_eq!(
            endpoint_group("/v1/clouds/aws/account/validate"),
            endpoint_group("/v1/clouds/aws/policies")
        );
        assert_ne!(
            endpoint_group("/v1/cloudaccounts/aws"),
            endpoint_group("/v1/clouds/aws/policies")
        );
        let (gate, now) = (RateLimiter::default(), Instant::now());
        for _ in 0..=BURST {
            gate.reserve("clouds", now, Duration::from_mins(1)).unwrap();
        }
        assert_eq!(gate.reserve("cloudaccounts", now, Duration::ZERO).unwrap(), Duration::ZERO);
    }

    #[test]
    fn the_pace_can_be_another() {
        for (pace, share) in [(4, 250), (1, 1000), (0, 1000), (1000, 1)] {
            assert_eq!(RateLimiter::with_rps(pace).share, Duration::from_millis(share), "{pace}");
        }
    }

    #[test]
    fn in_any_five_seconds_there_are_no_more_than_palettes_largest_burst() {
        let (gate, start) = (RateLimiter::default(), Instant::now());
        let waits =
            (0..100).map(|_| gate.reserve("clouds", start, Duration::from_mins(1)).unwrap());
        assert!(waits.filter(|wait| *wait < Duration::from_secs(5)).count() <= 50);
    }

    #[test]
    fn who_has_no_time_to_wait_is_told_when_to_come_back() {
        let (gate, now) = (RateLimiter::default(), Instant::now());
        for _ in 0..BURST {
            gate.reserve("clouds", now, Duration::ZERO).unwrap();
        }
        let error = gate.reserve("clouds", now, Duration::ZERO).unwrap_err();
        assert!(matches!(error, UpstreamError::Throttled { retry_after: SHARE, .. }), "{error:?}");
    }
}
