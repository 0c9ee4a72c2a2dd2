//! Handles batches of SQS messages. The messages of a batch are handled at the same time, and each
//! message has its own result.

#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lambda_events::sqs::{self, SqsBatchResponse, SqsEvent};
use futures_util::future::join_all;
use gangway_http::origin;
use gangway_model::{
    AccountId, Arn, BusEvent, Correlation, Initiator, RequestOrigin, UpstreamError,
};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, value::RawValue};
use tokio::time::Instant;

use crate::{
    OutcomeEvent, Publisher, Trigger,
    invocation::{AbortReason, RESPONSE_RESERVE, remaining_time, run_with_deadline},
    logs::{INVOCATION, InvocationContext},
    metrics,
};

/// `source` of the event for a request of CloudFormation for a resource of a stack.
const CLOUDFORMATION: &str = "aws.cloudformation";

/// An SQS message. The type has no `Debug`, because the body may contain a secret.
pub struct SqsMessage {
    /// Message id that SQS assigned.
    pub id: String,
    pub body: String,
    /// `SentTimestamp`: when the message was first sent.
    pub sent: Option<SystemTime>,
    /// `ApproximateReceiveCount`: how many times SQS has delivered the message, including this
    /// time.
    pub deliveries: u32,
    /// AWS account in which this function is deployed.
    pub function_account: Option<AccountId>,
}

/// Result of handling one message.
#[derive(Debug)]
pub struct MessageResult {
    /// Type of the event in the message, for the log line.
    pub kind: &'static str,
    /// The AWS account that the message is about.
    pub account: Option<AccountId>,
    /// Identifier of the outcome, for logs and metrics.
    pub outcome: &'static str,
    /// Explanation of the outcome, for people.
    pub detail: Option<String>,
    /// The upstream error that caused the outcome, if there was one.
    pub error: Option<UpstreamError>,
    /// Outcome events to publish.
    pub events: Vec<OutcomeEvent>,
    /// What SQS does with the message afterwards.
    pub disposition: Disposition,
}

/// What SQS does with a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Disposition {
    /// SQS deletes the message.
    Delete,
    /// SQS deletes the message, because the handler has sent it to a dead-letter queue. A retry
    /// would send the message there a second time.
    DeadLettered,
    /// SQS delivers the message again after the visibility timeout, up to `maxReceiveCount` times.
    Retry,
}

impl MessageResult {
    /// Returns the result of a message whose handler panicked or timed out.
    fn from_abort(aborted: &AbortReason) -> Self {
        let (outcome, error) = match aborted {
            AbortReason::Panicked => ("internal-error", None),
            AbortReason::TimedOut => {
                ("timeout", Some(UpstreamError::TimedOut { service: "Gangway" }))
            }
        };
        let (kind, disposition) = ("message", Disposition::Retry);
        let events = Vec::new();
        Self { kind, account: None, outcome, detail: None, error, events, disposition }
    }

    /// Writes the log line of a message.
    fn log(&self, trigger: &str, message: &SqsMessage, duration: Duration) {
        let Self { kind, account, outcome, detail, error, events: _, disposition } = self;
        let account = account.as_ref().map(AccountId::as_str);
        let duration = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let error = error.as_ref().map(|error| gangway_http::error_chain(error));
        // A macro, because the level and the message of an event must be constants.
        macro_rules! log {
            ($level:ident, $message:literal) => {
                tracing::$level!(
                    trigger,
                    messageId = message.id,
                    deliveries = message.deliveries,
                    kind,
                    awsAccountId = account,
                    outcome,
                    durationMs = duration,
                    error,
                    detail,
                    $message
                )
            };
        }
        match disposition {
            Disposition::Delete | Disposition::DeadLettered => log!(info, "message processed"),
            Disposition::Retry => log!(warn, "message will be retried"),
        }
    }
}

/// Returns `true` if the payload has the member `Records`, as a batch of SQS messages has.
pub(crate) fn is_batch(payload: &str) -> bool {
    #[derive(Deserialize)]
    struct Batch {
        #[serde(rename = "Records")]
        records: Option<IgnoredAny>,
    }
    serde_json::from_str(payload).is_ok_and(|Batch { records }| records.is_some())
}

/// Decodes a batch of SQS messages.
///
/// # Errors
///
/// The payload is not a batch, or a message has no id or no body. Then no message of the batch is
/// handled: without an id, a message cannot be reported as a batch item failure.
pub(crate) fn decode_batch(payload: &str) -> Result<Vec<SqsMessage>, Diagnostic> {
    let event = serde_json::from_str::<SqsEvent>(payload).ok();
    let messages = event.and_then(|event| event.records.into_iter().map(decode_message).collect());
    messages.ok_or_else(|| {
        tracing::error!("the payload is not a batch of SQS messages");
        Diagnostic {
            error_type: "Gangway.InvalidBatch".to_owned(),
            error_message: "the payload is not a batch of SQS messages".to_owned(),
        }
    })
}

/// Converts a message of a batch. Returns `None` if the message has no id or no body.
fn decode_message(message: sqs::SqsMessage) -> Option<SqsMessage> {
    let attribute = |name| message.attributes.get(name);
    let sent = attribute("SentTimestamp").and_then(|millis| millis.parse().ok());
    let sent = sent.and_then(|millis| UNIX_EPOCH.checked_add(Duration::from_millis(millis)));
    let deliveries = attribute("ApproximateReceiveCount").and_then(|count| count.parse().ok());
    let deliveries = deliveries.unwrap_or(1);
    let (id, body) = (message.message_id?, message.body?);
    Some(SqsMessage { id, body, sent, deliveries, function_account: None })
}

