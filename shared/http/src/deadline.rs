//! The deadline of the current invocation, as a task-local value.
//!
//! [`scope`] sets the deadline, and resets the values of [`clock`](crate::clock) and
//! [`upstream_timing`](crate::upstream_timing). Spawned tasks do not inherit these values.

use std::{future::pending, time::Duration};

use tokio::time::Instant;

pub use tokio::time::error::Elapsed;

use crate::{clock, upstream_timing};

/// Remaining time outside an invocation. API Gateway waits 29 s for a response, so the value is
/// less.
const DEFAULT_REMAINING: Duration = Duration::from_secs(25);

tokio::task_local! {
    static DEADLINE: Instant;
}

/// Runs `work` as one invocation with this deadline.
///
/// The deadline does not stop `work`: each future that `work` awaits has to use [`timeout`] or
/// [`remaining`].
pub async fn scope<F: Future>(deadline: Instant, work: F) -> F::Output {
    DEADLINE.scope(deadline, clock::scope(upstream_timing::scope(work))).await
}

/// Returns the time until the deadline. Outside [`scope`], returns 25 s.
pub fn remaining() -> Duration {
    DEADLINE
        .try_with(|deadline| deadline.saturating_duration_since(Instant::now()))
        .unwrap_or(DEFAULT_REMAINING)
}

/// Runs `work` until the time `limit` has passed, or until the deadline if the deadline is earlier.
///
/// If the deadline has passed already, `work` is never polled.
pub async fn timeout<F: Future>(limit: Duration, work: F) -> Result<F::Output, Elapsed> {
    let time = limit.min(remaining());
    if time.is_zero() {
        // `tokio::time::timeout` polls `work` before it checks the time, and `work` may then send a
        // request.
        return tokio::time::timeout(time, pending()).await;
    }
    tokio::time::timeout(time, work).await
}

/// Runs `work` with a deadline of half the remaining time.
///
/// Use this function for optional work, so that the required work after it still has time.
pub async fn with_half_remaining<F: Future>(work: F) -> F::Output {
    DEADLINE.scope(Instant::now() + remaining() / 2, work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn timeout_ends_at_the_deadline() {
        assert_eq!(remaining(), DEFAULT_REMAINING);
        scope(Instant::now(), async {
            assert_eq!(remaining(), Duration::ZERO);
            assert!(timeout(Duration::from_mins(1), pending::<()>()).await.is_err());
            assert!(timeout(Duration::from_mins(1), async {}).await.is_err(), "not polled");
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn optional_work_has_half_of_the_remaining_time() {
        let minute = Duration::from_mins(1);
        scope(Instant::now() + minute, async {
            assert_eq!(with_half_remaining(async { remaining() }).await, minute / 2);
            assert_eq!(remaining(), minute);
        })
        .await;
    }
}
