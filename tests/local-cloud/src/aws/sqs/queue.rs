//! A queue by itself: what is in it, what is in sight, and what is dead.
use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::watch;

use super::message::Message;
use super::setup::Settings;
use crate::aws::store::PolicyText;

/// A standard queue.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) arn: String,
    pub(crate) url: String,
    pub(crate) settings: Settings,
    pub(crate) policy: Option<PolicyText>,
    pub(crate) created: i64,
    messages: BTreeMap<u64, Message>,
    /// When each message can be received, the earliest first.
    sight: BTreeSet<(i64, u64)>,
    next: u64,
    /// Tells pollers of whatever comes into sight.
    pub(crate) changed: watch::Sender<()>,
}

/// How many messages a queue has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) visible: usize,
    pub(crate) in_flight: usize,
    pub(crate) delayed: usize,
}

/// What a receipt handle is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receipt {
    /// No handle of SQS's.
    Invalid,
    /// The message is gone, or was given to somebody else since.
    Stale,
    /// The message with this number.
    Good(u64),
}

impl Queue {
    pub(super) fn new(
        names: [String; 2],
        settings: Settings,
        policy: Option<PolicyText>,
        now: i64,
    ) -> Self {
        let [arn, url] = names;
        Queue {
            arn,
            url,
            settings,
            policy,
            created: now,
            messages: BTreeMap::new(),
            sight: BTreeSet::new(),
            next: 0,
            changed: watch::Sender::default(),
        }
    }

    pub(crate) fn put(&mut self, message: Message) {
        let number = self.next;
        self.next += 1;
        self.sight.insert((message.visible, number));
        self.messages.insert(number, message);
        self.changed.send_replace(());
    }

    fn take(&mut self, number: u64) -> Option<Message> {
        let message = self.messages.remove(&number)?;
        self.sight.remove(&(message.visible, number));
        self.changed.send_replace(());
        Some(message)
    }

    /// The numbers of so many messages in sight, those that were kept too long having gone.
    pub(crate) fn visible_messages(&mut self, most: usize, now: i64) -> Vec<u64> {
        let mut found = Vec::new();
        while found.len() < most {
            let next = self.sight.iter().nth(found.len()).copied();
            let Some((_, number)) = next.filter(|(visible, _)| *visible <= now) else { break };
            let sent = self.messages.get(&number).map_or(i64::MIN, |message| message.sent);
            if sent.saturating_add(self.settings.retention) < now {
                self.take(number);
            } else {
                found.push(number);
            }
        }
        found
    }

    /// Gives a message out under a handle, until it comes into sight again; or takes it out, where it was received as often
    /// as it may be: it is dead.
    pub(crate) fn hand_out(
        &mut self,
        number: u64,
        visibility: i64,
        now: i64,
        handle: &str,
    ) -> Option<Result<Message, Message>> {
        let limit = self.settings.redrive.as_ref().map(|(_, most)| *most);
        let message = self.messages.get_mut(&number)?;
        if limit.is_some_and(|limit| message.received >= limit) {
            return self.take(number).map(Err);
        }
        self.sight.remove(&(message.visible, number));
        message.received += 1;
        message.first_received.get_or_insert(now);
        message.visible = now + visibility;
        message.handle = Some(format!("AQEB{number:016x}{handle}"));
        self.sight.insert((message.visible, number));
        Some(Ok(message.clone()))
    }

    pub(crate) fn receipt(&self, handle: &str) -> Receipt {
        let digits = handle.strip_prefix("AQEB").and_then(|rest| rest.get(..16));
        let Some(number) = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()) else {
            return Receipt::Invalid;
        };
        let found = self.messages.get(&number);
        let held = found.is_some_and(|message| message.handle.as_deref() == Some(handle));
        if held { Receipt::Good(number) } else { Receipt::Stale }
    }

    /// Deletes a message. A stale handle does nothing, and nobody is told.
    pub(crate) fn delete(&mut self, handle: &str) -> Receipt {
        let receipt = self.receipt(handle);
        if let Receipt::Good(number) = receipt {
            self.take(number);
        }
        receipt
    }

    /// Sets when a message comes into sight again. `false`: it is not in flight.
    pub(crate) fn set_visibility(&mut self, number: u64, seconds: i64, now: i64) -> bool {
        let Some(message) = self.messages.get_mut(&number) else { return false };
        if message.visible <= now {
            return false;
        }
        self.sight.remove(&(message.visible, number));
        message.visible = now + seconds;
        self.sight.insert((message.visible, number));
        self.changed.send_replace(());
        true
    }

    /// When the first message that is out of sight comes into it.
    pub(crate) fn next_visible_at(&self) -> Option<i64> {
        self.sight.first().map(|(visible, _)| *visible)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    pub(crate) fn clear(&mut self) {
        self.messages.clear();
        self.sight.clear();
        self.changed.send_replace(());
    }

    pub(crate) fn counts(&self, now: i64) -> Counts {
        let mut counts = Counts { visible: 0, in_flight: 0, delayed: 0 };
        for message in self.messages.values() {
            let count = match (message.visible <= now, message.received) {
                (true, _) => &mut counts.visible,
                (false, 0) => &mut counts.delayed,
                (false, _) => &mut counts.in_flight,
            };
            *count += 1;
        }
        counts
    }
}
