//! Retry policies, one for each reason to retry. All backoff settings of the workspace are here.
//!
//! A policy is a [`BackoffBuilder`] of the crate `backon`:
//!
//! ```ignore
//! (|| client.send(&request)).retry(RetryPolicy::THROTTLED).when(SendError::is_retryable).await
//! ```
//!
//! With every policy, a retry starts only if its delay ends before the deadline of the invocation.
//! Otherwise the last error is returned.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::deadline;

/// Delays between retries that grow exponentially and end before the deadline of the invocation.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    backoff: ExponentialBuilder,
    /// Time that must remain between the end of a delay and the deadline.
    reserve: Duration,
}

impl RetryPolicy {
    /// For a service that throttles requests, and for a connection that broke: 3 retries, after
    /// 0.2,
    /// 0.4 and 0.8 s. A random jitter of up to the same length is added to each delay.
    pub const THROTTLED: Self = Self::new(
        ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(200))
            .with_max_times(3)
            .with_jitter(),
    );

    /// For a read that does not return a recent write yet (eventual consistency): 6 retries within
    /// 12 s.
    pub const CONSISTENCY: Self = Self::new(
        ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(250))
            .with_max_delay(Duration::from_secs(4))
            .with_max_times(6),
    );

    /// For two runs that change the same account at the same time: 4 retries, after 0.3, 0.9, 2.7
    /// and 7 s. A random jitter of up to the same length is added to each delay, so that the runs
    /// do not retry at the same time.
    pub const CONFLICT: Self = Self::new(
        ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(300))
            .with_factor(3.0)
            .with_max_delay(Duration::from_secs(7))
            .with_max_times(4)
            .with_jitter(),
    );

    /// For a new role, policy or access key that not all servers of AWS know yet: as many retries
    /// as fit into 20 s. The first delay is 0.25 s, and each delay is twice the previous one, up to
    /// 8 s.
    pub const PROPAGATION: Self = Self::new(
        ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(250))
            .with_max_delay(Duration::from_secs(8))
            .without_max_times(),
    )
    .within(Duration::from_secs(20));

    const fn new(backoff: ExponentialBuilder) -> Self {
        Self { backoff, reserve: Duration::ZERO }
    }

    /// Allows a retry only if the sum of all delays does not exceed `total`.
    #[must_use]
    pub const fn within(self, total: Duration) -> Self {
        Self { backoff: self.backoff.with_total_delay(Some(total)), ..self }
    }

    /// Keeps at least this time between the last delay and the deadline of the invocation.
    #[must_use]
    pub const fn with_reserve(self, reserve: Duration) -> Self {
        Self { reserve, ..self }
    }

    /// Changes the first delay, for tests.
    #[must_use]
    pub const fn with_first_delay(self, delay: Duration) -> Self {
        Self { backoff: self.backoff.with_min_delay(delay), ..self }
    }

    /// Returns the delay before each retry, for loops that `backon` cannot express. The iterator
    /// ends when no retry is left, or when the next delay would not end before the deadline.
    pub fn delays(self) -> Delays {
        Delays { backoff: self.backoff.build(), reserve: self.reserve }
    }
}

impl BackoffBuilder for RetryPolicy {
    type Backoff = Delays;

    fn build(self) -> Delays {
        self.delays()
    }
}

/// Iterator over the delays of a [`RetryPolicy`].
#[derive(Debug)]
pub struct Delays {
    backoff: ExponentialBackoff,
    reserve: Duration,
}

impl Iterator for Delays {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let time = deadline::remaining().saturating_sub(self.reserve);
        self.backoff.next().filter(|delay| *delay < time)
    }
}

#[cfg(test)]
mod tests {
    use backon::Retryable as _;
    use tokio::time::Instant;

    use super::*;

    fn count_and_total_delay(policy: RetryPolicy) -> (usize, Duration) {
        let delays: Vec<_> = policy.delays().collect();
        (delays.len(), delays.iter().sum())
    }

    #[test]
    fn retry_policies_have_the_documented_delays() {
        assert_eq!(
            count_and_total_delay(RetryPolicy::CONSISTENCY),
            (6, Duration::from_millis(11_750))
        );
        assert_eq!(
            count_and_total_delay(RetryPolicy::PROPAGATION),
            (6, Duration::from_millis(15_750))
        );
        let (retries, total) = count_and_total_delay(RetryPolicy::THROTTLED);
        assert!(retries == 3 && total >= Duration::from_millis(1400), "{total:?}");
        let (retries, total) = count_and_total_delay(RetryPolicy::CONFLICT);
        assert!(retries == 4 && total >= Duration::from_millis(10_900), "{total:?}");
        assert_eq!(count_and_total_delay(RetryPolicy::PROPAGATION.within(Duration::ZERO)).0, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn no_retry_starts_after_the_deadline() {
        let attempts = std::cell::Cell::new(0);
        let fail = || async {
            attempts.set(attempts.get() + 1);
            Err::<(), _>("busy")
        };
        let deadline = Instant::now() + Duration::from_secs(1);
        let retried = deadline::scope(deadline, fail.retry(RetryPolicy::CONSISTENCY));
        assert_eq!(retried.await, Err("busy"));
        assert!(Instant::now() < deadline);
        assert_eq!(attempts.get(), 3, "after 0, 0.25 and 0.75 s");
        let reserved = RetryPolicy::CONSISTENCY.with_reserve(Duration::from_secs(1));
        assert_eq!(deadline::scope(deadline, async { reserved.delays().next() }).await, None);
    }
}
