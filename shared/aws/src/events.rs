//! Puts events on an event bus of Amazon EventBridge.

use aws_sdk_eventbridge::{
    Client,
    types::{PutEventsRequestEntry, PutEventsResultEntry},
};
use gangway_http::RetryPolicy;
use gangway_model::{BusEvent, UpstreamError};
use tokio::time::sleep;

use crate::{AwsSession, error::ApiCall};

/// Display name of the service in error messages.
const SERVICE: &str = "Amazon EventBridge";

const PUT_EVENTS: ApiCall =
    ApiCall { service: SERVICE, action: "events:PutEvents", resource: "such event bus" };

/// Maximum number of events that one call of `PutEvents` accepts.
const MAX_ENTRIES: usize = 10;

/// Client of one event bus. Puts events on it.
#[derive(Clone, Debug)]
pub struct EventBus {
    client: Client,
    /// Name or ARN of the event bus.
    bus: String,
    /// Source of all events that this client puts.
    source: &'static str,
}

impl EventBus {
    /// Creates a client of the event bus `bus`. All events of the client get the source `source`.
    pub fn new(aws: &AwsSession, bus: String, source: &'static str) -> Self {
        Self { client: Client::new(aws.config()), bus, source }
    }

    /// Puts events on the bus, at most ten in one call. Sends an event again if EventBridge does
    /// not accept it.
    ///
    /// # Errors
    ///
    /// After an error, some or all of the events may be on the bus.
    pub async fn put(&self, events: &[BusEvent]) -> Result<(), UpstreamError> {
        for chunk in events.chunks(MAX_ENTRIES) {
            self.put_chunk(chunk.iter().map(|event| self.to_entry(event)).collect()).await?;
        }
        Ok(())
    }

    fn to_entry(&self, event: &BusEvent) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(self.source)
            .detail_type(&*event.detail_type)
            .detail(&event.detail)
            .build()
    }

    async fn put_chunk(
        &self,
        mut remaining: Vec<PutEventsRequestEntry>,
    ) -> Result<(), UpstreamError> {
        let mut delays = RetryPolicy::THROTTLED.delays();
        loop {
            let request = self.client.put_events().set_entries(Some(remaining.clone()));
            let results =
                request.send().await.map_err(|error| PUT_EVENTS.to_upstream_error(&error))?;
            let failed = results.entries().iter().map(|result| result.error_code().is_some());
            remaining = remaining
                .into_iter()
                .zip(failed)
                .filter(|(_, failed)| *failed)
                .map(|it| it.0)
                .collect();
            let Some(code) = results.entries().iter().find_map(PutEventsResultEntry::error_code)
            else {
                return Ok(());
            };
            let Some(delay) = delays.next() else {
                return Err(
                    PUT_EVENTS.invalid_response(format!("an event was not accepted: {code}"))
                );
            };
            sleep(delay).await;
        }
    }
}
