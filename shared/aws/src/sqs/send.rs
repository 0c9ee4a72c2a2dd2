//! Sends messages.

use std::time::Duration;

use crate::{AwsSession, error::ApiCall};
use aws_sdk_sqs::{
    Client,
    error::BuildError,
    types::{BatchResultErrorEntry, MessageAttributeValue, SendMessageBatchRequestEntry},
};
use gangway_http::deadline;
use gangway_model::{AccountId, UpstreamError};
use tokio::time::sleep;

use super::QueueUrl;

/// As people know the service.
const SERVICE: &str = "Amazon SQS";

const SEND: ApiCall =
    ApiCall { service: SERVICE, action: "sqs:SendMessage", resource: "such queue" };

/// What SQS takes at once.
const BATCH: usize = 10;

/// How often a message is tried that SQS did not take while it took others of its batch.
const MAX_ATTEMPTS: u32 = 4;

/// The pause before the first of the further tries; each is twice as long.
const PAUSE: Duration = Duration::from_millis(200);

/// The longest reason, in characters.
const MAX_REASON_CHARS: usize = 1024;

/// A queue that messages are sent to. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: Client,
    url: QueueUrl,
}

impl SqsQueue {
    /// The queue at this URL, as this identity.
    pub fn new(aws: &AwsSession, url: QueueUrl) -> Self {
        Self { client: Client::new(aws.config()), url }
    }

    /// Sends messages of these bodies. What SQS does not take of a batch is sent again. After an error some of them, or
    /// all, may have been sent.
    pub async fn send_batch(&self, bodies: &[String]) -> Result<(), UpstreamError> {
        for batch in bodies.chunks(BATCH) {
            self.send_chunk(batch).await?;
        }
        Ok(())
    }

    async fn send_chunk(&self, bodies: &[String]) -> Result<(), UpstreamError> {
        let mut left = bodies.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>();
        let (mut pause, mut tries) = (PAUSE, 1);
        loop {
            let entries = left.map_err(|error| SEND.invalid_response(error.to_string()))?;
            let request = self.client.send_message_batch().queue_url(self.url.as_str());
            let answer = request.set_entries(Some(entries.clone())).send().await;
            let failed = answer.map_err(|error| SEND.to_upstream_error(&error))?.failed;
            let Some(one) = failed.first() else { return Ok(()) };
            if let Some(theirs) = failed.iter().find(|failed| failed.sender_fault()) {
                return Err(rejected_entries(theirs));
            }
            if tries == MAX_ATTEMPTS || pause > deadline::remaining() {
                return Err(
                    SEND.invalid_response(format!("a message was not taken: {}", one.code()))
                );
            }
            sleep(pause).await;
            (pause, tries) = (pause * 2, tries + 1);
            let is_left = |entry: &SendMessageBatchRequestEntry| {
                failed.iter().any(|failed| failed.id() == entry.id())
            };
            left = Ok(entries.into_iter().filter(is_left).collect());
        }
    }

    /// Sends a message that nobody could work to where people look, with the reason and the account that it is about, as
    /// message attributes `reason` and `accountId`.
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
            .message_attributes("reason", text(&sanitize_text(reason))?);
        if let Some(account) = account {
            request = request.message_attributes("accountId", text(account.as_str())?);
        }
        request.send().await.map(drop).map_err(|error| SEND.to_upstream_error(&error))
    }
}

fn entry((place, body): (usize, &String)) -> Result<SendMessageBatchRequestEntry, BuildError> {
    SendMessageBatchRequestEntry::builder().id(place.to_string()).message_body(body).build()
}

fn text(value: &str) -> Result<MessageAttributeValue, UpstreamError> {
    let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
    value.map_err(|error| SEND.invalid_response(error.to_string()))
}

/// An attribute may not be empty, hold control characters or be very long.
fn sanitize_text(reason: &str) -> String {
    let line: String = reason
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(MAX_REASON_CHARS)
        .collect();
    if line.trim().is_empty() { "no reason was given".to_owned() } else { line }
}

/// SQS says that no other try would do.
fn rejected_entries(failed: &BatchResultErrorEntry) -> UpstreamError {
    let reason = format!("a message is not as SQS takes it ({})", failed.code());
    UpstreamError::Rejected { service: SERVICE, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_that_sqs_takes() {
        for (reason, said) in [
            ("the account is closed", "the account is closed"),
            ("two\nlines\u{7}", "two lines "),
            ("", "no reason was given"),
            ("\n", "no reason was given"),
        ] {
            assert_eq!(sanitize_text(reason), said);
        }
        assert_eq!(sanitize_text(&"é".repeat(2000)).chars().count(), MAX_REASON_CHARS);
    }
}
