//! Names and ARNs that CloudFormation would generate.

use serde_json::Value;

use super::{DeploymentTarget, TemplateError, intrinsics::EvaluationScope};

/// Returns `AWS::URLSuffix`.
pub(super) fn dns_suffix(partition: &str) -> &'static str {
    match partition {
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        _ => "amazonaws.com",
    }
}

/// Returns the value of `Ref`.
pub(super) fn reference(
    scope: &EvaluationScope<'_>,
    logical: &str,
) -> Result<String, TemplateError> {
    let kind = kind(scope, logical)?;
    let name = name(scope, logical)?;
    let DeploymentTarget { region, account, partition, .. } = scope.deployment;
    Ok(match kind {
        "AWS::SecretsManager::Secret" | "AWS::SNS::Topic" => attribute(scope, logical, "Arn")?,
        // Names of buckets have no capital letters.
        "AWS::S3::Bucket" => name.to_lowercase(),
        "AWS::SQS::Queue" => {
            format!("https://sqs.{region}.{}/{account}/{name}", dns_suffix(partition))
        }
        _ => name,
    })
}

/// Returns the value of `Fn::GetAtt`.
pub(super) fn attribute(
    scope: &EvaluationScope<'_>,
    logical: &str,
    attribute: &str,
) -> Result<String, TemplateError> {
    let kind = kind(scope, logical)?;
    let name = name(scope, logical)?;
    let DeploymentTarget { partition, region, account, .. } = scope.deployment;
    if (kind, attribute) == ("AWS::SQS::Queue", "QueueName") {
        return Ok(name);
    }
    if (kind, attribute) == ("AWS::SQS::Queue", "QueueUrl") {
        return reference(scope, logical);
    }
    if !["Arn", "Id", "TopicArn"].contains(&attribute) {
        return Ok(format!("{name}.{attribute}"));
    }
    let here = |service: &str| format!("arn:{partition}:{service}:{region}:{account}");
    Ok(match kind {
        "AWS::Serverless::Function" | "AWS::Lambda::Function" => {
            format!("{}:function:{name}", here("lambda"))
        }
        "AWS::IAM::Role" => format!("arn:{partition}:iam::{account}:role/{name}"),
        "AWS::KMS::Key" => format!("{}:key/{name}", here("kms")),
        "AWS::SecretsManager::Secret" => format!("{}:secret:{name}-AbCdEf", here("secretsmanager")),
        "AWS::Logs::LogGroup" => format!("{}:log-group:{name}:*", here("logs")),
        "AWS::Events::Rule" => {
            let own = scope.document.pointer(&format!("/Resources/{logical}"));
            let rule = own.or_else(|| event_of_function(scope, logical));
            let bus = rule.and_then(|rule| rule.pointer("/Properties/EventBusName"));
            let bus = bus.map(|bus| scope.text(bus)).transpose()?.filter(|bus| bus != "default");
            let bus = bus.map(|bus| format!("{}/", bus.rsplit('/').next().unwrap_or_default()));
            format!("{}:rule/{}{name}", here("events"), bus.unwrap_or_default())
        }
        "AWS::Events::EventBus" => format!("{}:event-bus/{name}", here("events")),
        "AWS::SQS::Queue" => format!("{}:{name}", here("sqs")),
        "AWS::DynamoDB::Table" => format!("{}:table/{name}", here("dynamodb")),
        "AWS::S3::Bucket" => format!("arn:{partition}:s3:::{}", name.to_lowercase()),
        "AWS::SNS::Topic" => format!("{}:{name}", here("sns")),
        other => format!("arn:{partition}:{}:{region}:{account}:{name}", other.replace("::", "-")),
    })
}

/// Returns the type of a resource, also of implicit SAM resources such as `<Function>Role`.
fn kind<'a>(scope: &'a EvaluationScope<'_>, logical: &str) -> Result<&'a str, TemplateError> {
    let resource = |logical: &str| {
        scope.document.get("Resources")?.get(logical)?.get("Type").and_then(Value::as_str)
    };
    if let Some(kind) = resource(logical) {
        return Ok(kind);
    }
    let function = logical.strip_suffix("Role").and_then(resource);
    if function == Some("AWS::Serverless::Function") {
        return Ok("AWS::IAM::Role");
    }
    if event_of_function(scope, logical).is_some() {
        return Ok("AWS::Events::Rule");
    }
    if logical == "ServerlessRestApi" {
        return Ok("AWS::ApiGateway::RestApi");
    }
    Err(TemplateError::Unknown(format!("resource {logical}")))
}

/// Returns the event of a function from which SAM makes a rule, called `<Function><Event>`.
fn event_of_function<'a>(scope: &'a EvaluationScope<'_>, logical: &str) -> Option<&'a Value> {
    let resources = scope.document.get("Resources")?.as_object()?;
    resources.iter().find_map(|(function, own)| {
        let event = logical.strip_prefix(function.as_str())?;
        let event = own.pointer("/Properties/Events")?.get(event)?;
        let kind = event.get("Type")?.as_str()?;
        matches!(kind, "EventBridgeRule" | "Schedule").then_some(event)
    })
}

fn name(scope: &EvaluationScope<'_>, logical: &str) -> Result<String, TemplateError> {
    if kind(scope, logical)? == "AWS::KMS::Key" {
        let number = logical.bytes().fold(7_u64, |number, byte| {
            number.wrapping_mul(31).wrapping_add(u64::from(byte)) & 0xffff_ffff_ffff
        });
        return Ok(format!("00000000-0000-4000-8000-{number:012x}"));
    }
    let properties = scope.document.pointer(&format!("/Resources/{logical}/Properties"));
    for property in
        ["FunctionName", "RoleName", "QueueName", "LogGroupName", "TopicName", "AliasName", "Name"]
    {
        if let Some(name) = properties.and_then(|properties| properties.get(property)) {
            return scope.text(name);
        }
    }
    Ok(format!("{}-{logical}", scope.deployment.stack))
}
