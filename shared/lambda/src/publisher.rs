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
    /// Puts events on the bus, all with one call.
    pub publish: P,
}

impl Publisher<fn(Vec<BusEvent>) -> Ready<Result<(), UpstreamError>>> {
    /// Returns a publisher that discards all events: for functions without outcome events, and for those
    /// whose handler publishes them itself.
    pub fn none(partition: Partition) -> Self {
        Self { partition, publish: |_events| ready(Ok(())) }
    }
}

/// Time after which publishing is given up, at the latest.
const MAX_DURATION: Duration = Duration::from_secs(3);

impl<P: AsyncFn(Vec<BusEvent>) -> Result<(), UpstreamError>> Publisher<P> {
    /// Publishes events of one request or message until the deadline. Returns `true` if all are on the
    /// bus. Otherwise logs them, and counts them.
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
        let deadline = deadline.min(Instant::now() + MAX_DURATION);
        let publish = deadline::scope(deadline, (self.publish)(encoded.clone()));
        let error = match timeout_at(deadline, publish).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => error,
            Err(_elapsed) => UpstreamError::TimedOut { service: "Amazon EventBridge" },
        };
        logs::log_unpublished(&error, encoded);
        metrics::write_unpublished_events(service, events.len());
        false
    }
}
