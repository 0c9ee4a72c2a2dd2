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

/// All values are strings.
pub(super) fn get_queue_attributes(ask: &mut SqsCall<'_>) -> Result<Value, AwsError> {
    let place = ask.authorized_queue("GetQueueAttributes")?;
    let asked = ask.body.strings("AttributeNames")?;
    if let Some(name) = asked.iter().find(|name| !ATTRIBUTE_NAMES.contains(name)) {
        let message = format!("Unknown Attribute {name}.");
        return Err(AwsError::new(400, "InvalidAttributeName", message));
    }
    let wanted = |name: &str| asked.contains(&"All") || asked.contains(&name);
    let all = all_attributes(ask, &place);
    let told: Map<_, _> = all.into_iter().filter(|(name, _)| wanted(name)).collect();
    Ok(json!({"Attributes": told}))
}

fn all_attributes(ask: &SqsCall<'_>, place: &QueueKey) -> Map<String, Value> {
    let Some(queue) = ask.store.queue(place) else { return Map::new() };
    let (counts, settings) = (queue.counts(ask.store.now()), &queue.settings);
    let mut told = vec![
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
    if let Some((arn, most)) = &settings.redrive {
        let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": most});
        told.push(("RedrivePolicy", policy.to_string()));
    }
    if let Some(policy) = &queue.policy {
        told.push(("Policy", policy.raw.clone()));
    }
    told.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// Returns the URL of a queue of the caller's account.
pub(super) fn get_queue_url(ask: &SqsCall<'_>) -> Result<Value, AwsError> {
    let missing = || {
        AwsError::new(400, "MissingParameter", "The request must contain the parameter QueueName.")
    };
    let name = ask.body.string("QueueName")?.ok_or_else(missing)?;
    let key = (ask.caller.region.clone(), name.to_owned());
    let place = QueueKey { home: ask.caller.home.clone(), key };
    let (arn, context) = (place.arn(), ask.store.context(ask.caller));
    ask.store.authorize(ask.caller, "sqs:GetQueueUrl", &arn, &arn, &context)?;
    let queue = ask.store.queue(&place).ok_or_else(|| {
        AwsError::new(
            400,
            "AWS.SimpleQueueService.NonExistentQueue",
            "The specified queue does not exist.",
        )
    })?;
    Ok(json!({"QueueUrl": queue.url}))
}
