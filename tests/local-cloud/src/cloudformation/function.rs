//! Functions of a template.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    TemplateError,
    intrinsics::EvaluationScope,
    names,
    queues::{self, EventSourceMapping, Schedule},
};

/// A Lambda function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Logical id in the template.
    pub logical_id: String,
    /// Function name.
    pub name: String,
    pub arn: String,
    /// Cargo package, which is also the name of the binary.
    pub package: String,
    /// Environment variables, including those of `Globals`.
    pub environment: BTreeMap<String, String>,
    /// The timeout of an invocation.
    pub timeout: Duration,
    /// Memory in MB.
    pub memory: u64,
    /// Policy documents of the execution role.
    pub policies: Vec<Value>,
    /// ARNs of managed policies of the execution role.
    pub managed_policies: Vec<String>,
    /// The routes of the REST API that invoke the function.
    pub routes: Vec<Route>,
    /// The rules of EventBridge that invoke the function.
    pub rules: Vec<FunctionRule>,
    /// The queues whose messages invoke the function.
    pub queues: Vec<EventSourceMapping>,
    /// The schedules that invoke the function.
    pub schedules: Vec<Schedule>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Route {
    /// `GET`, `POST`, … or `ANY`.
    pub method: String,
    /// Path as in the template, with `{parameters}`.
    pub path: String,
}

/// An EventBridge rule of a function.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FunctionRule {
    /// The event pattern of the rule.
    pub pattern: Value,
    /// Name of the event bus.
    pub bus: String,
}

const DEFAULT_TIMEOUT: u64 = 3;
const DEFAULT_MEMORY: u64 = 128;

pub(super) fn functions(scope: &EvaluationScope<'_>) -> Result<Vec<Function>, TemplateError> {
    let resources = scope.document.get("Resources").and_then(Value::as_object);
    let mut functions = Vec::new();
    for (logical_id, resource) in resources.into_iter().flatten() {
        let kind = resource.get("Type").and_then(Value::as_str);
        if kind == Some("AWS::Serverless::Function") && condition_holds(scope, resource)? {
            functions.push(parse_function(scope, logical_id, resource)?);
        }
    }
    Ok(functions)
}

pub(super) fn condition_holds(
    scope: &EvaluationScope<'_>,
    resource: &Value,
) -> Result<bool, TemplateError> {
    resource
        .get("Condition")
        .and_then(Value::as_str)
        .map_or(Ok(true), |name| scope.condition_holds(name))
}

fn parse_function(
    scope: &EvaluationScope<'_>,
    logical_id: &str,
    resource: &Value,
) -> Result<Function, TemplateError> {
    let globals = scope.document.pointer("/Globals/Function").unwrap_or(&Value::Null);
    let own = resource.get("Properties").unwrap_or(&Value::Null);
    let property = |name: &str| own.get(name).or_else(|| globals.get(name));
    let number = |name: &str, default: u64| match property(name) {
        None => Ok(default),
        Some(value) => scope
            .text(value)?
            .parse()
            .map_err(|_not_a_number| TemplateError::Unsupported(format!("{name} of {logical_id}"))),
    };
    let mut environment = BTreeMap::new();
    for source in [globals, own] {
        let variables = source.pointer("/Environment/Variables").and_then(Value::as_object);
        for (name, value) in variables.into_iter().flatten() {
            if scope.resolve(value)?.is_some() {
                environment.insert(name.clone(), scope.text(value)?);
            }
        }
    }
    let (policies, mut managed_policies) = role_policies(scope, logical_id, own)?;
    let Triggers { routes, rules, queues, schedules } = parse_triggers(scope, logical_id, own)?;
    // SAM adds this policy to the roles that it creates.
    if !queues.is_empty() && own.get("Role").is_none() {
        let name = "service-role/AWSLambdaSQSQueueExecutionRole";
        managed_policies.push(format!("arn:{}:iam::aws:policy/{name}", scope.deployment.partition));
    }
    Ok(Function {
        logical_id: logical_id.to_owned(),
        name: names::reference(scope, logical_id)?,
        arn: names::attribute(scope, logical_id, "Arn")?,
        package: package_name(scope, logical_id, resource)?,
        environment,
        timeout: Duration::from_secs(number("Timeout", DEFAULT_TIMEOUT)?),
        memory: number("MemorySize", DEFAULT_MEMORY)?,
        policies,
        managed_policies,
        routes,
        rules,
        queues,
        schedules,
    })
}

/// Returns the package name: `BuildProperties.Binary`, or the last folder of `CodeUri`.
fn package_name(
    scope: &EvaluationScope<'_>,
    logical_id: &str,
    resource: &Value,
) -> Result<String, TemplateError> {
    let binary = resource.pointer("/Metadata/BuildProperties/Binary");
    let folder = resource.pointer("/Properties/CodeUri");
    let missing = || TemplateError::Unknown(format!("CodeUri of {logical_id}"));
    let text = scope.text(binary.or(folder).ok_or_else(missing)?)?;
    let package = text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if package.is_empty() || package == "." { Err(missing()) } else { Ok(package.to_owned()) }
}

