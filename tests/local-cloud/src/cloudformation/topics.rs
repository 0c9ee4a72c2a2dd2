//! Topics of a template, with the queues that subscribe to them.

use serde_json::{Value, json};

use super::{TemplateError, intrinsics::EvaluationScope, names, queues};

/// An `AWS::SNS::Topic` with its policy.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateTopic {
    pub logical_id: String,
    pub arn: String,
    /// Policy document of `AWS::SNS::TopicPolicy`.
    pub policy: Value,
    /// ARNs of the queues that subscribe.
    pub queues: Vec<String>,
}

/// Returns the topics.
pub(super) fn topics(scope: &EvaluationScope<'_>) -> Result<Vec<TemplateTopic>, TemplateError> {
    let mut topics = Vec::new();
    for (logical_id, _) in queues::resources(scope, "AWS::SNS::Topic")? {
        let arn = names::reference(scope, logical_id)?;
        let mut policy = json!({"Version": "2012-10-17", "Statement": []});
        for (_, own) in queues::resources(scope, "AWS::SNS::TopicPolicy")? {
            let topics = queues::resolve_property(scope, own, "Topics")?.unwrap_or_default();
            let is_of_topic =
                |topics: &Vec<Value>| topics.iter().any(|topic| *topic == arn.as_str());
            if topics.as_array().is_some_and(is_of_topic) {
                policy = queues::resolve_property(scope, own, "PolicyDocument")?.unwrap_or(policy);
            }
        }
        let mut subscribed = Vec::new();
        for (_, own) in queues::resources(scope, "AWS::SNS::Subscription")? {
            let text = |name| {
                let value = queues::resolve_property(scope, own, name)?;
                Ok(value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default())
            };
            if text("TopicArn")? == arn && text("Protocol")? == "sqs" {
                subscribed.push(text("Endpoint")?);
            }
        }
        topics.push(TemplateTopic {
            logical_id: logical_id.clone(),
            arn,
            policy,
            queues: subscribed,
        });
    }
    Ok(topics)
}
