//! Event source mappings: Lambda's own pollers, which take messages out of queues and hand them to functions.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    sync::{Semaphore, watch},
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use super::{Lambda, lock};
use crate::{aws::Queue, clock::Clock, template::Mapping};

/// How many invocations Lambda starts with where the mapping has no limit of its own.
const DEFAULT_CONCURRENCY: usize = 5;

/// A queue that feeds a function, until it is dropped.
#[derive(Debug)]
pub struct Poller {
    queue: Queue,
    desk: Arc<PollerState>,
    polling: JoinHandle<()>,
}

/// What a poller, its invocations and those who wait for it share.
#[derive(Debug)]
struct PollerState {
    mapping: Mapping,
    lambda: Mutex<Arc<Lambda>>,
    clock: Arc<Clock>,
    paused: watch::Sender<bool>,
    busy: watch::Sender<usize>,
    batches: Mutex<Vec<Batch>>,
}

/// What became of one batch.
#[derive(Clone, Debug)]
pub struct Batch {
    /// SQS's ids of its records.
    pub ids: Vec<String>,
    /// Those of them that stay in the queue.
    pub failed: Vec<String>,
    /// What the function answered, or how it ended.
    pub answer: Result<Value, String>,
}

impl Poller {
    /// Polls from now on.
    pub fn start(queue: Queue, mapping: Mapping, lambda: Arc<Lambda>, clock: Arc<Clock>) -> Self {
        let desk = Arc::new(PollerState {
            mapping,
            lambda: Mutex::new(lambda),
            clock,
            paused: watch::Sender::new(false),
            busy: watch::Sender::new(0),
            batches: Mutex::default(),
        });
        let polling = tokio::spawn(poll(queue.clone(), Arc::clone(&desk)));
        Self { queue, desk, polling }
    }

    /// The queue.
    pub const fn queue(&self) -> &Queue {
        &self.queue
    }

    /// The function's package.
    pub fn package(&self) -> String {
        lock(&self.desk.lambda).function().package.clone()
    }

    /// What the template says of it.
    pub fn mapping(&self) -> &Mapping {
        &self.desk.mapping
    }

    /// Feeds another deployment of the function from now on.
    pub fn feed(&self, lambda: Arc<Lambda>) {
        *lock(&self.desk.lambda) = lambda;
    }

    /// Takes nothing more out of the queue.
    pub fn pause(&self) {
        self.desk.paused.send_replace(true);
    }

    /// Goes on.
    pub fn resume(&self) {
        self.desk.paused.send_replace(false);
    }

    /// Every batch so far.
    pub fn batches(&self) -> Vec<Batch> {
        lock(&self.desk.batches).clone()
    }

    /// Waits until no message is in sight and no batch is under way. Messages that are out of sight may still be there.
    pub async fn idle(&self) {
        let (mut busy, mut changes) = (self.desk.busy.subscribe(), self.queue.subscribe());
        loop {
            let idle = *busy.borrow_and_update() == 0;
            changes.mark_unchanged();
            if idle && self.queue.visible() == 0 {
                return;
            }
            tokio::select! {
                // The senders live as long as this does.
                _changed = busy.changed() => {}
                _changed = changes.changed() => {}
            }
        }
    }

    /// Waits until the queue is empty, and lets as much time pass whenever all that is left is out of sight. Turns the clock
    /// so many times at most; how many messages are left.
    pub async fn work_off(&self, turns: usize) -> usize {
        for _turn in 0..turns {
            self.idle().await;
            if self.queue.is_empty() {
                return 0;
            }
            let (next, now) = self.queue.next_visible_at();
            let wait = next.map_or(0, |next| u64::try_from(next - now).unwrap_or(0));
            // In groups: messages that were taken within the same minute come back together.
            self.desk.clock.advance(Duration::from_secs(wait + 60));
        }
        self.idle().await;
        self.queue.len()
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.polling.abort();
    }
}

async fn poll(queue: Queue, desk: Arc<PollerState>) {
    let permits = Arc::new(Semaphore::new(desk.mapping.concurrency.unwrap_or(DEFAULT_CONCURRENCY)));
    let (mut changes, mut turns) = (queue.subscribe(), desk.clock.turns());
    let mut paused = desk.paused.subscribe();
    let mut batches = JoinSet::new();
    loop {
        if paused.wait_for(|paused| !paused).await.is_err() {
            return;
        }
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        while batches.try_join_next().is_some() {}
        changes.mark_unchanged();
        turns.mark_unchanged();
        // Before the messages are out of sight, so that nobody takes the pause for the end.
        desk.busy.send_modify(|busy| *busy += 1);
        let messages = queue.receive(desk.mapping.batch);
        if messages.is_empty() {
            desk.busy.send_modify(|busy| *busy -= 1);
            drop(permit);
            let (next, now) = queue.next_visible_at();
            let until = next.map_or(u64::MAX >> 32, |next| u64::try_from(next - now).unwrap_or(0));
            tokio::select! {
                told = changes.changed() => if told.is_err() { return },
                turned = turns.changed() => if turned.is_err() { return },
                () = sleep(Duration::from_secs(until.max(1))) => {}
            }
            continue;
        }
        let (queue, desk) = (queue.clone(), Arc::clone(&desk));
        batches.spawn(async move {
            let lambda = Arc::clone(&lock(&desk.lambda));
            let (arn, region) = (queue.arn(), queue.region().to_owned());
            let records: Vec<_> =
                messages.iter().map(|message| message.record(&arn, &region)).collect();
            let answer = lambda.invoke(&json!({"Records": records})).await;
            let ids: Vec<_> = messages.iter().map(|message| message.id.clone()).collect();
            let failed = match &answer {
                Ok(answer) if desk.mapping.reports_failures => failed_ids(answer, &ids),
                Ok(_) => BTreeSet::new(),
                Err(_) => ids.iter().cloned().collect(),
            };
            for message in messages.iter().filter(|message| !failed.contains(&message.id)) {
                queue.delete(message.handle.as_deref().unwrap_or_default());
            }
            let (failed, answer) =
                (failed.into_iter().collect(), answer.map_err(|error| error.to_string()));
            lock(&desk.batches).push(Batch { ids, failed, answer });
            desk.busy.send_modify(|busy| *busy -= 1);
            drop(permit);
        });
    }
}

/// The records that failed. An answer that names one which is none, or none at all, fails the whole batch.
fn failed_ids(answer: &Value, ids: &[String]) -> BTreeSet<String> {
    let all = || ids.iter().cloned().collect();
    let listed = match answer {
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