type RolePolicies = (Vec<Value>, Vec<String>);

/// Returns the policies of the execution role: SAM's `Policies`, or those of the role that `Role`
/// names.
fn role_policies(
    scope: &EvaluationScope<'_>,
    logical_id: &str,
    own: &Value,
) -> Result<RolePolicies, TemplateError> {
    let (mut documents, mut managed) = (Vec::new(), Vec::new());
    let partition = &scope.deployment.partition;
    let properties =
        |logical_id: &str| scope.document.get("Resources")?.get(logical_id)?.get("Properties");
    let role = own.get("Role").and_then(|role| {
        properties(role.pointer("/Fn::GetAtt/0").or_else(|| role.get("Ref"))?.as_str()?)
    });
    if let Some(role) = role {
        let arns = role.get("ManagedPolicyArns").and_then(Value::as_array);
        for arn in arns.into_iter().flatten() {
            let arn = match arn.get("Fn::If").and_then(Value::as_array).map(Vec::as_slice) {
                Some([condition, yes, no]) => {
                    let is_met = scope.condition_holds(condition.as_str().unwrap_or_default())?;
                    if is_met { yes } else { no }
                }
                _ => arn,
            };
            if arn.get("Ref").and_then(Value::as_str) == Some("AWS::NoValue") {
                continue;
            }
            // Policies of the template itself are inlined.
            let own = arn.get("Ref").and_then(Value::as_str).and_then(properties);
            match own.and_then(|policy| policy.get("PolicyDocument")) {
                Some(document) => documents.extend(scope.resolve(document)?),
                None => managed.push(scope.text(arn)?),
            }
        }
    }
    let named = role.and_then(|role| role.get("Policies")).or_else(|| own.get("Policies"));
    let named = named.map(|policies| scope.resolve(policies)).transpose()?.flatten();
    let policies = match named {
        Some(Value::Array(policies)) => policies,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    for policy in policies {
        let document = policy.get("PolicyDocument").unwrap_or(&policy);
        match document {
            Value::String(arn) if arn.starts_with("arn:") => managed.push(arn.clone()),
            Value::String(name) => managed.push(format!("arn:{partition}:iam::aws:policy/{name}")),
            Value::Object(members) if members.contains_key("Statement") => {
                documents.push(with_version(members));
            }
            Value::Object(_)
            | Value::Array(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_) => {
                let what = format!("policy {document} of {logical_id}");
                return Err(TemplateError::Unsupported(what));
            }
        }
    }
    Ok((documents, managed))
}

fn with_version(members: &Map<String, Value>) -> Value {
    json!({"Version": "2012-10-17", "Statement": members.get("Statement")})
}

#[derive(Default)]
struct Triggers {
    routes: Vec<Route>,
    rules: Vec<FunctionRule>,
    queues: Vec<EventSourceMapping>,
    schedules: Vec<Schedule>,
}

fn parse_triggers(
    scope: &EvaluationScope<'_>,
    logical_id: &str,
    own: &Value,
) -> Result<Triggers, TemplateError> {
    let Triggers { mut routes, mut rules, mut queues, mut schedules } = Triggers::default();
    let events = own.get("Events").and_then(Value::as_object);
    for (name, event) in events.into_iter().flatten() {
        let properties = event.get("Properties").unwrap_or(&Value::Null);
        let member = |name: &str| event.pointer(&format!("/Properties/{name}"));
        match event.get("Type").and_then(Value::as_str).unwrap_or_default() {
            "Api" => {
                let (Some(method), Some(path)) = (member("Method"), member("Path")) else {
                    let what = format!("an API event of {logical_id} without method or path");
                    return Err(TemplateError::Unsupported(what));
                };
                let method = scope.text(method)?.to_ascii_uppercase();
                routes.push(Route { method, path: scope.text(path)? });
            }
            "EventBridgeRule" | "CloudWatchEvent" => {
                let pattern = member("Pattern").map(|pattern| scope.resolve(pattern));
                let state = member("State").map(|state| scope.text(state)).transpose()?;
                if state.as_deref() != Some("DISABLED") {
                    rules.push(FunctionRule {
                        pattern: pattern.transpose()?.flatten().unwrap_or_default(),
                        bus: queues::bus_of_rule(scope, properties)?,
                    });
                }
            }
            "SQS" => queues.extend(queues::parse_event_source_mapping(scope, properties)?),
            kind @ ("Schedule" | "ScheduleV2") => {
                let name = format!("{}-{logical_id}{name}", scope.deployment.stack);
                let scheduler = kind == "ScheduleV2";
                schedules.extend(queues::parse_schedule(scope, &name, properties, scheduler)?);
            }
            other => return Err(TemplateError::Unsupported(format!("event type {other}"))),
        }
    }
    Ok(Triggers { routes, rules, queues, schedules })
}
