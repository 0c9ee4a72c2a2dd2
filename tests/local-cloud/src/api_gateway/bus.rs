//! Fake EventBridge bus: delivers an event to every function and queue whose rule matches.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use serde_json::{Value, json};

use super::pattern;
use crate::{
    aws::Queue,
    cloudformation::EventRule,
    lambda::{DeployedFunctions, FunctionError},
};

/// The event bus of one deployment.
#[derive(Clone, Debug)]
pub struct EventBus {
    functions: DeployedFunctions,
    rules: Vec<EventRule>,
    /// By ARN.
    queues: BTreeMap<String, Queue>,
    account: String,
    region: String,
}

/// Delivery of an event to one function.
#[derive(Debug)]
pub struct FunctionDelivery {
    /// Package name of the function.
    pub package: String,
    /// Response of the function. Lambda would retry after an error.
    pub outcome: Result<Value, FunctionError>,
}

/// The targets of an event.
#[derive(Debug, Default)]
pub struct PutResult {
    /// One delivery per matching function, without retries.
    pub functions: Vec<FunctionDelivery>,
    /// ARNs of the queues that received the event.
    pub queues: Vec<String>,
    /// ARNs of targets that do not exist or whose queue policy denies the event.
    pub failed_targets: Vec<String>,
}

impl EventBus {
    /// Creates a bus for these functions.
    pub fn new(functions: DeployedFunctions, account: &str, region: &str) -> Self {
        Self {
            functions,
            rules: Vec::new(),
            queues: BTreeMap::new(),
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }

    /// Adds rules whose targets are queues.
    #[must_use]
    pub fn with_rules(self, rules: Vec<EventRule>, queues: &[Queue]) -> Self {
        let queues = queues.iter().map(|queue| (queue.arn(), queue.clone())).collect();
        Self { rules, queues, ..self }
    }

    /// Builds an event as EventBridge delivers it.
    pub fn build_event(&self, source: &str, detail_type: &str, detail: &Value) -> Value {
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

    /// Builds an event, puts it on the bus and waits for the functions. There are no retries.
    pub async fn put_event(
        &self,
        source: &str,
        detail_type: &str,
        detail: &Value,
    ) -> Vec<FunctionDelivery> {
        self.put(&self.build_event(source, detail_type, detail)).await.functions
    }

    /// Puts an event on the bus. Functions are invoked once; queues receive it as a message.
    pub async fn put(&self, event: &Value) -> PutResult {
        let mut result = self.deliver_to_queues(event);
        for lambda in self.functions.all() {
            let rules = &lambda.function().rules;
            if rules.iter().any(|rule| pattern::matches(&rule.pattern, Some(event))) {
                let package = lambda.function().package.clone();
                let outcome = lambda.invoke(event).await;
                result.functions.push(FunctionDelivery { package, outcome });
            }
        }
        result
    }

    fn deliver_to_queues(&self, event: &Value) -> PutResult {
        let mut result = PutResult::default();
        let matching =
            self.rules.iter().filter(|rule| pattern::matches(&rule.pattern, Some(event)));
        for (rule, target) in
            matching.flat_map(|rule| rule.targets.iter().map(move |arn| (rule, arn)))
        {
            let queue = self.queues.get(target);
            match queue
                .filter(|queue| queue.accepts_messages_from("events.amazonaws.com", &rule.arn))
            {
                Some(queue) => {
                    queue.send(&event.to_string());
                    result.queues.push(target.clone());
                }
                None => result.failed_targets.push(target.clone()),
            }
        }
        result
    }

    /// Returns a unique event id.
    pub fn next_event_id() -> String {
        static EVENTS: AtomicU64 = AtomicU64::new(1);
        format!("7a8e9feb-c592-4df8-8a02-{:012x}", EVENTS.fetch_add(1, Ordering::Relaxed))
    }
}
