//! Receives and deletes messages, and changes their visibility.
use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use super::call::{QueueKey, SqsCall};
use super::message::Message;
use super::queue::Receipt;
use super::send::{batch_error_json, parse_batch_entries};
use crate::aws::error::AwsError;

fn integer_in_range(
    call: &SqsCall<'_>,
    name: &str,
    range: &RangeInclusive<i64>,
) -> Result<Option<i64>, AwsError> {
    let value = call.body.number(name)?;
    match value.filter(|value| !range.contains(value)) {
        None => Ok(value),
        Some(value) => Err(AwsError::new(
            400,
            "InvalidParameterValue",
            format!(
                "Value {value} for parameter {name} is invalid. Reason: Must be between {} and {}, if provided.",
                range.start(),
                range.end()
            ),
        )),
    }
}

/// Receives messages without waiting: `WaitTimeSeconds` is validated but ignored.
pub(super) fn receive(call: &mut SqsCall<'_>) -> Result<Value, AwsError> {
    let queue_key = call.authorized_queue("ReceiveMessage")?;
    let max = integer_in_range(call, "MaxNumberOfMessages", &(1..=10))?.unwrap_or(1);
    let visibility = integer_in_range(call, "VisibilityTimeout", &(0..=43_200))?;
    integer_in_range(call, "WaitTimeSeconds", &(0..=20))?;
    let mut system = call.body.strings("MessageSystemAttributeNames")?;
    system.extend(call.body.strings("AttributeNames")?);
    let own = call.body.strings("MessageAttributeNames")?;
    let max = usize::try_from(max).unwrap_or(1);
    let messages = call.store.receive(&queue_key, max, visibility);
    let shown: Vec<Value> = messages.iter().map(|one| message_json(one, &system, &own)).collect();
    Ok(if shown.is_empty() { json!({}) } else { json!({"Messages": shown}) })
}

fn message_json(message: &Message, system: &[&str], own: &[&str]) -> Value {
    let mut shown = json!({
        "MessageId": message.id,
        "ReceiptHandle": message.receipt_handle,
        "MD5OfBody": message.md5_of_body(),
        "Body": message.body,
    });
    let wanted = |name: &str| system.iter().any(|one| *one == "All" || *one == name);
    let attributes: Map<String, Value> = message
        .system_attributes()
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    if !attributes.is_empty() {
        shown["Attributes"] = attributes.into();
    }
    let wanted = |name: &str| {
        own.iter().any(|one| match one.strip_suffix(".*") {
            Some(prefix) => name.starts_with(prefix),
            None => matches!(*one, "All" | ".*") || *one == name,
        })
    };
    let attributes: Map<String, Value> = message
        .attributes
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, one)| {
            let member = if one.kind.starts_with("Binary") { "BinaryValue" } else { "StringValue" };
            (name.clone(), json!({"DataType": one.kind, member: one.value}))
        })
        .collect();
    if !attributes.is_empty() {
        shown["MessageAttributes"] = attributes.into();
        shown["MD5OfMessageAttributes"] = message.md5_of_attributes().into();
    }
    shown
}

fn invalid_receipt_handle(handle: &str) -> AwsError {
    let message = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
    AwsError::new(400, "ReceiptHandleIsInvalid", message)
}

fn delete_by_handle(
    call: &mut SqsCall<'_>,
    queue_key: &QueueKey,
    handle: Option<&str>,
) -> Result<(), AwsError> {
    let handle = handle.unwrap_or_default();
    match call.store.queue_mut(queue_key).map(|queue| queue.delete(handle)) {
        Some(Receipt::Valid(_) | Receipt::Stale) => Ok(()),
        Some(Receipt::Invalid) | None => Err(invalid_receipt_handle(handle)),
    }
}

pub(super) fn delete_message(call: &mut SqsCall<'_>) -> Result<Value, AwsError> {
    let queue_key = call.authorized_queue("DeleteMessage")?;
    delete_by_handle(call, &queue_key, call.body.string("ReceiptHandle")?)?;
    Ok(json!({}))
}

pub(super) fn delete_message_batch(call: &mut SqsCall<'_>) -> Result<Value, AwsError> {
    let queue_key = call.authorized_queue("DeleteMessage")?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (id, entry) in parse_batch_entries(call.body)? {
        match delete_by_handle(call, &queue_key, entry.string("ReceiptHandle")?) {
            Ok(()) => successful.push(json!({"Id": id})),
            Err(error) => failed.push(batch_error_json(id, &error)),
        }
    }
    Ok(json!({"Successful": successful, "Failed": failed}))
}

pub(super) fn change_visibility(call: &mut SqsCall<'_>) -> Result<Value, AwsError> {
    let queue_key = call.authorized_queue("ChangeMessageVisibility")?;
    let seconds = integer_in_range(call, "VisibilityTimeout", &(0..=43_200))?.unwrap_or(0);
    let handle = call.body.string("ReceiptHandle")?.unwrap_or_default();
    let now = call.store.now();
    let queue = call.store.queue_mut(&queue_key).ok_or_else(|| invalid_receipt_handle(handle))?;
    let hidden = match queue.receipt(handle) {
        Receipt::Invalid => return Err(invalid_receipt_handle(handle)),
        Receipt::Stale => false,
        Receipt::Valid(number) => queue.set_visibility(number, seconds, now),
    };
    if hidden {
        return Ok(json!({}));
    }
    let message = format!(
        "Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for \
         visibility timeout change."
    );
    Err(AwsError::new(400, "AWS.SimpleQueueService.MessageNotInflight", message))
}
