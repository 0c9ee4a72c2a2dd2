//! How a test makes a queue, and looks into it.
use std::collections::BTreeMap;

use serde_json::Value;
use tokio::sync::watch;

use super::access::QueueKey;
use super::message::{Attribute, Message};
use super::queue::{Counts, Queue as Held};
use crate::aws::partition::dns_suffix;
use crate::aws::policy::DocumentKind;
use crate::aws::store::PolicyText;
use crate::aws::{Account, Aws};

/// How a queue is set; times in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long a received message stays out of sight.
    pub visibility: i64,
    /// How long a message is kept.
    pub retention: i64,
    /// How long a message stays out of sight at first.
    pub delay: i64,
    /// Bytes of the longest message.
    pub longest: usize,
    /// The ARN of the dead-letter queue, and how often a message is received before it goes there.
    pub redrive: Option<(String, u32)>,
    /// The queue's own policy.
    pub policy: Option<Value>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            visibility: 30,
            retention: 345_600,
            delay: 0,
            longest: 1_048_576,
            redrive: None,
            policy: None,
        }
    }
}

/// A queue of an account. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Queue {
    aws: Aws,
    place: QueueKey,
}

/// A message as a test sees it, with no permission asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageSeen {
    /// SQS's id.
    pub id: String,
    /// What was sent.
    pub body: String,
    /// Its own attributes, binary ones in base64.
    pub attributes: BTreeMap<String, String>,
    /// How often it was received.
    pub received: u32,
    /// The ARN of the queue that gave it up; nothing where it was sent here.
    pub dead_from: Option<String>,
}

impl Account {
    /// A queue, made if need be; its settings are those given.
    ///
    /// # Panics
    /// For a policy that SQS would refuse.
    pub fn queue(&self, region: &str, name: &str, settings: Settings) -> Queue {
        let policy = settings.policy.as_ref().map(|policy| {
            PolicyText::read(&policy.to_string(), DocumentKind::Resource)
                .expect("a policy that SQS takes")
        });
        let home = self.home().clone();
        let place = QueueKey { key: (region.to_owned(), name.to_owned()), home };
        let url =
            format!("https://sqs.{region}.{}/{}/{name}", dns_suffix(self.partition()), self.id());
        let mut store = self.aws().store();
        let now = store.now();
        let names = [place.arn(), url];
        let queues = &mut store.account_mut(&place.home).queues;
        let queue = queues
            .entry(place.key.clone())
            .or_insert_with(|| Held::new(names, Settings::default(), None, now));
        (queue.settings, queue.policy) = (settings, policy);
        drop(store);
        Queue { aws: self.aws().clone(), place }
    }
}

impl Queue {
    fn with<R>(&self, work: impl FnOnce(&mut Held) -> R) -> R {
        let mut store = self.aws.store();
        work(store.queue_mut(&self.place).expect("it was made"))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.place.key.1
    }

    /// Its ARN.
    pub fn arn(&self) -> String {
        self.place.arn()
    }

    /// Its region.
    pub fn region(&self) -> &str {
        &self.place.key.0
    }

    /// Its URL.
    pub fn url(&self) -> String {
        self.with(|queue| queue.url.clone())
    }

    /// How it is set.
    pub fn settings(&self) -> Settings {
        self.with(|queue| queue.settings.clone())
    }

    /// Changes how it is set.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        self.with(|queue| change(&mut queue.settings));
    }

    /// Puts a message in, asking nobody.
    pub fn send(&self, body: &str) {
        self.send_with(body, &[]);
    }

    /// The same with text attributes.
    pub fn send_with(&self, body: &str, attributes: &[(&str, &str)]) {
        let mut store = self.aws.store();
        let sent = store.now();
        let attribute = |(name, value): &(&str, &str)| {
            let one = Attribute { kind: "String".to_owned(), value: (*value).to_owned() };
            ((*name).to_owned(), one)
        };
        let message = Message {
            id: String::new(),
            body: body.to_owned(),
            attributes: attributes.iter().map(attribute).collect(),
            sender: self.place.home.1.clone(),
            sent,
            first_received: None,
            received: 0,
            visible: sent,
            handle: None,
            dead_from: None,
        };
        store.enqueue(&self.place, message);
    }

    /// Whether a service may send to it in the name of a source, as an EventBridge rule by its ARN.
    pub fn takes_from(&self, service: &str, source: &str) -> bool {
        let account = self.place.home.1.clone();
        self.with(|queue| queue.takes_from(service, source, &account))
    }

    /// Every message, the oldest first, whether in sight or not.
    pub fn messages(&self) -> Vec<MessageSeen> {
        let seen = |message: &Message| MessageSeen {
            id: message.id.clone(),
            body: message.body.clone(),
            attributes: message
                .attributes
                .iter()
                .map(|(name, one)| (name.clone(), one.value.clone()))
                .collect(),
            received: message.received,
            dead_from: message.dead_from.clone(),
        };
        self.with(|queue| queue.all().map(seen).collect())
    }

    /// How many messages it has, in sight or not.
    pub fn len(&self) -> usize {
        self.with(|queue| queue.all().count())
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets everything in it.
    pub fn purge(&self) {
        self.with(Held::clear);
    }

    /// How many can be received now.
    pub fn visible(&self) -> usize {
        let now = self.aws.store().now();
        let Counts { visible, .. } = self.with(|queue| queue.counts(now));
        visible
    }

    pub(crate) fn receive(&self, most: usize) -> Vec<Message> {
        self.aws.store().receive(&self.place, most, None)
    }

    pub(crate) fn delete(&self, handle: &str) {
        self.with(|queue| queue.delete(handle));
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.with(|queue| queue.changed.subscribe())
    }

    /// When its first message comes into sight, and what time it is.
    pub(crate) fn next_visible_at(&self) -> (Option<i64>, i64) {
        let now = self.aws.store().now();
        (self.with(|queue| queue.next_visible_at()), now)
    }
}
