//! Sends one message or a batch.
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::call::{QueueKey, SqsCall};
use super::message::{self, Message, invalid_parameter_value};
use crate::aws::body::Body;
use crate::aws::error::AwsError;
use crate::aws::store::Store;

/// Maximum size of a batch in bytes.
const MAX_BATCH_BYTES: usize = 1_048_576;

/// Parses and validates a message. Also returns its size.
fn parse_message(
    call: &SqsCall<'_>,
    queue_key: &QueueKey,
    body: Body<'_>,
) -> Result<(Message, usize), AwsError> {
    let text = message::check_body(body.string("MessageBody")?)?;
    let attributes = message::parse_attributes(body.member("MessageAttributes"))?;
    let settings =
        call.store.queue(queue_key).map(|queue| queue.settings.clone()).unwrap_or_default();
    let size = message::message_size(&text, &attributes);
    if size > settings.max_message_bytes {
        return Err(invalid_parameter_value(&format!(
            "Message must be shorter than {} bytes.",
            settings.max_message_bytes
        )));
    }
    let delay = body.number("DelaySeconds")?.unwrap_or(settings.delay);
    if !(0..=900).contains(&delay) {
        let message = format!(
            "Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
        );
        return Err(AwsError::new(400, "InvalidParameterValue", message));
    }
    let sent = call.store.now();
    let message = Message {
        id: String::new(),
        body: text,
        attributes,
        sender: call.caller.id.clone(),
        sent,
        first_received: None,
        receive_count: 0,
        visible: sent + delay,
        receipt_handle: None,
        dead_letter_source: None,
    };
    Ok((message, size))
}

impl Store {
    /// Adds a message with a new id to a queue.
    pub(crate) fn enqueue(&mut self, queue_key: &QueueKey, message: Message) -> Message {
        let id = self.generate_request_id();
        let message = Message { id, ..message };
        if let Some(queue) = self.queue_mut(queue_key) {
            queue.push(message.clone());
        }
        message
    }
}

fn sent_json(message: &Message) -> Value {
    let mut response = json!({"MessageId": message.id, "MD5OfMessageBody": message.md5_of_body()});
    if let Some(digest) = message.md5_of_attributes() {
        response["MD5OfMessageAttributes"] = digest.into();
    }
    response
}

pub(super) fn send_message(call: &mut SqsCall<'_>) -> Result<Value, AwsError> {
    let queue_key = call.authorized_queue("SendMessage")?;
    let (message, _) = parse_message(call, &queue_key, call.body)?;
    Ok(sent_json(&call.store.enqueue(&queue_key, message)))
}

pub(super) fn send_message_batch(call: &mut SqsCall<'_>) -> Result<Value, AwsError> {
    let queue_key = call.authorized_queue("SendMessage")?;
    let entries = parse_batch_entries(call.body)?;
    let (mut successful, mut failed, mut total_bytes) = (Vec::new(), Vec::new(), 0);
    for (id, body) in entries {
        match parse_message(call, &queue_key, body) {
            Ok((message, size)) => {
                total_bytes += size;
                successful.push((id, message));
            }
            Err(error) => failed.push(batch_error_json(id, &error)),
        }
    }
    if total_bytes > MAX_BATCH_BYTES {
        let message = format!(
            "Batch requests cannot be longer than {MAX_BATCH_BYTES} bytes. You have sent {total_bytes} bytes."
        );
        return Err(AwsError::new(400, "AWS.SimpleQueueService.BatchRequestTooLong", message));
    }
    let successful: Vec<Value> = successful
        .into_iter()
        .map(|(id, message)| {
            let mut response = sent_json(&call.store.enqueue(&queue_key, message));
            response["Id"] = id.into();
            response
        })
        .collect();
    Ok(json!({"Successful": successful, "Failed": failed}))
}

pub(super) fn batch_error_json(id: &str, error: &AwsError) -> Value {
    json!({"Id": id, "SenderFault": true, "Code": error.code, "Message": error.message})
}

/// Parses the entries of a batch: one to ten, with distinct ids.
pub(super) fn parse_batch_entries(body: Body<'_>) -> Result<Vec<(&str, Body<'_>)>, AwsError> {
    let list = body.list("Entries")?;
    let refused = |code, message: &str| Err(AwsError::new(400, code, message));
    if list.is_empty() {
        let message = "There should be at least one SendMessageBatchRequestEntry in the request.";
        return refused("AWS.SimpleQueueService.EmptyBatchRequest", message);
    }
    if list.len() > 10 {
        let message =
            format!("Maximum number of entries per request are 10. You have sent {}.", list.len());
        return refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", &message);
    }
    let (mut entries, mut seen) = (Vec::new(), BTreeSet::new());
    for entry in list {
        let entry = Body::from_value(entry)?;
        let id = entry.string("Id")?.unwrap_or_default();
        let fits = (1..=80).contains(&id.len())
            && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        if !fits {
            let message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be \
                           at most 80 letters long.";
            return refused("AWS.SimpleQueueService.InvalidBatchEntryId", message);
        }
        if !seen.insert(id) {
            let message = format!("Id {id} repeated.");
            return refused("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", &message);
        }
        entries.push((id, entry));
    }
    Ok(entries)
}
