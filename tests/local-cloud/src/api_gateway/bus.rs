//! Fake EventBridge bus: delivers an event to every function and queue whose rule matches.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use serde_json::{Value, json};

use super::pattern;
use crate::{
    aws::{Queue, ResourcePolicy},
    clock::{Clock, iso8601},
    cloudformation::{DEFAULT_BUS, EventRule, TemplateBus},
    lambda::{DeployedFunctions, FunctionError},
};

/// The event buses of one deployment: the default bus of the account, and the stack's own.
#[derive(Clone, Debug)]
pub struct EventBus {
    functions: DeployedFunctions,
    rules: Vec<EventRule>,
    /// By ARN.
    queues: BTreeMap<String, Queue>,
    /// Name and policy of the stack's own bus.
    own: Option<(String, ResourcePolicy)>,
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
            own: None,
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

    /// Adds the stack's own bus.
    #[must_use]
    pub fn with_own_bus(self, bus: Option<TemplateBus>) -> Self {
        let own = bus.map(|bus| (bus.name, ResourcePolicy::new(&bus.arn, &bus.policy)));
        Self { own, ..self }
    }

    /// Builds an event as EventBridge delivers it, sent now.
    pub fn build_event(&self, source: &str, detail_type: &str, detail: &Value) -> Value {
        json!({
            "version": "0",
            "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
            "detail-type": detail_type,
            "source": source,
            "account": self.account,
            "time": iso8601(Clock::default().now()),
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

    /// Puts an event on the bus where its sender puts it: AWS's own events arrive on the default bus,
    /// others on the stack's bus if there is one.
    pub async fn put(&self, event: &Value) -> PutResult {
        let is_of_aws = event["source"].as_str().is_some_and(|source| source.starts_with("aws."));
        match &self.own {
            Some((own, _)) if !is_of_aws => self.put_on(own, event).await,
            _ => self.put_on_default_bus(event).await,
        }
    }

    /// Puts an event on the default bus.
    pub async fn put_on_default_bus(&self, event: &Value) -> PutResult {
        self.put_on(DEFAULT_BUS, event).await
    }

    /// Puts an event on the stack's bus as a role or user whose own policies allow it everywhere. Returns
    /// `None` if the policy of the bus denies it.
    pub async fn put_as(&self, sender: &str, event: &Value) -> Option<PutResult> {
        let (own, policy) = self.own.as_ref()?;
        if policy.is_event_allowed(sender, event) {
            Some(self.put_on(own, event).await)
        } else {
            None
        }
    }

    /// Puts an event on a bus. Functions are invoked once; queues receive it as a message.
    async fn put_on(&self, bus: &str, event: &Value) -> PutResult {
        let mut result = self.deliver_to_queues(bus, event);
        for lambda in self.functions.all() {
            let mut rules = lambda.function().rules.iter().filter(|rule| rule.bus == bus);
            if rules.any(|rule| pattern::matches(&rule.pattern, Some(event))) {
                let package = lambda.function().package.clone();
                let outcome = lambda.invoke(event).await;
                result.functions.push(FunctionDelivery { package, outcome });
            }
        }
        result
    }

    fn deliver_to_queues(&self, bus: &str, event: &Value) -> PutResult {
        let mut result = PutResult::default();
        let of_bus = self.rules.iter().filter(|rule| rule.bus == bus);
        let matching = of_bus.filter(|rule| pattern::matches(&rule.pattern, Some(event)));
        for (rule, target) in
            matching.flat_map(|rule| rule.targets.iter().map(move |target| (rule, &target.arn)))
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

    /// Returns what each target of the stack's bus receives of an event: the target's ARN, and the event or
    /// the text that the rule makes of it.
    pub fn targets_of(&self, event: &Value) -> Vec<(String, Value)> {
        let Some((own, _)) = &self.own else { return Vec::new() };
        let of_bus = self.rules.iter().filter(|rule| rule.bus == *own);
        of_bus
            .filter(|rule| pattern::matches(&rule.pattern, Some(event)))
            .flat_map(|rule| &rule.targets)
            .map(|target| {
                let input = target.input_transformer.as_ref();
                (target.arn.clone(), input.map_or_else(|| event.clone(), |it| transform(it, event)))
            })
            .collect()
    }

    /// Returns a unique event id.
    pub fn next_event_id() -> String {
        static EVENTS: AtomicU64 = AtomicU64::new(1);
        format!("7a8e9feb-c592-4df8-8a02-{:012x}", EVENTS.fetch_add(1, Ordering::Relaxed))
    }
}

/// Fills an `InputTransformer` with the members of an event.
fn transform(transformer: &Value, event: &Value) -> Value {
    let template = transformer["InputTemplate"].as_str().unwrap_or_default();
    let paths = transformer["InputPathsMap"].as_object().into_iter().flatten();
    let filled = paths.fold(template.to_owned(), |text, (name, path)| {
        let pointer = path.as_str().unwrap_or_default().replace(['$', ']'], "");
        let value = match event.pointer(&pointer.replace(['.', '['], "/")) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        text.replace(&format!("<{name}>"), &value)
    });
    let lines = filled
        .lines()
        .map(|line| line.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n").into()
}
