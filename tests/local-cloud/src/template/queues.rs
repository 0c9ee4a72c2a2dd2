//! Queues, rules that lead to them, and functions that are fed from them or by the hour.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{TemplateError, function::condition_holds, intrinsics::EvaluationScope, names};

/// A queue of a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// Its key in the template.
    pub logical_id: String,
    /// Its name in SQS.
    pub name: String,
    /// How long a received message stays out of sight, in seconds.
    pub visibility: i64,
    /// How long a message is kept, in seconds.
    pub retention: i64,
    /// How long a message stays out of sight at first, in seconds.
    pub delay: i64,
    /// Bytes of the longest message.
    pub longest: usize,
    /// The ARN of the dead-letter queue, and how often a message is received before it goes there.
    pub redrive: Option<(String, u32)>,
    /// The policy that an `AWS::SQS::QueuePolicy` gives it.
    pub policy: Option<Value>,
}

/// A rule that is a resource of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRule {
    /// Its ARN.
    pub arn: String,
    /// Its event pattern.
    pub pattern: Value,
    /// The ARNs of its targets.
    pub targets: Vec<String>,
}

/// An event source mapping: a queue that feeds a function.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mapping {
    /// The queue's ARN.
    pub queue: String,
    /// The most records of one invocation.
    pub batch: usize,
    /// How long Lambda waits for a batch to fill, in seconds.
    pub window: u64,
    /// The most invocations at once; `None` for no limit of its own.
    pub concurrency: Option<usize>,
    /// Whether the function's answer says which records failed.
    pub reports_failures: bool,
}

/// What invokes a function by the hour.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Its name.
    pub name: String,
    /// `rate(…)` or `cron(…)`.
    pub expression: String,
    /// What the function gets, if not the usual event.
    pub input: Option<Value>,
    /// Made by `EventBridge` Scheduler (`ScheduleV2`), not by a rule.
    pub scheduler: bool,
}

fn unsupported(what: String) -> TemplateError {
    TemplateError::Unsupported(what)
}

type TemplateResource<'a> = (&'a String, &'a Value);

/// The resources of a type whose condition holds, with their properties.
fn resources<'a>(
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

fn resolved(
    scope: &EvaluationScope<'_>,
    own: &Value,
    name: &str,
) -> Result<Option<Value>, TemplateError> {
    own.get(name).map_or(Ok(None), |value| scope.resolve(value))
}

fn number(
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

/// The queues of a deployment.
pub(super) fn queues(scope: &EvaluationScope<'_>) -> Result<Vec<Queue>, TemplateError> {
    let policies = policies(scope)?;
    let mut queues = Vec::new();
    for (logical_id, own) in resources(scope, "AWS::SQS::Queue")? {
        let number = |name: &str, default| Ok(number(scope, own, name)?.unwrap_or(default));
        let redrive = resolved(scope, own, "RedrivePolicy")?;
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
            visibility: number("VisibilityTimeout", 30)?,
            retention: number("MessageRetentionPeriod", 345_600)?,
            delay: number("DelaySeconds", 0)?,
            longest: usize::try_from(longest).unwrap_or_default(),
            redrive: redrive.transpose()?,
            policy: policies.get(&names::reference(scope, logical_id)?).cloned(),
        });
    }
    Ok(queues)
}

/// Queue policies by the URL of their queue.
fn policies(scope: &EvaluationScope<'_>) -> Result<BTreeMap<String, Value>, TemplateError> {
    let mut policies = BTreeMap::new();
    for (logical_id, own) in resources(scope, "AWS::SQS::QueuePolicy")? {
        let document = resolved(scope, own, "PolicyDocument")?;
        let document =
            document.ok_or_else(|| unsupported(format!("{logical_id} without a document")))?;
        let queues = resolved(scope, own, "Queues")?;
        for url in queues.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str) {
            policies.insert(url.to_owned(), document.clone());
        }
    }
    Ok(policies)
}

/// The rules of a deployment that are resources of their own. Those on a schedule are of no event.
pub(super) fn rules(scope: &EvaluationScope<'_>) -> Result<Vec<EventRule>, TemplateError> {
    let mut rules = Vec::new();
    for (logical_id, own) in resources(scope, "AWS::Events::Rule")? {
        let Some(pattern) = resolved(scope, own, "EventPattern")? else { continue };
        if resolved(scope, own, "State")?.is_some_and(|state| state == "DISABLED") {
            continue;
        }
        let targets = resolved(scope, own, "Targets")?.unwrap_or_default();
        let mut arns = Vec::new();
        for target in targets.as_array().into_iter().flatten() {
            let whole = !["Input", "InputPath", "InputTransformer"]
                .iter()
                .any(|changed| target.get(changed).is_some());
            let arn = target.get("Arn").and_then(Value::as_str).filter(|_| whole);
            let arn = arn.ok_or_else(|| unsupported(format!("a target of {logical_id}")))?;
            arns.push(arn.to_owned());
        }
        let arn = names::attribute(scope, logical_id, "Arn")?;
        rules.push(EventRule { arn, pattern, targets: arns });
    }
    Ok(rules)
}

/// An event of type `SQS`; `None` where it is switched off.
pub(super) fn mapping(
    scope: &EvaluationScope<'_>,
    own: &Value,
) -> Result<Option<Mapping>, TemplateError> {
    if resolved(scope, own, "Enabled")?.is_some_and(|on| on == false || on == "false") {
        return Ok(None);
    }
    if own.get("FilterCriteria").is_some() {
        return Err(unsupported("FilterCriteria of an SQS event".to_owned()));
    }
    let queue = own.get("Queue").ok_or_else(|| unsupported("an SQS event without Queue".into()))?;
    let size = |number: Option<i64>| number.and_then(|number| usize::try_from(number).ok());
    let scaling = resolved(scope, own, "ScalingConfig")?.unwrap_or_default();
    let concurrency = size(number(scope, &scaling, "MaximumConcurrency")?);
    if concurrency.is_some_and(|most| !(2..=1000).contains(&most)) {
        return Err(unsupported("a MaximumConcurrency that is not from 2 to 1000".to_owned()));
    }
    let batch = size(number(scope, own, "BatchSize")?).unwrap_or(10);
    let window = number(scope, own, "MaximumBatchingWindowInSeconds")?.unwrap_or(0);
    if batch == 0 || batch > 10_000 || batch > 10 && window < 1 {
        return Err(unsupported("a BatchSize above 10 without a window".to_owned()));
    }
    let types = resolved(scope, own, "FunctionResponseTypes")?.unwrap_or_default();
    Ok(Some(Mapping {
        queue: scope.text(queue)?,
        batch,
        window: u64::try_from(window).unwrap_or(0),
        concurrency,
        reports_failures: types
            .as_array()
            .is_some_and(|types| types.iter().any(|one| one == "ReportBatchItemFailures")),
    }))
}

/// An event of type `Schedule` or `ScheduleV2`; `None` where it is switched off.
pub(super) fn schedule(
    scope: &EvaluationScope<'_>,
    name: &str,
    own: &Value,
    scheduler: bool,
) -> Result<Option<Schedule>, TemplateError> {
    let off = resolved(scope, own, "Enabled")?.is_some_and(|on| on == false || on == "false")
        || resolved(scope, own, "State")?.is_some_and(|state| state == "DISABLED");
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
