//! Returns the current time, and records the clock skew: the difference between this time and the
//! time of servers.

use std::{cell::Cell, time::SystemTime};

tokio::task_local! {
    /// The clock of this function minus the clock of a server, in seconds.
    static SKEW: Cell<Option<i64>>;
}

/// Runs `work` as one invocation, in which no clock skew has been recorded yet.
pub(crate) async fn scope<F: Future>(work: F) -> F::Output {
    SKEW.scope(Cell::default(), work).await
}

/// Returns the current time.
pub fn now() -> SystemTime {
    #[expect(clippy::disallowed_methods, reason = "the only place that reads the clock")]
    SystemTime::now()
}

/// Records the clock skew from `server`, the time in the `Date` header of a response. Does nothing
/// outside an invocation.
pub fn record_server_date(server: SystemTime) {
    let observed = match now().duration_since(server) {
        Ok(ahead) => i64::try_from(ahead.as_secs()).unwrap_or(i64::MAX),
        Err(behind) => i64::try_from(behind.duration().as_secs()).map_or(i64::MIN, |secs| -secs),
    };
    let _outside_invocation = SKEW.try_with(|skew| {
        let largest = skew.get().filter(|known| known.unsigned_abs() >= observed.unsigned_abs());
        skew.set(Some(largest.unwrap_or(observed)));
    });
}

/// Returns the largest clock skew recorded in this invocation, in seconds. The value is positive if
/// the clock of this function is ahead of the server's. `None` if no server has sent its date yet.
pub fn skew() -> Option<i64> {
    SKEW.try_with(Cell::get).ok().flatten()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::deadline;

    #[tokio::test]
    async fn the_largest_clock_skew_of_an_invocation_is_returned() {
        record_server_date(now());
        assert_eq!(skew(), None);
        deadline::scope(Instant::now(), async {
            deadline::with_half_remaining(async {
                record_server_date(now() + Duration::from_mins(10));
            })
            .await;
            record_server_date(now());
            assert!(skew().is_some_and(|skew| (-601..=-598).contains(&skew)));
        })
        .await;
    }
}
