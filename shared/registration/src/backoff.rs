//! Delays between the attempts of a registration.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use tokio::time::sleep;

/// Delays between attempts, each with random jitter added.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    delays: [Duration; 4],
    max_jitter: Duration,
}

impl Backoff {
    /// Waits eleven seconds in total, longer than replicas of Palette and Secrets Manager lag behind.
    /// The jitter keeps two runs from colliding again at the same moment.
    pub(crate) const STANDARD: Self = Self {
        delays: [
            Duration::from_millis(300),
            Duration::from_secs(1),
            Duration::from_secs(3),
            Duration::from_secs(7),
        ],
        max_jitter: Duration::from_secs(1),
    };

    /// Does not wait. For tests that run without a timer.
    #[cfg(test)]
    pub(crate) const NONE: Self = Self { delays: [Duration::ZERO; 4], max_jitter: Duration::ZERO };

    /// Waits before the next attempt. `attempt` is the number of attempts made, from 1.
    pub(crate) async fn wait(&self, attempt: usize) {
        let last = self.delays.last();
        let delay = self.delays.get(attempt.saturating_sub(1)).or(last).copied();
        let delay = delay.unwrap_or_default() + self.jitter(attempt);
        if !delay.is_zero() {
            sleep(delay).await;
        }
    }

    /// Waits as long as all attempts together would.
    pub(crate) async fn wait_all(&self) {
        for attempt in 1..=self.delays.len() {
            self.wait(attempt).await;
        }
    }

    fn jitter(&self, attempt: usize) -> Duration {
        let max_millis = u64::try_from(self.max_jitter.as_millis()).unwrap_or(u64::MAX);
        let random = RandomState::new().hash_one(attempt);
        Duration::from_millis(random.checked_rem(max_millis).unwrap_or_default())
    }
}
