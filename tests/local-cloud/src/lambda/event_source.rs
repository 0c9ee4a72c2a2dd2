//! Event source mappings: pollers that receive messages from queues and invoke functions.

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

/// Lambda's initial concurrency of a mapping without a limit.
const DEFAULT_CONCURRENCY: usize = 5;

/// A running event source mapping. It stops when it is dropped.
#[derive(Debug)]
pub struct Poller {
    queue: Queue,
    state: Arc<PollerState>,
    polling: JoinHandle<()>,
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
    /// Every how many-th message is delivered again although it was handled. 0 for none.
    redelivers: AtomicUsize,
    handled: AtomicUsize,
}

/// The result of one batch.
#[derive(Clone, Debug)]
pub struct ProcessedBatch {
    /// Message ids.
    pub ids: Vec<String>,
    /// Ids of the messages that stay in the queue.
    pub failed: Vec<String>,
    /// Response or error of the function.
    pub response: Result<Value, String>,
}

impl Poller {
    /// Starts polling.
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
            redelivers: AtomicUsize::default(),
            handled: AtomicUsize::default(),
        });
        let polling = tokio::spawn(poll(queue.clone(), Arc::clone(&state)));
        Self { queue, state, polling }
    }

    /// Returns the queue.
    pub const fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Returns the package name of the function.
    pub fn package(&self) -> String {
        lock(&self.state.lambda).function().package.clone()
    }

    /// Returns the mapping's settings.
    pub fn mapping(&self) -> &EventSourceMapping {
        &self.state.mapping
    }

    /// Invokes another deployment of the function from now on.
    pub fn set_function(&self, lambda: Arc<LambdaFunction>) {
        *lock(&self.state.lambda) = lambda;
    }

    /// Stops receiving messages.
    pub fn pause(&self) {
        self.state.paused.send_replace(true);
    }

    /// Resumes receiving messages.
    pub fn resume(&self) {
        self.state.paused.send_replace(false);
    }

    /// Delivers one in this many handled messages once more, as SQS may. 0 ends it.
    pub fn redeliver(&self, one_in: usize) {
        self.state.redelivers.store(one_in, Ordering::Relaxed);
    }

    /// Returns all batches so far.
    pub fn batches(&self) -> Vec<ProcessedBatch> {
        lock(&self.state.batches).clone()
    }

    /// Waits until no message is visible and no batch is running. Hidden messages may remain.
    pub async fn wait_until_idle(&self) {
        let (mut busy, mut changes) =
            (self.state.active_batches.subscribe(), self.queue.subscribe());
        loop {
            let idle = *busy.borrow_and_update() == 0;
            changes.mark_unchanged();
            if idle && self.queue.visible_count() == 0 {
                return;
            }
            tokio::select! {
                // The senders live as long as `self`.
                _changed = busy.changed() => {}
                _changed = changes.changed() => {}
            }
        }
    }

    /// Waits until the queue is empty, and advances the clock whenever all messages are hidden.
    /// Advances it at most `turns` times. Returns the number of remaining messages.
    pub async fn drain(&self, turns: usize) -> usize {
        for _turn in 0..turns {
            self.wait_until_idle().await;
            if self.queue.is_empty() {
                return 0;
            }
            let (next, now) = self.queue.next_visible_at();
            let wait = next.map_or(0, |next| u64::try_from(next - now).unwrap_or(0));
            // One minute more, so that messages of the same minute are retried together.
            self.state.clock.advance(Duration::from_secs(wait + 60));
        }
        self.wait_until_idle().await;
        self.queue.len()
    }
}

impl PollerState {
    /// Returns `true` if a handled message is delivered again.
    fn redelivers(&self, message: &Message) -> bool {
        let one_in = self.redelivers.load(Ordering::Relaxed);
        one_in > 0
            && message.receive_count == 1
            && self.handled.fetch_add(1, Ordering::Relaxed).is_multiple_of(one_in)
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.polling.abort();
    }
}

async fn poll(queue: Queue, state: Arc<PollerState>) {
    let permits =
        Arc::new(Semaphore::new(state.mapping.concurrency.unwrap_or(DEFAULT_CONCURRENCY)));
    let (mut changes, mut turns) = (queue.subscribe(), state.clock.subscribe());
    let mut paused = state.paused.subscribe();
    let mut batches = JoinSet::new();
    loop {
        if paused.wait_for(|paused| !paused).await.is_err() {
            return;
        }
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        while batches.try_join_next().is_some() {}
        changes.mark_unchanged();
        turns.mark_unchanged();
        // Counted before the messages are hidden, so that `wait_until_idle` does not return too
        // early.
        state.active_batches.send_modify(|busy| *busy += 1);
        let messages = queue.receive(state.mapping.batch);
        if messages.is_empty() {
            state.active_batches.send_modify(|busy| *busy -= 1);
            drop(permit);
            let (next, now) = queue.next_visible_at();
            let until = next.map_or(u64::MAX >> 32, |next| u64::try_from(next - now).unwrap_or(0));
            tokio::select! {
                queue_changed = changes.changed() => if queue_changed.is_err() { return },
                clock_turned = turns.changed() => if clock_turned.is_err() { return },
                () = sleep(Duration::from_secs(until.max(1))) => {}
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
                if state.redelivers(message) {
                    continue;
                }
                queue.delete(message.receipt_handle.as_deref().unwrap_or_default());
            }
            let (failed, response) =
                (failed.into_iter().collect(), response.map_err(|error| error.to_string()));
            lock(&state.batches).push(ProcessedBatch { ids, failed, response });
            state.active_batches.send_modify(|busy| *busy -= 1);
            drop(permit);
        });
    }
}

/// Returns the failed records. An invalid response fails the whole batch.
fn failed_ids(response: &Value, ids: &[String]) -> BTreeSet<String> {
    let all = || ids.iter().cloned().collect();
    let listed = match response {
        Value::Null => return BTreeSet::new(),
        Value::Object(members) => match members.get("batchItemFailures") {
            None | Some(Value::Null) => return BTreeSet::new(),
            Some(Value::Array(listed)) => listed,
            Some(_) => return all(),
        },
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => return all(),
    };
    let named = |one: &Value| {
        let id = one.get("itemIdentifier").and_then(Value::as_str)?;
        ids.iter().find(|known| *known == id).cloned()
    };
    listed.iter().map(named).collect::<Option<_>>().unwrap_or_else(all)
}
