//! Queue attributes and URL.
use serde_json::{Map, Value, json};

use super::call::{QueueKey, SqsCall};
use crate::aws::error::AwsError;

const ATTRIBUTE_NAMES: [&str; 15] = [
    "All",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "DelaySeconds",
    "LastModifiedTimestamp",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "Policy",
    "QueueArn",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
];

/// Serves `GetQueueAttributes`. All values are strings.
pub(super) fn get_queue_attributes(call: &mut SqsCall<'_>) -> Result<Value, AwsError> {
    let queue_key = call.authorized_queue("GetQueueAttributes")?;
    let requested = call.body.strings("AttributeNames")?;
    if let Some(name) = requested.iter().find(|name| !ATTRIBUTE_NAMES.contains(name)) {
        let message = format!("Unknown Attribute {name}.");
        return Err(AwsError::new(400, "InvalidAttributeName", message));
    }
    let wanted = |name: &str| requested.contains(&"All") || requested.contains(&name);
    let all = all_attributes(call, &queue_key);
    let attributes: Map<_, _> = all.into_iter().filter(|(name, _)| wanted(name)).collect();
    Ok(json!({"Attributes": attributes}))
}

fn all_attributes(call: &SqsCall<'_>, queue_key: &QueueKey) -> Map<String, Value> {
    let Some(queue) = call.store.queue(queue_key) else { return Map::new() };
    let (counts, settings) = (queue.counts(call.store.now()), &queue.settings);
    let mut attributes = vec![
        ("ApproximateNumberOfMessages", counts.visible.to_string()),
        ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string()),
        ("CreatedTimestamp", queue.created.to_string()),
        ("DelaySeconds", settings.delay.to_string()),
        ("LastModifiedTimestamp", queue.created.to_string()),
        ("MaximumMessageSize", settings.max_message_bytes.to_string()),
        ("MessageRetentionPeriod", settings.retention.to_string()),
        ("QueueArn", queue.arn.clone()),
        ("ReceiveMessageWaitTimeSeconds", "0".to_owned()),
        ("SqsManagedSseEnabled", "true".to_owned()),
        ("VisibilityTimeout", settings.visibility_timeout.to_string()),
    ];
    if let Some((arn, max)) = &settings.redrive {
        let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": max});
        attributes.push(("RedrivePolicy", policy.to_string()));
    }
    if let Some(policy) = &queue.policy {
        attributes.push(("Policy", policy.raw.clone()));
    }
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// Returns the URL of a queue of the caller's account.
pub(super) fn get_queue_url(call: &SqsCall<'_>) -> Result<Value, AwsError> {
    let missing = || {
        AwsError::new(400, "MissingParameter", "The request must contain the parameter QueueName.")
    };
    let name = call.body.string("QueueName")?.ok_or_else(missing)?;
    let key = (call.caller.region.clone(), name.to_owned());
    let queue_key = QueueKey { account_key: call.caller.account_key.clone(), key };
    let (arn, context) = (queue_key.arn(), call.store.context(call.caller));
    call.store.authorize(call.caller, "sqs:GetQueueUrl", &arn, &arn, &context)?;
    let queue = call.store.queue(&queue_key).ok_or_else(|| {
        AwsError::new(
            400,
            "AWS.SimpleQueueService.NonExistentQueue",
            "The specified queue does not exist.",
        )
    })?;
    Ok(json!({"QueueUrl": queue.url}))
}
