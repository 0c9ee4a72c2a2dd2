//! A batch of messages from SQS: worked at the same time, each answered for by itself.

mod batch;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use gangway_model::{AccountId, UpstreamError};
use lambda_runtime::{Context, Diagnostic, Error, LambdaEvent, Runtime, service_fn};
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::{
    Trigger,
    invocation::{Aborted, remaining_time, run_with_deadline},
    logs::REQUEST_ID,
    metrics,
};
use batch::{Batch, Partial, join_all};

/// A message, as SQS delivers it.
#[derive(Debug)]
pub struct SqsMessage {
    /// SQS's own name for it.
    pub id: String,
    /// What it says. May be logged nowhere.
    pub body: String,
    /// When it was sent, as SQS says.
    pub sent: Option<SystemTime>,
    /// How often it was delivered, this time included.
    pub deliveries: u32,
}

/// How a message came out.
#[derive(Debug)]
pub struct MessageResult {
    /// What it told of, in a word.
    pub kind: &'static str,
    /// The AWS account that it is about.
    pub account: Option<AccountId>,
    /// What became of it, in a word: metrics count by it.
    pub outcome: &'static str,
    /// The same for people, where there is more to say.
    pub detail: Option<String>,
    /// What failed, where something did.
    pub error: Option<UpstreamError>,
    /// What SQS is to do with it.
    pub verdict: Disposition,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Disposition {
    /// It goes.
    Delete,
    /// It comes again when its visibility timeout ends, until the queue has had enough of it.
    Retry,
}

impl MessageResult {
    /// A message that came to no end.
    fn cut(cut: &Aborted) -> Self {
        let (outcome, error) = match cut {
            Aborted::Panicked => ("internal-error", None),
            Aborted::TimedOut => ("timeout", Some(UpstreamError::TimedOut { service: "Gangway" })),
        };
        let (kind, verdict) = ("message", Disposition::Retry);
        Self { kind, account: None, outcome, detail: None, error, verdict }
    }

    /// The one line of a message.
    fn log(&self, service: &str, message: &SqsMessage, took: Duration) {
        let Self { kind, account, outcome, detail, error, verdict } = self;
        let account = account.as_ref().map(AccountId::as_str);
        let duration = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        macro_rules! line {
            ($level:ident, $text:literal) => {
                tracing::$level!(
                    service,
                    trigger = "queue",
                    messageId = message.id,
                    deliveries = message.deliveries,
                    kind,
                    account,
                    outcome,
                    durationMs = duration,
                    error = error.as_ref().map(|error| error as &(dyn std::error::Error + 'static)),
                    detail,
                    $text
                )
            };
        }
        match verdict {
            Disposition::Delete => line!(info, "worked"),
            Disposition::Retry => line!(warn, "comes again"),
        }
    }
}

/// Works batches of messages until the environment is torn down. Those that are to come again are told to SQS one by one.
pub async fn run_sqs<H>(service: &'static str, handler: H) -> Result<(), Error>
where
    H: AsyncFn(&SqsMessage) -> MessageResult,
{
    let handler = &handler;
    Runtime::new(service_fn(move |event| invocation(service, handler, event))).run().await
}

/// The messages of a batch.
pub(crate) fn messages(payload: &str) -> Result<Vec<SqsMessage>, Diagnostic> {
    Batch::read(payload)
}

/// One batch: each message with its own log line and metrics, all of them with the invocation's deadline.
async fn invocation<H>(
    service: &'static str,
    handler: &H,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Partial, Diagnostic>
where
    H: AsyncFn(&SqsMessage) -> MessageResult,
{
    let started = Instant::now();
    let LambdaEvent { payload, context } = event;
    let deadline = started + remaining_time(&context, Trigger::Event);
    let Context { request_id, .. } = context;
    REQUEST_ID
        .scope(request_id, async {
            let messages = messages(payload.get())?;
            drop(payload);
            let worked = messages.iter().map(|message| work(service, handler, message, deadline));
            let verdicts = join_all(worked).await;
            Ok(Partial::of(&messages, &verdicts))
        })
        .await
}

async fn work<H>(
    service: &'static str,
    handler: &H,
    message: &SqsMessage,
    deadline: Instant,
) -> Disposition
where
    H: AsyncFn(&SqsMessage) -> MessageResult,
{
    let started = Instant::now();
    let worked = match run_with_deadline(handler(message), deadline).await {
        Ok(worked) => worked,
        Err(cut) => MessageResult::cut(&cut),
    };
    let took = started.elapsed();
    worked.log(service, message, took);
    metrics::write_message(service, &worked, took);
    worked.verdict
}
