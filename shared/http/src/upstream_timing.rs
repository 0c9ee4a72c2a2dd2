//! Records how long each call to another service took in the current invocation.

use std::{cell::RefCell, time::Duration};

use tokio::time::Instant;

/// The display name of a service, and the duration of one call to it, including calls that failed.
pub type UpstreamCall = (&'static str, Duration);

tokio::task_local! {
    static CALLS: RefCell<Vec<UpstreamCall>>;
}

/// Runs `work` as one invocation, in which no call has been recorded yet.
pub(crate) async fn scope<F: Future>(work: F) -> F::Output {
    CALLS.scope(RefCell::default(), work).await
}

/// Runs `call`, a call to `service`, and records its duration.
pub async fn record<F: Future>(service: &'static str, call: F) -> F::Output {
    let started = Instant::now();
    let output = call.await;
    let _outside_invocation =
        CALLS.try_with(|calls| calls.borrow_mut().push((service, started.elapsed())));
    output
}

/// Returns the recorded calls of this invocation, in the order in which the calls ended.
pub fn calls() -> Vec<UpstreamCall> {
    CALLS.try_with(|calls| calls.borrow().clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deadline;

    #[tokio::test]
    async fn every_call_of_an_invocation_is_recorded() {
        deadline::scope(Instant::now() + Duration::from_mins(1), async {
            record("Palette", async {}).await;
            deadline::with_half_remaining(record("Kubernetes", async {})).await;
            let services: Vec<_> = calls().into_iter().map(|(service, _)| service).collect();
            assert_eq!(services, ["Palette", "Kubernetes"]);
        })
        .await;
        assert_eq!(calls(), []);
    }
}