/// The kind of messages in a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) enum QueueKind<'a> {
    /// Messages about accounts. The value lists the event sources whose `source` and `id` Gangway
    /// accepts from an event in a notification of SNS.
    Accounts(&'a [String]),
    /// Requests of CloudFormation for resources of stacks.
    Stacks,
}

impl QueueKind<'_> {
    /// Returns the name of the trigger in logs and events.
    const fn trigger(self) -> &'static str {
        match self {
            Self::Accounts(_) => "queue",
            Self::Stacks => "stack",
        }
    }
}

/// Handles one batch of SQS messages, and returns the messages that SQS should deliver again. All
/// messages have the deadline of the invocation.
pub(crate) async fn handle_batch<H, P>(
    service: &'static str,
    handler: &H,
    publisher: &Publisher<P>,
    kind: QueueKind<'_>,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<SqsBatchResponse, Diagnostic>
where
    H: AsyncFn(&SqsMessage) -> MessageResult,
    P: AsyncFn(Vec<BusEvent>) -> Result<(), UpstreamError>,
{
    let started = Instant::now();
    let LambdaEvent { payload, context } = event;
    let deadline = started + remaining_time(&context, Trigger::Event);
    INVOCATION
        .scope(InvocationContext::from(&context), async {
            let arn = Arn::parse(&context.invoked_function_arn);
            let function_account = arn.and_then(|arn| arn.account().parse().ok());
            let mut messages = decode_batch(payload.get())?;
            for message in &mut messages {
                message.function_account = function_account;
            }
            drop(payload);
            let results = messages.iter().map(|message| {
                let origin = RequestOrigin {
                    request_id: context.request_id.clone(),
                    initiator: find_initiator(message, kind),
                    correlation: Correlation::default(),
                };
                let work = handle_message((service, kind), handler, publisher, message, deadline);
                origin::scope(origin, work)
            });
            let results = join_all(results).await;
            let mut response = SqsBatchResponse::default();
            for (message, disposition) in messages.into_iter().zip(results) {
                if disposition == Disposition::Retry {
                    response.add_failure(message.id);
                }
            }
            Ok(response)
        })
        .await
}

/// Returns the event that a message contains. If the message contains a notification of SNS whose
/// event is not accepted, returns the notification.
///
/// Everybody who may publish to an SNS topic can write any event into a notification. So the id and
/// the source of such an event are accepted only if its source is AWS or one of the event sources
/// of [`QueueKind::Accounts`].
fn find_initiator(message: &SqsMessage, kind: QueueKind<'_>) -> Initiator {
    let Ok(body) = serde_json::from_str::<Value>(&message.body) else {
        return Initiator::default();
    };
    let text = |name| body.get(name).and_then(Value::as_str);
    if text("Type") != Some("Notification") {
        return Initiator::event(text("id"), text("source"), text("account"));
    }
    let inner = text("Message").and_then(|text| serde_json::from_str::<Value>(text).ok());
    let inner = inner.unwrap_or_default();
    let event_sources = match kind {
        QueueKind::Accounts(event_sources) => event_sources,
        QueueKind::Stacks => {
            let member = |name| inner.get(name).and_then(Value::as_str);
            let stack = member("StackId").and_then(Arn::parse);
            let account = stack.map(Arn::account);
            return Initiator::event(member("RequestId"), Some(CLOUDFORMATION), account);
        }
    };
    let source = inner.get("source").and_then(Value::as_str).unwrap_or_default();
    let is_accepted =
        source.starts_with("aws.") || event_sources.iter().any(|allowed| allowed == source);
    let event = |name| inner.get(name).and_then(Value::as_str).filter(|_| is_accepted);
    match Initiator::event(event("id"), event("source"), event("account")) {
        Initiator::DirectInvocation => {
            let topic = text("TopicArn").and_then(Arn::parse);
            let (name, account) = topic.map(|topic| (topic.resource(), topic.account())).unzip();
            Initiator::event(text("MessageId"), name, account)
        }
        event @ (Initiator::Caller { .. } | Initiator::Event { .. }) => event,
    }
}

/// Handles one message: runs the handler, publishes the outcome events, and writes the log line and
/// the metrics. Returns what SQS does with the message.
async fn handle_message<H, P>(
    (service, kind): (&'static str, QueueKind<'_>),
    handler: &H,
    publisher: &Publisher<P>,
    message: &SqsMessage,
    deadline: Instant,
) -> Disposition
where
    H: AsyncFn(&SqsMessage) -> MessageResult,
    P: AsyncFn(Vec<BusEvent>) -> Result<(), UpstreamError>,
{
    let (started, trigger) = (Instant::now(), kind.trigger());
    let mut result = match run_with_deadline(handler(message), deadline).await {
        Ok(result) => result,
        Err(aborted) => MessageResult::from_abort(&aborted),
    };
    let until = deadline.checked_sub(RESPONSE_RESERVE).unwrap_or(deadline);
    let is_published = publisher.publish(service, trigger, &result.events, until).await;
    if !is_published && result.disposition == Disposition::Delete {
        // SQS delivers the message again. The next run repeats the work, changes nothing that this
        // run has done already, and publishes the outcome events.
        result.disposition = Disposition::Retry;
    }
    let duration = started.elapsed();
    result.log(trigger, message, duration);
    metrics::write_message(service, &result, duration);
    result.disposition
}
