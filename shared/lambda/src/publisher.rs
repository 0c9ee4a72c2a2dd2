//! Publishes outcome events.

use std::{
    future::{Ready, ready},
    time::Duration,
};

use gangway_http::deadline;
use gangway_model::{BusEvent, Partition, UpstreamError};
use tokio::time::{Instant, timeout_at};

use crate::{OutcomeEvent, logs, metrics};

/// Puts outcome events on an event bus.
#[derive(Clone, Copy, Debug)]
pub struct Publisher<P> {
    /// The partition of the deployment.
    pub partition: Partition,
    /// Function that puts all events on the event bus with one call.
    pub publish: P,
}

impl Publisher<fn(Vec<BusEvent>) -> Ready<Result<(), UpstreamError>>> {
    /// Returns a publisher that discards all events. For functions that have no outcome events, and
    /// for functions whose handler publishes the events itself.
    pub fn none(partition: Partition) -> Self {
        Self { partition, publish: |_events| ready(Ok(())) }
    }
}

/// Longest time that publishing the events may take.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(3);

impl<P: AsyncFn(Vec<BusEvent>) -> Result<(), UpstreamError>> Publisher<P> {
    /// Publishes the events of one request or message. Returns `true` if all events are on the
    /// event bus. After an error or the deadline, logs the events, writes a metric with their
    /// number, and returns `false`.
    pub(crate) async fn publish(
        &self,
        service: &'static str,
        trigger: &'static str,
        events: &[OutcomeEvent],
        deadline: Instant,
    ) -> bool {
        if events.is_empty() {
            return true;
        }
        let encoded: Vec<_> =
            events.iter().map(|event| event.encode(self.partition, trigger)).collect();
        let deadline = deadline.min(Instant::now() + PUBLISH_TIMEOUT);
        let publish = deadline::scope(deadline, (self.publish)(encoded.clone()));
        let error = match timeout_at(deadline, publish).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => error,
            Err(_elapsed) => UpstreamError::TimedOut { service: "Amazon EventBridge" },
        };
        logs::log_unpublished_events(&error, encoded);
        metrics::write_unpublished_events(service, events.len());
        false
    }
}
