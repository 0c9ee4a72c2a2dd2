//! Event source mappings: pollers that receive messages from queues, and invoke functions with
//! them.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    sync::{Semaphore, watch},
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use super::{LambdaFunction, lock};
use crate::{
    aws::{Queue, sqs::Message},
    clock::Clock,
    cloudformation::EventSourceMapping,
};

/// Number of concurrent batches of a mapping without a limit, as at the start in Lambda.
const DEFAULT_CONCURRENCY: usize = 5;

/// Polls a queue for an event source mapping. It stops when it is dropped.
#[derive(Debug)]
pub struct Poller {
    queue: Queue,
    state: Arc<PollerState>,
    poll_task: JoinHandle<()>,
}

/// State that a poller shares with its invocations.
#[derive(Debug)]
struct PollerState {
    mapping: EventSourceMapping,
    lambda: Mutex<Arc<LambdaFunction>>,
    clock: Arc<Clock>,
    paused: watch::Sender<bool>,
    active_batches: watch::Sender<usize>,
    batches: Mutex<Vec<ProcessedBatch>>,
    /// `n` if every `n`-th processed message is delivered again; 0 if none is.
    redelivery_interval: AtomicUsize,
    /// Number of processed messages while messages are delivered again.
    processed_count: AtomicUsize,
}

/// One batch of messages with the result of its invocation.
#[derive(Clone, Debug)]
pub struct ProcessedBatch {
    /// Ids of all messages in the batch.
    pub ids: Vec<String>,
    /// Ids of the messages that failed, and thus remain in the queue.
    pub failed: Vec<String>,
    /// Response or error of the function.
    pub response: Result<Value, String>,
}

impl Poller {
    /// Starts to poll a queue. Invokes `lambda` with the messages.
    pub fn start(
        queue: Queue,
        mapping: EventSourceMapping,
        lambda: Arc<LambdaFunction>,
        clock: Arc<Clock>,
    ) -> Self {
        let state = Arc::new(PollerState {
            mapping,
            lambda: Mutex::new(lambda),
            clock,
            paused: watch::Sender::new(false),
            active_batches: watch::Sender::new(0),
            batches: Mutex::default(),
            redelivery_interval: AtomicUsize::default(),
            processed_count: AtomicUsize::default(),
        });
        let poll_task = tokio::spawn(poll(queue.clone(), Arc::clone(&state)));
        Self { queue, state, poll_task }
    }

    /// Returns the queue that is polled.
    pub const fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Returns the package name of the function.
    pub fn package(&self) -> String {
        lock(&self.state.lambda).function().package.clone()
    }

    /// Returns the settings of the event source mapping.
    pub fn mapping(&self) -> &EventSourceMapping {
        &self.state.mapping
    }

    /// Invokes another deployment of the function from now on.
    pub fn set_function(&self, lambda: Arc<LambdaFunction>) {
        *lock(&self.state.lambda) = lambda;
    }

    /// Stops receiving messages until a call of `resume`.
    pub fn pause(&self) {
        self.state.paused.send_replace(true);
    }

    /// Continues receiving messages after a call of `pause`.
    pub fn resume(&self) {
        self.state.paused.send_replace(false);
    }

    /// Delivers every `interval`-th processed message a second time, as SQS may do. With 0, no
    /// message is delivered again.
    pub fn redeliver_every_nth(&self, interval: usize) {
        self.state.redelivery_interval.store(interval, Ordering::Relaxed);
    }

    /// Returns all batches that were processed so far.
    pub fn batches(&self) -> Vec<ProcessedBatch> {
        lock(&self.state.batches).clone()
    }

    /// Waits until no message is visible and no batch is being processed. Hidden messages may
    /// remain.
    pub async fn wait_until_idle(&self) {
        let (mut active_batches, mut queue_changes) =
            (self.state.active_batches.subscribe(), self.queue.subscribe());
        loop {
            let is_idle = *active_batches.borrow_and_update() == 0;
            queue_changes.mark_unchanged();
            if is_idle && self.queue.visible_count() == 0 {
                return;
            }
            tokio::select! {
                // The senders live as long as `self`.
                _changed = active_batches.changed() => {}
                _changed = queue_changes.changed() => {}
            }
        }
    }

