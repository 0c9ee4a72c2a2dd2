//! Queues, event rules, event source mappings and schedules.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{TemplateError, function::condition_holds, intrinsics::EvaluationScope, names};

/// A queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// Logical id in the template.
    pub logical_id: String,
    /// Queue name.
    pub name: String,
    /// Visibility timeout, in seconds.
    pub visibility_timeout: i64,
    /// Retention period, in seconds.
    pub retention: i64,
    /// Delivery delay, in seconds.
    pub delay: i64,
    /// Maximum message size.
    pub max_message_bytes: usize,
    /// ARN of the dead-letter queue and maximum receive count.
    pub redrive: Option<(String, u32)>,
    /// Policy from `AWS::SQS::QueuePolicy`.
    pub policy: Option<Value>,
}

/// An `AWS::Events::Rule`.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRule {
    pub arn: String,
    /// Name of the event bus.
    pub bus: String,
    pub pattern: Value,
    pub targets: Vec<EventTarget>,
}

/// A target of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct EventTarget {
    pub arn: String,
    /// What the target receives in place of the event.
    pub input_transformer: Option<Value>,
}

/// An `AWS::Events::EventBus`.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateBus {
    pub name: String,
    pub arn: String,
    /// Policy document with the statements of each `AWS::Events::EventBusPolicy`.
    pub policy: Value,
}

/// An event source mapping from a queue to a function.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventSourceMapping {
    /// ARN of the queue.
    pub queue: String,
    /// Batch size.
    pub batch: usize,
    /// Batching window, in seconds.
    pub window: u64,
    /// Maximum concurrency; `None` for Lambda's default.
    pub concurrency: Option<usize>,
    /// Whether `ReportBatchItemFailures` is on.
    pub reports_batch_item_failures: bool,
}

/// A schedule of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    pub name: String,
    /// `rate(…)` or `cron(…)`.
    pub expression: String,
    /// Input; `None` for the default event.
    pub input: Option<Value>,
    /// Whether it is an EventBridge Scheduler schedule (`ScheduleV2`) instead of a rule.
    pub scheduler: bool,
}

fn unsupported(what: String) -> TemplateError {
    TemplateError::Unsupported(what)
}

type TemplateResource<'a> = (&'a String, &'a Value);

/// Returns the resources of a type whose condition is true.
pub(super) fn resources<'a>(
    scope: &EvaluationScope<'a>,
    kind: &str,
) -> Result<Vec<TemplateResource<'a>>, TemplateError> {
    let all = scope.document.get("Resources").and_then(Value::as_object);
    let mut found = Vec::new();
    for (logical_id, resource) in all.into_iter().flatten() {
        let is_kind = resource.get("Type").and_then(Value::as_str) == Some(kind);
        if is_kind && condition_holds(scope, resource)? {
            found.push((logical_id, resource.get("Properties").unwrap_or(&Value::Null)));
        }
    }
    Ok(found)
}

pub(super) fn resolve_property(
    scope: &EvaluationScope<'_>,
    own: &Value,
    name: &str,
) -> Result<Option<Value>, TemplateError> {
    own.get(name).map_or(Ok(None), |value| scope.resolve(value))
}

fn integer_property(
    scope: &EvaluationScope<'_>,
    own: &Value,
    name: &str,
) -> Result<Option<i64>, TemplateError> {
    let Some(value) = own.get(name) else { return Ok(None) };
    if scope.resolve(value)?.is_none() {
        return Ok(None);
    }
    let number = scope.text(value)?.parse();
    number.map(Some).map_err(|_no_number| unsupported(format!("{name} that is no number")))
}

/// Returns the queues.
pub(super) fn queues(scope: &EvaluationScope<'_>) -> Result<Vec<Queue>, TemplateError> {
    let policies = policies(scope)?;
    let mut queues = Vec::new();
    for (logical_id, own) in resources(scope, "AWS::SQS::Queue")? {
        let number =
            |name: &str, default| Ok(integer_property(scope, own, name)?.unwrap_or(default));
        let redrive = resolve_property(scope, own, "RedrivePolicy")?;
        let redrive = redrive.map(|policy| {
            let target = policy.get("deadLetterTargetArn").and_then(Value::as_str);
            let most = policy.get("maxReceiveCount");
            let most = most.and_then(|most| most.as_u64().or_else(|| most.as_str()?.parse().ok()));
            let most = most.and_then(|most| u32::try_from(most).ok());
            let both = target.map(str::to_owned).zip(most);
            both.ok_or_else(|| unsupported(format!("RedrivePolicy of {logical_id}")))
        });
        let longest: i64 = number("MaximumMessageSize", 1_048_576)?;
        queues.push(Queue {
            logical_id: logical_id.clone(),
            name: names::attribute(scope, logical_id, "QueueName")?,
            visibility_timeout: number("VisibilityTimeout", 30)?,
            retention: number("MessageRetentionPeriod", 345_600)?,
            delay: number("DelaySeconds", 0)?,
            max_message_bytes: usize::try_from(longest).unwrap_or_default(),
            redrive: redrive.transpose()?,
            policy: policies.get(&names::reference(scope, logical_id)?).cloned(),
        });
    }
    Ok(queues)
}

/// Returns the queue policies by queue URL.
fn policies(scope: &EvaluationScope<'_>) -> Result<BTreeMap<String, Value>, TemplateError> {
    let mut policies = BTreeMap::new();
    for (logical_id, own) in resources(scope, "AWS::SQS::QueuePolicy")? {
        let document = resolve_property(scope, own, "PolicyDocument")?;
        let document =
            document.ok_or_else(|| unsupported(format!("{logical_id} without a document")))?;
        let queues = resolve_property(scope, own, "Queues")?;
        for url in queues.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str) {
            policies.insert(url.to_owned(), document.clone());
        }
    }
    Ok(policies)
}

