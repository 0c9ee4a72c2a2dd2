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

/// Display name of the service in error messages.
const SERVICE: &str = "Amazon SQS";

const SEND_MESSAGE: ApiCall =
    ApiCall { service: SERVICE, action: "sqs:SendMessage", resource: "such queue" };

const GET_QUEUE_ATTRIBUTES: ApiCall =
    ApiCall { service: SERVICE, action: "sqs:GetQueueAttributes", resource: "such queue" };

/// Attributes of a queue whose sum is the number of messages.
const COUNT_ATTRIBUTES: [QueueAttributeName; 2] = [
    QueueAttributeName::ApproximateNumberOfMessages,
    QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
];

/// Maximum number of messages that one call of `SendMessageBatch` accepts.
const MAX_BATCH: usize = 10;

/// Maximum number of characters in the message attribute `reason`.
const MAX_REASON_CHARS: usize = 1024;

/// Client of one SQS queue. Sends messages to the queue. Clones share the SDK client.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: Client,
    url: QueueUrl,
}

impl SqsQueue {
    pub fn new(aws: &AwsSession, url: QueueUrl) -> Self {
        Self { client: Client::new(aws.config()), url }
    }

    /// Sends one message for each body, at most ten in one call. Sends a message again if SQS does
    /// not accept it.
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
        let mut remaining = bodies.iter().enumerate().map(to_entry).collect::<Result<Vec<_>, _>>();
        let mut delays = RetryPolicy::THROTTLED.delays();
        loop {
            let entries =
                remaining.map_err(|error| SEND_MESSAGE.invalid_response(error.to_string()))?;
            let request = self.client.send_message_batch().queue_url(self.url.as_str());
            let response = request.set_entries(Some(entries.clone())).send().await;
            let failed = response.map_err(|error| SEND_MESSAGE.to_upstream_error(&error))?.failed;
            let Some(one) = failed.first() else { return Ok(()) };
            if let Some(rejected) = failed.iter().find(|failed| failed.sender_fault()) {
                return Err(to_rejection_error(rejected));
            }
            let Some(delay) = delays.next() else {
                let cause = format!("a message was not accepted: {}", one.code());
                return Err(SEND_MESSAGE.invalid_response(cause));
            };
            sleep(delay).await;
            let is_failed_entry = |entry: &SendMessageBatchRequestEntry| {
                failed.iter().any(|failed| failed.id() == entry.id())
            };
            remaining = Ok(entries.into_iter().filter(is_failed_entry).collect());
        }
    }

    /// Sends one message. The message can be received after `seconds`, which is 900 at most.
    pub async fn send_delayed(&self, body: &str, seconds: u16) -> Result<(), UpstreamError> {
        let request = self.client.send_message().queue_url(self.url.as_str()).message_body(body);
        let sent = request.delay_seconds(i32::from(seconds)).send().await;
        sent.map_err(|error| SEND_MESSAGE.to_upstream_error(&error))?;
        Ok(())
    }

    /// Returns the approximate number of messages that can be received or are being processed. Does
    /// not count delayed messages.
    pub async fn count_messages(&self) -> Result<u64, UpstreamError> {
        let request = self.client.get_queue_attributes().queue_url(self.url.as_str());
        let response = request.set_attribute_names(Some(COUNT_ATTRIBUTES.to_vec())).send().await;
        let response = response.map_err(|error| GET_QUEUE_ATTRIBUTES.to_upstream_error(&error))?;
        let attributes = response.attributes.unwrap_or_default();
        let count = |name: &QueueAttributeName| {
            let count = attributes.get(name).and_then(|count| count.parse::<u64>().ok());
            count.ok_or_else(|| GET_QUEUE_ATTRIBUTES.invalid_response(format!("no number {name}")))
        };
        COUNT_ATTRIBUTES.iter().map(count).sum()
    }

    /// Sends a message that cannot be processed to this queue. Adds the reason and the AWS account
    /// as the message attributes `reason` and `accountId`.
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
            .message_attributes("reason", to_string_attribute(&to_valid_reason(reason))?);
        if let Some(account) = account {
            request =
                request.message_attributes("accountId", to_string_attribute(account.as_str())?);
        }
        request.send().await.map(drop).map_err(|error| SEND_MESSAGE.to_upstream_error(&error))
    }
}

fn to_entry((index, body): (usize, &String)) -> Result<SendMessageBatchRequestEntry, BuildError> {
    SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body).build()
}

/// Converts a text to a value of a message attribute.
fn to_string_attribute(value: &str) -> Result<MessageAttributeValue, UpstreamError> {
    let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
    value.map_err(|error| SEND_MESSAGE.invalid_response(error.to_string()))
}

/// Converts a reason to a text that SQS accepts as attribute value: not empty, without control
/// characters, at most 1024 characters.
fn to_valid_reason(reason: &str) -> String {
    let line: String = reason
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(MAX_REASON_CHARS)
        .collect();
    if line.trim().is_empty() { "no reason was given".to_owned() } else { line }
}

/// Returns the error for a message that SQS would refuse again (`SenderFault`).
fn to_rejection_error(failed: &BatchResultErrorEntry) -> UpstreamError {
    let reason = format!("SQS rejected a message ({})", failed.code());
    UpstreamError::Rejected { service: SERVICE, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reason_becomes_a_valid_message_attribute() {
        for (reason, expected) in [
            ("the account is closed", "the account is closed"),
            ("two\nlines\u{7}", "two lines "),
            ("", "no reason was given"),
            ("\n", "no reason was given"),
        ] {
            assert_eq!(to_valid_reason(reason), expected);
        }
        assert_eq!(to_valid_reason(&"é".repeat(2000)).chars().count(), MAX_REASON_CHARS);
    }
}
