//! Fake event buses of EventBridge. They deliver an event to each function and queue whose rule
//! matches.

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

/// The event buses of one deployment: the default bus of the AWS account, and the bus of the stack
/// if the template has one.
#[derive(Clone, Debug)]
pub struct EventBus {
    functions: DeployedFunctions,
    /// Rules whose targets are not functions.
    rules: Vec<EventRule>,
    /// The queues that can be targets, by ARN.
    queues: BTreeMap<String, Queue>,
    /// Name and policy of the stack's bus.
    stack_bus: Option<(String, ResourcePolicy)>,
    account: String,
    region: String,
}

/// The delivery of an event to one function.
#[derive(Debug)]
pub struct FunctionDelivery {
    /// Package name of the function.
    pub package: String,
    /// Response or error of the function. Unlike AWS, the fake does not retry after an error.
    pub outcome: Result<Value, FunctionError>,
}

/// The result of putting an event on a bus, by target.
#[derive(Debug, Default)]
pub struct PutResult {
    /// One delivery for each function with a matching rule.
    pub functions: Vec<FunctionDelivery>,
    /// ARNs of the queues that received the event.
    pub queues: Vec<String>,
    /// ARNs of the targets that received no event: the queue does not exist, or its policy denies
    /// the event.
    pub failed_targets: Vec<String>,
}

impl EventBus {
    /// Creates the default bus for functions with their rules.
    pub fn new(functions: DeployedFunctions, account: &str, region: &str) -> Self {
        Self {
            functions,
            rules: Vec::new(),
            queues: BTreeMap::new(),
            stack_bus: None,
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }

    /// Replaces the rules for targets other than functions, and the queues that can be targets.
    #[must_use]
    pub fn with_rules(self, rules: Vec<EventRule>, queues: &[Queue]) -> Self {
        let queues = queues.iter().map(|queue| (queue.arn(), queue.clone())).collect();
        Self { rules, queues, ..self }
    }

    /// Sets the bus of the stack.
    #[must_use]
    pub fn with_stack_bus(self, bus: Option<TemplateBus>) -> Self {
        let stack_bus = bus.map(|bus| (bus.name, ResourcePolicy::new(&bus.arn, &bus.policy)));
        Self { stack_bus, ..self }
    }

    /// Builds an event as EventBridge delivers it, with the current time.
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

    /// Builds an event, puts it on the bus for events of its source, and waits for the functions.
    pub async fn put_event(
        &self,
        source: &str,
        detail_type: &str,
        detail: &Value,
    ) -> Vec<FunctionDelivery> {
        self.put(&self.build_event(source, detail_type, detail)).await.functions
    }

    /// Puts an event on the bus for events of its source, and waits for the functions. Events of
    /// AWS arrive on the default bus, other events on the stack's bus if there is one.
    pub async fn put(&self, event: &Value) -> PutResult {
        let is_aws_event =
            event["source"].as_str().is_some_and(|source| source.starts_with("aws."));
        match &self.stack_bus {
            Some((stack_bus, _)) if !is_aws_event => self.put_on_bus(stack_bus, event).await,
            _ => self.put_on_default_bus(event).await,
        }
    }

    /// Puts an event on the default bus.
    pub async fn put_on_default_bus(&self, event: &Value) -> PutResult {
        self.put_on_bus(DEFAULT_BUS, event).await
    }

    /// Puts an event on the stack's bus as the role or user with the ARN `sender`, whose identity
    /// policies are assumed to allow it. Returns `None` if the policy of the bus denies it.
    pub async fn put_event_as(&self, sender: &str, event: &Value) -> Option<PutResult> {
        let (stack_bus, policy) = self.stack_bus.as_ref()?;
        if policy.is_event_allowed(sender, event) {
            Some(self.put_on_bus(stack_bus, event).await)
        } else {
            None
        }
    }

    /// Puts an event on the bus with this name. Invokes each matching function once, and sends the
    /// event to each matching queue.
    async fn put_on_bus(&self, bus: &str, event: &Value) -> PutResult {
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

    /// Sends an event to the queues that are targets of matching rules.
    fn deliver_to_queues(&self, bus: &str, event: &Value) -> PutResult {
        let mut result = PutResult::default();
        let bus_rules = self.rules.iter().filter(|rule| rule.bus == bus);
        let matching_rules = bus_rules.filter(|rule| pattern::matches(&rule.pattern, Some(event)));
        for (rule, target) in matching_rules
            .flat_map(|rule| rule.targets.iter().map(move |target| (rule, &target.arn)))
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

    /// Returns the ARN of each target of the stack's bus that receives an event, and the input that
    /// the target receives: the event, or the text to which the rule transforms it.
    pub fn list_target_inputs(&self, event: &Value) -> Vec<(String, Value)> {
        let Some((stack_bus, _)) = &self.stack_bus else { return Vec::new() };
        let bus_rules = self.rules.iter().filter(|rule| rule.bus == *stack_bus);
        bus_rules
            .filter(|rule| pattern::matches(&rule.pattern, Some(event)))
            .flat_map(|rule| &rule.targets)
            .map(|target| {
                let transformer = target.input_transformer.as_ref();
                (
                    target.arn.clone(),
                    transformer
                        .map_or_else(|| event.clone(), |transformer| transform(transformer, event)),
                )
            })
            .collect()
    }

    /// Returns a new event id, which is unique in this process.
    pub fn next_event_id() -> String {
        static EVENTS: AtomicU64 = AtomicU64::new(1);
        format!("7a8e9feb-c592-4df8-8a02-{:012x}", EVENTS.fetch_add(1, Ordering::Relaxed))
    }
}

/// Returns the input that an `InputTransformer` makes from an event.
fn transform(transformer: &Value, event: &Value) -> Value {
    let template = transformer["InputTemplate"].as_str().unwrap_or_default();
    let paths = transformer["InputPathsMap"].as_object().into_iter().flatten();
    let text = paths.fold(template.to_owned(), |text, (name, path)| {
        let pointer = path.as_str().unwrap_or_default().replace(['$', ']'], "");
        let value = match event.pointer(&pointer.replace(['.', '['], "/")) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        text.replace(&format!("<{name}>"), &value)
    });
    let lines = text
        .lines()
        .map(|line| line.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n").into()
}
