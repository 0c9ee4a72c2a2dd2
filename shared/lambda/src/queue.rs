//! A batch of messages from SQS: worked at the same time, each answered for by itself.

mod batch;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use gangway_model::{AccountId, PortError};
use lambda_runtime::{Context, Diagnostic, Error, LambdaEvent, Runtime, service_fn};
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::{
    Origin,
    invocation::{Cut, in_time, left},
    logs::REQUEST_ID,
    metrics,
};
use batch::{Batch, Partial, join_all};

/// A message, as SQS delivers it.
#[derive(Debug)]
pub struct Message {
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
pub struct Worked {
    /// What it told of, in a word.
    pub kind: &'static str,
    /// The AWS account that it is about.
    pub account: Option<AccountId>,
    /// What became of it, in a word: metrics count by it.
    pub outcome: &'static str,
    /// The same for people, where there is more to say.
    pub detail: Option<String>,
    /// What failed, where something did.
    pub error: Option<PortError>,
    /// What SQS is to do with it.
    pub verdict: Verdict,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It goes.
    Done,
    /// It comes again when its visibility timeout ends, until the queue has had enough of it.
    Again,
}

impl Worked {
    /// A message that came to no end.
    fn cut(cut: &Cut) -> Self {
        let (outcome, error) = match cut {
            Cut::Panicked => ("internal-error", None),
            Cut::TimedOut => ("timeout", Some(PortError::TimedOut { service: "Gangway" })),
        };
        let (kind, verdict) = ("message", Verdict::Again);
        Self { kind, account: None, outcome, detail: None, error, verdict }
    }

    /// The one line of a message.
    fn log(&self, service: &str, message: &Message, took: Duration) {
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
            Verdict::Done => line!(info, "worked"),
            Verdict::Again => line!(warn, "comes again"),
        }
    }
}

/// Works batches of messages until the environment is torn down. Those that are to come again are told to SQS one by one.
pub async fn serve_queue<H>(service: &'static str, handler: H) -> Result<(), Error>
where
    H: AsyncFn(&Message) -> Worked,
{
    let handler = &handler;
    Runtime::new(service_fn(move |event| invocation(service, handler, event))).run().await
}

/// The messages of a batch.
pub(crate) fn messages(payload: &str) -> Result<Vec<Message>, Diagnostic> {
    Batch::read(payload)
}

/// One batch: each message with its own log line and metrics, all of them with the invocation's deadline.
async fn invocation<H>(
    service: &'static str,
    handler: &H,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Partial, Diagnostic>
where
    H: AsyncFn(&Message) -> Worked,
{
    let started = Instant::now();
    let LambdaEvent { payload, context } = event;
    let deadline = started + left(&context, Origin::Event);
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
    message: &Message,
    deadline: Instant,
) -> Verdict
where
    H: AsyncFn(&Message) -> Worked,
{
    let started = Instant::now();
    let worked = match in_time(handler(message), deadline).await {
        Ok(worked) => worked,
        Err(cut) => Worked::cut(&cut),
    };
    let took = started.elapsed();
    worked.log(service, message, took);
    metrics::write_message(service, &worked, took);
    worked.verdict
}