    /// Waits until the queue is empty. Advances the cloud's clock when all messages are hidden, at
    /// most `max_advances` times. Returns the number of remaining messages.
    pub async fn drain(&self, max_advances: usize) -> usize {
        for _advance in 0..max_advances {
            self.wait_until_idle().await;
            if self.queue.is_empty() {
                return 0;
            }
            let (next, now) = self.queue.next_visible_at();
            let wait = next.map_or(0, |next| u64::try_from(next - now).unwrap_or(0));
            // One minute longer, so that messages that become visible in the same minute are
            // received together.
            self.state.clock.advance(Duration::from_secs(wait + 60));
        }
        self.wait_until_idle().await;
        self.queue.len()
    }
}

impl PollerState {
    /// Returns `true` if a processed message must be delivered again.
    fn is_redelivered(&self, message: &Message) -> bool {
        let interval = self.redelivery_interval.load(Ordering::Relaxed);
        interval > 0
            && message.receive_count == 1
            && self.processed_count.fetch_add(1, Ordering::Relaxed).is_multiple_of(interval)
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.poll_task.abort();
    }
}

/// Receives messages, and starts one task per batch, until the task is aborted.
async fn poll(queue: Queue, state: Arc<PollerState>) {
    let permits =
        Arc::new(Semaphore::new(state.mapping.concurrency.unwrap_or(DEFAULT_CONCURRENCY)));
    let (mut queue_changes, mut clock_changes) = (queue.subscribe(), state.clock.subscribe());
    let mut paused = state.paused.subscribe();
    let mut batches = JoinSet::new();
    loop {
        if paused.wait_for(|paused| !paused).await.is_err() {
            return;
        }
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        while batches.try_join_next().is_some() {}
        queue_changes.mark_unchanged();
        clock_changes.mark_unchanged();
        // The batch counts before its messages are hidden, so that `wait_until_idle` does not
        // return too early.
        state.active_batches.send_modify(|count| *count += 1);
        let messages = queue.receive(state.mapping.batch);
        if messages.is_empty() {
            state.active_batches.send_modify(|count| *count -= 1);
            drop(permit);
            let (next, now) = queue.next_visible_at();
            let seconds =
                next.map_or(u64::MAX >> 32, |next| u64::try_from(next - now).unwrap_or(0));
            tokio::select! {
                result = queue_changes.changed() => if result.is_err() { return },
                result = clock_changes.changed() => if result.is_err() { return },
                () = sleep(Duration::from_secs(seconds.max(1))) => {}
            }
            continue;
        }
        let (queue, state) = (queue.clone(), Arc::clone(&state));
        batches.spawn(async move {
            let lambda = Arc::clone(&lock(&state.lambda));
            let (arn, region) = (queue.arn(), queue.region().to_owned());
            let records: Vec<_> =
                messages.iter().map(|message| message.lambda_record(&arn, &region)).collect();
            let response = lambda.invoke(&json!({"Records": records})).await;
            let ids: Vec<_> = messages.iter().map(|message| message.id.clone()).collect();
            let failed = match &response {
                Ok(response) if state.mapping.reports_batch_item_failures => {
                    failed_ids(response, &ids)
                }
                Ok(_) => BTreeSet::new(),
                Err(_) => ids.iter().cloned().collect(),
            };
            for message in messages.iter().filter(|message| !failed.contains(&message.id)) {
                if state.is_redelivered(message) {
                    continue;
                }
                queue.delete(message.receipt_handle.as_deref().unwrap_or_default());
            }
            let (failed, response) =
                (failed.into_iter().collect(), response.map_err(|error| error.to_string()));
            lock(&state.batches).push(ProcessedBatch { ids, failed, response });
            state.active_batches.send_modify(|count| *count -= 1);
            drop(permit);
        });
    }
}

/// Returns the ids of the messages that failed, by the member `batchItemFailures` of the response.
/// An invalid response fails the whole batch.
fn failed_ids(response: &Value, ids: &[String]) -> BTreeSet<String> {
    let all_ids = || ids.iter().cloned().collect();
    let failures = match response {
        Value::Null => return BTreeSet::new(),
        Value::Object(members) => match members.get("batchItemFailures") {
            None | Some(Value::Null) => return BTreeSet::new(),
            Some(Value::Array(failures)) => failures,
            Some(_) => return all_ids(),
        },
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => return all_ids(),
    };
    let find_id = |failure: &Value| {
        let id = failure.get("itemIdentifier").and_then(Value::as_str)?;
        ids.iter().find(|message_id| *message_id == id).cloned()
    };
    failures.iter().map(find_id).collect::<Option<_>>().unwrap_or_else(all_ids)
}
