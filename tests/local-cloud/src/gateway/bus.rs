//! An event bus: every function and every queue with a rule that an event fits gets it.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use serde_json::{Value, json};

use super::pattern;
use crate::{
    aws::Queue,
    functions::{FunctionError, Functions},
    template::EventRule,
};

/// A bus of one deployment.
#[derive(Clone, Debug)]
pub struct Bus {
    functions: Functions,
    rules: Vec<EventRule>,
    /// By ARN.
    queues: BTreeMap<String, Queue>,
    account: String,
    region: String,
}

/// What became of an event at one function.
#[derive(Debug)]
pub struct Delivery {
    /// The function's package.
    pub package: String,
    /// What it answered. Lambda would retry where this is an error.
    pub outcome: Result<Value, FunctionError>,
}

/// Where an event came to.
#[derive(Debug, Default)]
pub struct Reached {
    /// Functions, one attempt each.
    pub functions: Vec<Delivery>,
    /// ARNs of queues that have it now.
    pub queues: Vec<String>,
    /// ARNs of targets that are not there, or that did not let it in.
    pub refused: Vec<String>,
}

impl Bus {
    /// The bus that these functions listen on.
    pub fn new(functions: Functions, account: &str, region: &str) -> Self {
        Self {
            functions,
            rules: Vec::new(),
            queues: BTreeMap::new(),
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }

    /// The same with rules whose targets are queues.
    #[must_use]
    pub fn with_rules(self, rules: Vec<EventRule>, queues: &[Queue]) -> Self {
        let queues = queues.iter().map(|queue| (queue.arn(), queue.clone())).collect();
        Self { rules, queues, ..self }
    }

    /// An event as EventBridge would deliver it.
    pub fn event(&self, source: &str, detail_type: &str, detail: &Value) -> Value {
        json!({
            "version": "0",
            "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
            "detail-type": detail_type,
            "source": source,
            "account": self.account,
            "time": "2026-11-23T08:00:00Z",
            "region": self.region,
            "resources": [],
            "detail": detail,
        })
    }

    /// Puts an event on the bus, and waits for every function that it reaches, one attempt each.
    pub async fn put_event(
        &self,
        source: &str,
        detail_type: &str,
        detail: &Value,
    ) -> Vec<Delivery> {
        self.put(&self.event(source, detail_type, detail)).await.functions
    }

    /// Puts a whole event on the bus: functions get it, one attempt each; queues have it as a message.
    pub async fn put(&self, event: &Value) -> Reached {
        let mut reached = self.deliver_to_queues(event);
        for lambda in self.functions.all() {
            let rules = &lambda.function().rules;
            if rules.iter().any(|rule| pattern::matches(&rule.pattern, Some(event))) {
                let package = lambda.function().package.clone();
                let outcome = lambda.invoke(event).await;
                reached.functions.push(Delivery { package, outcome });
            }
        }
        reached
    }

    fn deliver_to_queues(&self, event: &Value) -> Reached {
        let mut reached = Reached::default();
        let fitting = self.rules.iter().filter(|rule| pattern::matches(&rule.pattern, Some(event)));
        for (rule, target) in
            fitting.flat_map(|rule| rule.targets.iter().map(move |arn| (rule, arn)))
        {
            let queue = self.queues.get(target);
            match queue.filter(|queue| queue.takes_from("events.amazonaws.com", &rule.arn)) {
                Some(queue) => {
                    queue.send(&event.to_string());
                    reached.queues.push(target.clone());
                }
                None => reached.refused.push(target.clone()),
            }
        }
        reached
    }

    /// An id that no other event has.
    pub fn event_id() -> String {
        static EVENTS: AtomicU64 = AtomicU64::new(1);
        format!("7a8e9feb-c592-4df8-8a02-{:012x}", EVENTS.fetch_add(1, Ordering::Relaxed))
    }
}
