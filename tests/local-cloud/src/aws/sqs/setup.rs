//! Fixtures of SQS.
use std::collections::BTreeMap;

use serde_json::Value;
use tokio::sync::watch;

use super::call::QueueKey;
use super::message::{Attribute, Message};
use super::queue::{Counts, StoredQueue};
use crate::aws::partition::dns_suffix;
use crate::aws::policy::DocumentKind;
use crate::aws::store::ParsedPolicy;
use crate::aws::{Account, Aws};

/// Settings of a queue. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// Visibility timeout.
    pub visibility_timeout: i64,
    /// Retention period.
    pub retention: i64,
    /// Delivery delay.
    pub delay: i64,
    /// Maximum message size.
    pub max_message_bytes: usize,
    /// ARN of the dead-letter queue and maximum receive count.
    pub redrive: Option<(String, u32)>,
    /// Queue policy.
    pub policy: Option<Value>,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            visibility_timeout: 30,
            retention: 345_600,
            delay: 0,
            max_message_bytes: 1_048_576,
            redrive: None,
            policy: None,
        }
    }
}

/// A handle to a queue. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Queue {
    aws: Aws,
    queue_key: QueueKey,
}

/// A message, read without permission checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageSnapshot {
    /// Message id.
    pub id: String,
    /// Message body.
    pub body: String,
    /// Message attributes; binary values in base64.
    pub attributes: BTreeMap<String, String>,
    /// Receive count.
    pub receive_count: u32,
    /// ARN of the queue that it was moved from; `None` if it was sent here.
    pub dead_letter_source: Option<String>,
}

impl Account {
    /// Returns a queue with these settings. Creates it if necessary.
    ///
    /// # Panics
    /// If SQS would reject the policy.
    pub fn queue(&self, region: &str, name: &str, settings: QueueSettings) -> Queue {
        let policy = settings.policy.as_ref().map(|policy| {
            ParsedPolicy::parse(&policy.to_string(), DocumentKind::Resource)
                .expect("a valid queue policy")
        });
        let account_key = self.account_key().clone();
        let queue_key = QueueKey { key: (region.to_owned(), name.to_owned()), account_key };
        let url =
            format!("https://sqs.{region}.{}/{}/{name}", dns_suffix(self.partition()), self.id());
        let mut store = self.aws().store();
        let now = store.now();
        let names = [queue_key.arn(), url];
        let queues = &mut store.account_mut(&queue_key.account_key).queues;
        let queue = queues
            .entry(queue_key.key.clone())
            .or_insert_with(|| StoredQueue::new(names, QueueSettings::default(), None, now));
        (queue.settings, queue.policy) = (settings, policy);
        drop(store);
        Queue { aws: self.aws().clone(), queue_key }
    }
}

impl Queue {
    fn with_state<R>(&self, work: impl FnOnce(&mut StoredQueue) -> R) -> R {
        let mut store = self.aws.store();
        work(store.queue_mut(&self.queue_key).expect("the queue exists"))
    }

    pub fn name(&self) -> &str {
        &self.queue_key.key.1
    }

    pub fn arn(&self) -> String {
        self.queue_key.arn()
    }

    pub fn region(&self) -> &str {
        &self.queue_key.key.0
    }

    pub fn url(&self) -> String {
        self.with_state(|queue| queue.url.clone())
    }

    /// Returns the settings.
    pub fn settings(&self) -> QueueSettings {
        self.with_state(|queue| queue.settings.clone())
    }

    /// Changes the settings.
    pub fn update_settings(&self, change: impl FnOnce(&mut QueueSettings)) {
        self.with_state(|queue| change(&mut queue.settings));
    }

    /// Sends a message without permission checks.
    pub fn send(&self, body: &str) {
        self.send_with(body, &[]);
    }

    /// Sends a message like `send`, with text attributes.
    pub fn send_with(&self, body: &str, attributes: &[(&str, &str)]) {
        let mut store = self.aws.store();
        let sent = store.now();
        let to_attribute = |(name, value): &(&str, &str)| {
            let attribute = Attribute { kind: "String".to_owned(), value: (*value).to_owned() };
            ((*name).to_owned(), attribute)
        };
        let message = Message {
            id: String::new(),
            body: body.to_owned(),
            attributes: attributes.iter().map(to_attribute).collect(),
            sender: self.queue_key.account_key.1.clone(),
            sent,
            first_received: None,
            receive_count: 0,
            visible: sent,
            receipt_handle: None,
            dead_letter_source: None,
        };
        store.enqueue(&self.queue_key, message);
    }

    /// Returns `true` if the queue policy allows a service to send for a source ARN, such as that
    /// of an EventBridge rule.
    pub fn accepts_messages_from(&self, service: &str, source: &str) -> bool {
        let account = self.queue_key.account_key.1.clone();
        self.with_state(|queue| queue.accepts_messages_from(service, source, &account))
    }

    /// Returns all messages, visible or not, oldest first.
    pub fn messages(&self) -> Vec<MessageSnapshot> {
        let seen = |message: &Message| MessageSnapshot {
            id: message.id.clone(),
            body: message.body.clone(),
            attributes: message
                .attributes
                .iter()
                .map(|(name, attribute)| (name.clone(), attribute.value.clone()))
                .collect(),
            receive_count: message.receive_count,
            dead_letter_source: message.dead_letter_source.clone(),
        };
        self.with_state(|queue| queue.messages().map(seen).collect())
    }

    /// Returns the number of messages, visible or not.
    pub fn len(&self) -> usize {
        self.with_state(|queue| queue.messages().count())
    }

    /// Returns `true` if the queue has no messages.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Deletes all messages.
    pub fn purge(&self) {
        self.with_state(StoredQueue::clear);
    }

    /// Returns the number of messages that can be received now.
    pub fn visible_count(&self) -> usize {
        let now = self.aws.store().now();
        let Counts { visible, .. } = self.with_state(|queue| queue.counts(now));
        visible
    }

    pub(crate) fn receive(&self, max: usize) -> Vec<Message> {
        self.aws.store().receive(&self.queue_key, max, None)
    }

    pub(crate) fn delete(&self, handle: &str) {
        self.with_state(|queue| queue.delete(handle));
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.with_state(|queue| queue.changed.subscribe())
    }

    /// Returns when the next message becomes visible, and the current time.
    pub(crate) fn next_visible_at(&self) -> (Option<i64>, i64) {
        let now = self.aws.store().now();
        (self.with_state(|queue| queue.next_visible_at()), now)
    }
}
