//! The time that an invocation has left, how wrong its clock is, and whom it waited for. All of it follows the task, not the
//! arguments.

use std::{
    cell::{Cell, RefCell},
    future::pending,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

pub use tokio::time::error::Elapsed;

/// What there is outside an invocation: API Gateway waits 29 s.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(25);

struct InvocationContext {
    deadline: Instant,
    /// Ours less the server's, in seconds.
    skew: Cell<Option<i64>>,
    waits: RefCell<Vec<UpstreamCall>>,
}

/// Whose answer was waited for, and how long, whether it came or not.
pub type UpstreamCall = (&'static str, Duration);

impl InvocationContext {
    fn until(deadline: Instant) -> Self {
        Self { deadline, skew: Cell::new(None), waits: RefCell::default() }
    }
}

tokio::task_local! {
    static CONTEXT: InvocationContext;
}

/// Does the work with this deadline in view of all that it awaits. Tasks that it spawns do not see it.
pub async fn scope<F: Future>(deadline: Instant, work: F) -> F::Output {
    CONTEXT.scope(InvocationContext::until(deadline), work).await
}

/// How long until the deadline; 25 s outside [`within`].
pub fn remaining() -> Duration {
    CONTEXT
        .try_with(|budget| budget.deadline.saturating_duration_since(Instant::now()))
        .unwrap_or(DEFAULT_DEADLINE)
}

/// Does the work in this time, or in what is left if that is less.
pub async fn timeout<F: Future>(cap: Duration, work: F) -> Result<F::Output, Elapsed> {
    let time = cap.min(remaining());
    if time.is_zero() {
        // Work that is ready at once would still be done, though nobody waits for it any more.
        return tokio::time::timeout(time, pending()).await;
    }
    tokio::time::timeout(time, work).await
}

/// Does the work in half of the time that is left: what an answer can do without must not take the time of what it cannot.
pub async fn with_half_remaining<F: Future>(work: F) -> F::Output {
    let half = InvocationContext::until(Instant::now() + remaining() / 2);
    let noted = async {
        let output = work.await;
        (output, CONTEXT.with(|half| half.skew.get()), upstream_calls())
    };
    let (output, skew, waits) = CONTEXT.scope(half, noted).await;
    if let Some(skew) = skew {
        note(skew);
    }
    waits.into_iter().for_each(record_call);
    output
}

/// Does the work, and notes how long a service took for it.
pub async fn record_upstream<F: Future>(service: &'static str, work: F) -> F::Output {
    let started = Instant::now();
    let output = work.await;
    record_call((service, started.elapsed()));
    output
}

fn record_call(wait: UpstreamCall) {
    // Outside an invocation nobody asks.
    let _outside = CONTEXT.try_with(|budget| budget.waits.borrow_mut().push(wait));
}

/// Every wait of this invocation so far.
pub fn upstream_calls() -> Vec<UpstreamCall> {
    CONTEXT.try_with(|budget| budget.waits.borrow().clone()).unwrap_or_default()
}

/// Notes what the `Date` of an answer says the time is (C06). Does nothing outside [`within`].
pub fn record_server_date(server: SystemTime) {
    let ours = now();
    let skew = match ours.duration_since(server) {
        Ok(ahead) => i64::try_from(ahead.as_secs()).unwrap_or(i64::MAX),
        Err(behind) => i64::try_from(behind.duration().as_secs()).map_or(i64::MIN, |secs| -secs),
    };
    note(skew);
}

fn note(skew: i64) {
    // Outside an invocation nobody asks.
    let _outside = CONTEXT.try_with(|budget| {
        let worst = budget.skew.get().map_or(skew, |known| {
            if known.unsigned_abs() < skew.unsigned_abs() { skew } else { known }
        });
        budget.skew.set(Some(worst));
    });
}

/// What the time is: whether certificates are good is judged by it.
pub fn now() -> SystemTime {
    #[expect(clippy::disallowed_methods, reason = "this is where the time comes from")]
    SystemTime::now()
}

/// The largest difference seen in this invocation, in seconds: positive where our clock is ahead. `None` before an
/// answer.
pub fn clock_skew() -> Option<i64> {
    CONTEXT.try_with(|budget| budget.skew.get()).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<F: Future>(work: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
    }

    #[test]
    fn what_is_left_bounds_every_wait() {
        block_on(async {
            assert_eq!(remaining(), DEFAULT_DEADLINE);
            scope(Instant::now(), async {
                assert_eq!(remaining(), Duration::ZERO);
                let never = timeout(Duration::from_mins(1), pending::<()>());
                assert!(never.await.is_err());
            })
            .await;
        });
    }

    #[test]
    fn every_wait_is_noted_in_half_the_time_too() {
        block_on(async {
            scope(Instant::now() + Duration::from_mins(1), async {
                record_upstream("Palette", async {}).await;
                with_half_remaining(record_upstream("Kubernetes", async {})).await;
                let whom: Vec<_> = upstream_calls().into_iter().map(|(whom, _)| whom).collect();
                assert_eq!(whom, ["Palette", "Kubernetes"]);
            })
            .await;
            assert_eq!(upstream_calls(), []);
        });
    }

    #[test]
    fn the_largest_skew_of_an_invocation_is_kept() {
        block_on(async {
            #[expect(clippy::disallowed_methods, reason = "the clock itself is what is looked at")]
            let now = SystemTime::now();
            record_server_date(now);
            assert_eq!(clock_skew(), None);
            scope(Instant::now(), async {
                record_server_date(now + Duration::from_mins(10));
                record_server_date(now);
                assert!(clock_skew().is_some_and(|skew| (-601..=-598).contains(&skew)));
            })
            .await;
        });
    }
}
