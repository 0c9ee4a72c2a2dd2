//! Sending messages.

use crate::{AwsSession, error::ApiCall};
use aws_sdk_sqs::{
    Client,
    error::BuildError,
    types::{
        BatchResultErrorEntry, MessageAttributeValue, QueueAttributeName,
        SendMessageBatchRequestEntry,
    },
};
use gangway_http::RetryPolicy;
use gangway_model::{AccountId, UpstreamError};
use tokio::time::sleep;

use super::QueueUrl;

/// Display name used in error messages.
const SERVICE: &str = "Amazon SQS";

const SEND: ApiCall =
    ApiCall { service: SERVICE, action: "sqs:SendMessage", resource: "such queue" };

const COUNT: ApiCall =
    ApiCall { service: SERVICE, action: "sqs:GetQueueAttributes", resource: "such queue" };

const COUNTS: [QueueAttributeName; 2] = [
    QueueAttributeName::ApproximateNumberOfMessages,
    QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
];

/// Maximum number of messages in a batch.
const MAX_BATCH: usize = 10;

const MAX_REASON_CHARS: usize = 1024;

/// An SQS queue to send messages to. Cheap to clone: clones share the client.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: Client,
    url: QueueUrl,
}

impl SqsQueue {
    pub fn new(aws: &AwsSession, url: QueueUrl) -> Self {
        Self { client: Client::new(aws.config()), url }
    }

    /// Sends one message for each body, in batches. Entries that SQS does not accept are retried.
    ///
    /// # Errors
    ///
    /// After an error, some or all of the messages may have been sent.
    pub async fn send_batch(&self, bodies: &[String]) -> Result<(), UpstreamError> {
        for batch in bodies.chunks(MAX_BATCH) {
            self.send_chunk(batch).await?;
        }
        Ok(())
    }

    async fn send_chunk(&self, bodies: &[String]) -> Result<(), UpstreamError> {
        let mut left = bodies.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>();
        let mut delays = RetryPolicy::THROTTLED.delays();
        loop {
            let entries = left.map_err(|error| SEND.invalid_response(error.to_string()))?;
            let request = self.client.send_message_batch().queue_url(self.url.as_str());
            let response = request.set_entries(Some(entries.clone())).send().await;
            let failed = response.map_err(|error| SEND.to_upstream_error(&error))?.failed;
            let Some(one) = failed.first() else { return Ok(()) };
            if let Some(rejected) = failed.iter().find(|failed| failed.sender_fault()) {
                return Err(to_rejection_error(rejected));
            }
            let Some(delay) = delays.next() else {
                let cause = format!("a message was not accepted: {}", one.code());
                return Err(SEND.invalid_response(cause));
            };
            sleep(delay).await;
            let is_left = |entry: &SendMessageBatchRequestEntry| {
                failed.iter().any(|failed| failed.id() == entry.id())
            };
            left = Ok(entries.into_iter().filter(is_left).collect());
        }
    }

    /// Sends one message that can be received after this many seconds, at most 900.
    pub async fn send_delayed(&self, body: &str, seconds: u16) -> Result<(), UpstreamError> {
        let request = self.client.send_message().queue_url(self.url.as_str()).message_body(body);
        let sent = request.delay_seconds(i32::from(seconds)).send().await;
        sent.map_err(|error| SEND.to_upstream_error(&error))?;
        Ok(())
    }

    /// Returns about how many messages can be received or are being handled, without delayed ones.
    pub async fn count_messages(&self) -> Result<u64, UpstreamError> {
        let request = self.client.get_queue_attributes().queue_url(self.url.as_str());
        let response = request.set_attribute_names(Some(COUNTS.to_vec())).send().await;
        let response = response.map_err(|error| COUNT.to_upstream_error(&error))?;
        let attributes = response.attributes.unwrap_or_default();
        let count = |name: &QueueAttributeName| {
            let count = attributes.get(name).and_then(|count| count.parse::<u64>().ok());
            count.ok_or_else(|| COUNT.invalid_response(format!("no number {name}")))
        };
        COUNTS.iter().map(count).sum()
    }

    /// Sends a message that cannot be processed, with the reason and the AWS account as message
    /// attributes `reason` and `accountId`.
    pub async fn send_to_dead_letter_queue(
        &self,
        body: &str,
        reason: &str,
        account: Option<AccountId>,
    ) -> Result<(), UpstreamError> {
        let mut request = self
            .client
            .send_message()
            .queue_url(self.url.as_str())
            .message_body(body)
            .message_attributes("reason", text(&to_attribute_value(reason))?);
        if let Some(account) = account {
            request = request.message_attributes("accountId", text(account.as_str())?);
        }
        request.send().await.map(drop).map_err(|error| SEND.to_upstream_error(&error))
    }
}

fn entry((index, body): (usize, &String)) -> Result<SendMessageBatchRequestEntry, BuildError> {
    SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body).build()
}

fn text(value: &str) -> Result<MessageAttributeValue, UpstreamError> {
    let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
    value.map_err(|error| SEND.invalid_response(error.to_string()))
}

/// Returns a valid attribute value: not empty, without control characters, at most 1024 characters.
fn to_attribute_value(reason: &str) -> String {
    let line: String = reason
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(MAX_REASON_CHARS)
        .collect();
    if line.trim().is_empty() { "no reason was given".to_owned() } else { line }
}

/// Returns the error of an entry that SQS would reject again (`SenderFault`).
fn to_rejection_error(failed: &BatchResultErrorEntry) -> UpstreamError {
    let reason = format!("SQS rejected a message ({})", failed.code());
    UpstreamError::Rejected { service: SERVICE, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_valid_message_attributes() {
        for (reason, expected) in [
            ("the account is closed", "the account is closed"),
            ("two\nlines\u{7}", "two lines "),
            ("", "no reason was given"),
            ("\n", "no reason was given"),
        ] {
            assert_eq!(to_attribute_value(reason), expected);
        }
        assert_eq!(to_attribute_value(&"é".repeat(2000)).chars().count(), MAX_REASON_CHARS);
    }
}