/// Returns the event rules. Rules with a schedule are left out.
pub(super) fn rules(scope: &EvaluationScope<'_>) -> Result<Vec<EventRule>, TemplateError> {
    let mut rules = Vec::new();
    for (logical_id, own) in resources(scope, "AWS::Events::Rule")? {
        let Some(pattern) = resolve_property(scope, own, "EventPattern")? else { continue };
        if resolve_property(scope, own, "State")?.is_some_and(|state| state == "DISABLED") {
            continue;
        }
        let targets = resolve_property(scope, own, "Targets")?.unwrap_or_default();
        let mut parsed = Vec::new();
        for target in targets.as_array().into_iter().flatten() {
            let whole = !["Input", "InputPath"].iter().any(|changed| target.get(changed).is_some());
            let arn = target.get("Arn").and_then(Value::as_str).filter(|_| whole);
            let arn = arn.ok_or_else(|| unsupported(format!("a target of {logical_id}")))?;
            let input_transformer = target.get("InputTransformer").cloned();
            parsed.push(EventTarget { arn: arn.to_owned(), input_transformer });
        }
        let arn = names::attribute(scope, logical_id, "Arn")?;
        rules.push(EventRule { arn, bus: bus_of_rule(scope, own)?, pattern, targets: parsed });
    }
    Ok(rules)
}

/// Name of the event bus that AWS's own events arrive on.
pub(crate) const DEFAULT_BUS: &str = "default";

/// Returns the name of a rule's event bus.
pub(super) fn bus_of_rule(
    scope: &EvaluationScope<'_>,
    own: &Value,
) -> Result<String, TemplateError> {
    own.get("EventBusName").map_or_else(|| Ok(DEFAULT_BUS.to_owned()), |bus| scope.text(bus))
}

/// Returns the template's event bus with its policy.
pub(super) fn event_bus(scope: &EvaluationScope<'_>) -> Result<Option<TemplateBus>, TemplateError> {
    let Some((logical_id, _)) = resources(scope, "AWS::Events::EventBus")?.into_iter().next()
    else {
        return Ok(None);
    };
    let mut statements = Vec::new();
    for (_, own) in resources(scope, "AWS::Events::EventBusPolicy")? {
        statements.extend(resolve_property(scope, own, "Statement")?);
    }
    Ok(Some(TemplateBus {
        name: names::reference(scope, logical_id)?,
        arn: names::attribute(scope, logical_id, "Arn")?,
        policy: json!({"Version": "2012-10-17", "Statement": statements}),
    }))
}

/// Parses an event of type `SQS`. Returns `None` if it is disabled.
pub(super) fn parse_event_source_mapping(
    scope: &EvaluationScope<'_>,
    own: &Value,
) -> Result<Option<EventSourceMapping>, TemplateError> {
    if resolve_property(scope, own, "Enabled")?.is_some_and(|on| on == false || on == "false") {
        return Ok(None);
    }
    if own.get("FilterCriteria").is_some() {
        return Err(unsupported("FilterCriteria of an SQS event".to_owned()));
    }
    let queue = own.get("Queue").ok_or_else(|| unsupported("an SQS event without Queue".into()))?;
    let size = |number: Option<i64>| number.and_then(|number| usize::try_from(number).ok());
    let scaling = resolve_property(scope, own, "ScalingConfig")?.unwrap_or_default();
    let concurrency = size(integer_property(scope, &scaling, "MaximumConcurrency")?);
    if concurrency.is_some_and(|most| !(2..=1000).contains(&most)) {
        return Err(unsupported("a MaximumConcurrency that is not from 2 to 1000".to_owned()));
    }
    let batch = size(integer_property(scope, own, "BatchSize")?).unwrap_or(10);
    let window = integer_property(scope, own, "MaximumBatchingWindowInSeconds")?.unwrap_or(0);
    if batch == 0 || batch > 10_000 || batch > 10 && window < 1 {
        return Err(unsupported("a BatchSize above 10 without a window".to_owned()));
    }
    let types = resolve_property(scope, own, "FunctionResponseTypes")?.unwrap_or_default();
    Ok(Some(EventSourceMapping {
        queue: scope.text(queue)?,
        batch,
        window: u64::try_from(window).unwrap_or(0),
        concurrency,
        reports_batch_item_failures: types
            .as_array()
            .is_some_and(|types| types.iter().any(|one| one == "ReportBatchItemFailures")),
    }))
}

/// Parses an event of type `Schedule` or `ScheduleV2`. Returns `None` if it is disabled.
pub(super) fn parse_schedule(
    scope: &EvaluationScope<'_>,
    name: &str,
    own: &Value,
    scheduler: bool,
) -> Result<Option<Schedule>, TemplateError> {
    let off = resolve_property(scope, own, "Enabled")?
        .is_some_and(|on| on == false || on == "false")
        || resolve_property(scope, own, "State")?.is_some_and(|state| state == "DISABLED");
    if off {
        return Ok(None);
    }
    let expression = own.get(if scheduler { "ScheduleExpression" } else { "Schedule" });
    let expression =
        expression.ok_or_else(|| unsupported("a schedule without expression".to_owned()))?;
    let input = own.get("Input").map(|input| scope.text(input)).transpose()?;
    let input = input.map(|text| serde_json::from_str(&text).map_err(|_error| text));
    Ok(Some(Schedule {
        name: own.get("Name").map_or_else(|| Ok(name.to_owned()), |name| scope.text(name))?,
        expression: scope.text(expression)?,
        input: input
            .transpose()
            .map_err(|text| unsupported(format!("a schedule's input {text}")))?,
        scheduler,
    }))
}
