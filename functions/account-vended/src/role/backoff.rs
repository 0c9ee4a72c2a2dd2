//! Waits until AWS sees everywhere what was just made.

use std::time::Duration;

use gangway_http::deadline;
use gangway_model::UpstreamError;
use tokio::time::{Instant, sleep};

/// What an invocation must have left for what follows.
const RESPONSE_RESERVE: Duration = Duration::from_secs(8);

/// Pauses, each twice as long as the last, until the time for them is up.
#[derive(Debug)]
pub(crate) struct Backoff {
    until: Instant,
    pause: Duration,
    longest: Duration,
}

impl Backoff {
    /// For so long at most, and never so long that the invocation would end meanwhile.
    pub(crate) fn until(time: Duration) -> Self {
        let time = time.min(deadline::remaining().saturating_sub(RESPONSE_RESERVE));
        let (pause, longest) = (Duration::from_millis(250), Duration::from_secs(8));
        Self { until: Instant::now() + time, pause, longest }
    }

    /// Pauses; `false` at once where there is no time for it.
    pub(crate) async fn wait(&mut self) -> bool {
        if Instant::now() + self.pause > self.until {
            return false;
        }
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(self.longest);
        true
    }
}

/// How long a step within IAM is waited for.
const DELAY: Duration = Duration::from_secs(20);

/// Takes a step that needs something which was just made, and may not be seen yet.
pub(crate) async fn retry_until_consistent<T>(
    step: impl AsyncFn() -> Result<T, UpstreamError>,
) -> Result<T, UpstreamError> {
    let mut patience = Backoff::until(DELAY);
    loop {
        match step().await {
            Err(UpstreamError::NotFound { .. } | UpstreamError::Throttled { .. })
                if patience.wait().await => {}
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_not_seen_yet_is_waited_for_and_nothing_else() {
        let missing = || UpstreamError::NotFound { service: "AWS IAM", resource: "such role" };
        let tries = Cell::new(0);
        let step = async || {
            tries.set(tries.get() + 1);
            if tries.get() < 4 { Err(missing()) } else { Ok(()) }
        };
        assert!(retry_until_consistent(step).await.is_ok());
        let start = Instant::now();
        let never = retry_until_consistent(async || Err::<(), _>(missing())).await;
        assert!(matches!(never, Err(UpstreamError::NotFound { .. })));
        assert!(
            (Duration::from_secs(7)..DELAY).contains(&start.elapsed()),
            "{:?}",
            start.elapsed()
        );
        tries.set(0);
        let denied = retry_until_consistent(async || {
            tries.set(tries.get() + 1);
            Err::<(), _>(UpstreamError::AccessDenied { service: "AWS IAM", reason: String::new() })
        });
        assert!(matches!(denied.await, Err(UpstreamError::AccessDenied { .. })));
        assert_eq!(tries.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn no_pause_outlasts_the_invocation() {
        deadline::scope(Instant::now() + Duration::from_secs(9), async {
            let mut patience = Backoff::until(Duration::from_mins(1));
            let start = Instant::now();
            while patience.wait().await {}
            assert!(start.elapsed() <= Duration::from_secs(1));
        })
        .await;
    }
}
