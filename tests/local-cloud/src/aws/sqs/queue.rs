//! State of one queue: visible, in-flight and dead messages.
use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::watch;

use super::message::Message;
use super::setup::QueueSettings;
use crate::aws::store::ParsedPolicy;

#[derive(Debug)]
pub(crate) struct StoredQueue {
    pub(crate) arn: String,
    pub(crate) url: String,
    pub(crate) settings: QueueSettings,
    pub(crate) policy: Option<ParsedPolicy>,
    pub(crate) created: i64,
    messages: BTreeMap<u64, Message>,
    /// Visibility time and number of each message, earliest first.
    visible_at: BTreeSet<(i64, u64)>,
    next_number: u64,
    /// Notifies pollers of changes.
    pub(crate) changed: watch::Sender<()>,
}

/// Message counts by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) visible: usize,
    pub(crate) in_flight: usize,
    pub(crate) delayed: usize,
}

/// Validity of a receipt handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receipt {
    /// The format is wrong.
    Invalid,
    /// The message was deleted or received again.
    Stale,
    /// Valid, with the message number.
    Valid(u64),
}

impl StoredQueue {
    pub(super) fn new(
        names: [String; 2],
        settings: QueueSettings,
        policy: Option<ParsedPolicy>,
        now: i64,
    ) -> Self {
        let [arn, url] = names;
        StoredQueue {
            arn,
            url,
            settings,
            policy,
            created: now,
            messages: BTreeMap::new(),
            visible_at: BTreeSet::new(),
            next_number: 0,
            changed: watch::Sender::default(),
        }
    }

    pub(crate) fn push(&mut self, message: Message) {
        let number = self.next_number;
        self.next_number += 1;
        self.visible_at.insert((message.visible, number));
        self.messages.insert(number, message);
        self.changed.send_replace(());
    }

    fn remove(&mut self, number: u64) -> Option<Message> {
        let message = self.messages.remove(&number)?;
        self.visible_at.remove(&(message.visible, number));
        self.changed.send_replace(());
        Some(message)
    }

    /// Returns the numbers of visible messages, and deletes expired ones.
    pub(crate) fn visible_messages(&mut self, max: usize, now: i64) -> Vec<u64> {
        let mut found = Vec::new();
        while found.len() < max {
            let next = self.visible_at.iter().nth(found.len()).copied();
            let Some((_, number)) = next.filter(|(visible, _)| *visible <= now) else { break };
            let sent = self.messages.get(&number).map_or(i64::MIN, |message| message.sent);
            if sent.saturating_add(self.settings.retention) < now {
                self.remove(number);
            } else {
                found.push(number);
            }
        }
        found
    }

    /// Delivers a message and hides it for the visibility timeout. Returns `Err` if the receive
    /// limit is reached; the message is then removed from this queue.
    pub(crate) fn deliver(
        &mut self,
        number: u64,
        visibility: i64,
        now: i64,
        handle: &str,
    ) -> Option<Result<Message, Message>> {
        let limit = self.settings.redrive.as_ref().map(|(_, max)| *max);
        let message = self.messages.get_mut(&number)?;
        if limit.is_some_and(|limit| message.receive_count >= limit) {
            return self.remove(number).map(Err);
        }
        self.visible_at.remove(&(message.visible, number));
        message.receive_count += 1;
        message.first_received.get_or_insert(now);
        message.visible = now + visibility;
        message.receipt_handle = Some(format!("AQEB{number:016x}{handle}"));
        self.visible_at.insert((message.visible, number));
        Some(Ok(message.clone()))
    }

    pub(crate) fn receipt(&self, handle: &str) -> Receipt {
        let digits = handle.strip_prefix("AQEB").and_then(|rest| rest.get(..16));
        let Some(number) = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()) else {
            return Receipt::Invalid;
        };
        let found = self.messages.get(&number);
        let held = found.is_some_and(|message| message.receipt_handle.as_deref() == Some(handle));
        if held { Receipt::Valid(number) } else { Receipt::Stale }
    }

    /// Deletes a message. A stale handle has no effect and is no error.
    pub(crate) fn delete(&mut self, handle: &str) -> Receipt {
        let receipt = self.receipt(handle);
        if let Receipt::Valid(number) = receipt {
            self.remove(number);
        }
        receipt
    }

    /// Changes the visibility timeout. Returns `false` if the message is not in flight.
    pub(crate) fn set_visibility(&mut self, number: u64, seconds: i64, now: i64) -> bool {
        let Some(message) = self.messages.get_mut(&number) else { return false };
        if message.visible <= now {
            return false;
        }
        self.visible_at.remove(&(message.visible, number));
        message.visible = now + seconds;
        self.visible_at.insert((message.visible, number));
        self.changed.send_replace(());
        true
    }

    /// Returns when the next message becomes visible.
    pub(crate) fn next_visible_at(&self) -> Option<i64> {
        self.visible_at.first().map(|(visible, _)| *visible)
    }

    pub(crate) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    pub(crate) fn clear(&mut self) {
        self.messages.clear();
        self.visible_at.clear();
        self.changed.send_replace(());
    }

    pub(crate) fn counts(&self, now: i64) -> Counts {
        let mut counts = Counts { visible: 0, in_flight: 0, delayed: 0 };
        for message in self.messages.values() {
            let count = match (message.visible <= now, message.receive_count) {
                (true, _) => &mut counts.visible,
                (false, 0) => &mut counts.delayed,
                (false, _) => &mut counts.in_flight,
            };
            *count += 1;
        }
        counts
    }
}
