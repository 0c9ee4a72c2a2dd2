//! Handles one invocation, from payload to response, within its deadline.

use std::time::{Duration, SystemTime};

use gangway_http::{deadline, origin, upstream_timing};
use gangway_model::{BusEvent, RequestOrigin, UpstreamError};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use crate::{
    ApiError, OutcomeEvent, Publisher, Response, Trigger,
    logs::{INVOCATION, InvocationContext},
    metrics,
    panics::{PanicError, catch_unwind},
    record::InvocationRecord,
};

/// Time between the deadline of upstream calls and the deadline of the invocation.
const UPSTREAM_RESERVE: Duration = Duration::from_secs(1);
/// Time before the deadline of the invocation that is kept free to send the response.
pub(crate) const RESPONSE_RESERVE: Duration = Duration::from_millis(300);
/// Longest time that API Gateway waits for the response of a function.
const API_GATEWAY_TIMEOUT: Duration = Duration::from_secs(29);
/// Longest timeout that a Lambda function can have. Limits the deadline of an invocation, because
/// an emulator of Lambda may send no deadline or a wrong one.
const LAMBDA_MAX_TIMEOUT: Duration = Duration::from_mins(15);

/// A type of payload for which [`handle_invocation`] runs a handler.
pub(crate) trait InvocationPayload: Sized {
    /// Decodes the payload of an invocation.
    fn decode(payload: &str, context: &Context) -> Result<Self, ApiError>;

    /// Returns what logs and metrics contain of an invocation. `event` is `None` if the payload
    /// could not be decoded.
    fn record(service: &'static str, event: Option<&Self>) -> InvocationRecord;

    /// Encodes the outcome for Lambda. If the result is an error, Lambda retries an asynchronous
    /// invocation.
    fn respond(
        trigger: Trigger,
        outcome: &Result<Response, ApiError>,
        origin: &RequestOrigin,
    ) -> Result<Box<RawValue>, Diagnostic>;
}

/// Handles one invocation: runs the handler, publishes the outcome event, and writes the log line
/// and the metrics.
pub(crate) async fn handle_invocation<E, H, P>(
    service: &'static str,
    handler: &H,
    publisher: &Publisher<P>,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Box<RawValue>, Diagnostic>
where
    E: InvocationPayload,
    H: AsyncFn(E) -> Result<Response, ApiError>,
    P: AsyncFn(Vec<BusEvent>) -> Result<(), UpstreamError>,
{
    let started = Instant::now();
    let LambdaEvent { payload, context } = event;
    INVOCATION
        .scope(InvocationContext::from(&context), async {
            let payload = Zeroizing::new(Box::<str>::from(payload));
            let event = E::decode(&payload, &context);
            drop(payload);
            let mut record = E::record(service, event.as_ref().ok());
            let origin = RequestOrigin {
                request_id: context.request_id.clone(),
                initiator: record.initiator.clone(),
                correlation: record.correlation.clone(),
            };
            let scope = origin.clone();
            let work = async {
                let deadline = started + remaining_time(&context, record.trigger);
                let outcome = match event {
                    Ok(event) => match run_with_deadline(handler(event), deadline).await {
                        Ok(outcome) => outcome,
                        Err(aborted) => Err(aborted.into()),
                    },
                    Err(error) => Err(error),
                };
                let known = InvocationRecord::known_account();
                let event = record
                    .operation
                    .and_then(|operation| OutcomeEvent::of_request(operation, known, &outcome));
                let until = deadline.checked_sub(RESPONSE_RESERVE).unwrap_or(deadline);
                let trigger = record.trigger;
                let is_published =
                    publisher.publish(service, trigger.id(), event.as_slice(), until).await;
                record.duration = started.elapsed();
                record.log(&outcome);
                metrics::write_invocation(&record, &outcome);
                match trigger {
                    // Lambda sends the event again. The next run repeats the request, changes
                    // nothing that this run has done already, and publishes the outcome event.
                    Trigger::Event if !is_published => Err(Diagnostic {
                        error_type: "Gangway.EventNotPublished".to_owned(),
                        error_message: "Amazon EventBridge has not taken the outcome event: the log has it, and Lambda sends the request again"
                            .to_owned(),
                    }),
                    Trigger::Http | Trigger::Event => E::respond(trigger, &outcome, &origin),
                }
            };
            origin::scope(scope, work).await
        })
        .await
}

/// Reason why a handler did not return a result.
#[derive(Debug)]
pub(crate) enum AbortReason {
    /// The handler panicked. The panic hook has logged the location.
    Panicked,
    /// The handler did not end before the deadline.
    TimedOut,
}

impl From<AbortReason> for ApiError {
    fn from(aborted: AbortReason) -> Self {
        match aborted {
            AbortReason::Panicked => Self::Internal,
            AbortReason::TimedOut => UpstreamError::TimedOut { service: "Gangway" }.into(),
        }
    }
}

/// Runs `work` until the deadline, and catches its panics. Upstream calls get an earlier deadline,
/// so that `work` can still return its own error after a call has timed out.
///
/// `work` is boxed first. Otherwise each future around `work` would contain a copy, and the copies
/// would be too large for the stack of a debug build.
pub(crate) fn run_with_deadline<F: Future>(
    work: F,
    deadline: Instant,
) -> impl Future<Output = Result<F::Output, AbortReason>> {
    let before = move |reserve: Duration| deadline.checked_sub(reserve).unwrap_or(deadline);
    let work = Box::pin(work);
    let measured = async move {
        let output = work.await;
        metrics::write_upstream_latency(&upstream_timing::calls());
        output
    };
    let work = catch_unwind(deadline::scope(before(UPSTREAM_RESERVE), measured));
    async move {
        match timeout_at(before(RESPONSE_RESERVE), work).await {
            Ok(done) => done.map_err(|PanicError| AbortReason::Panicked),
            Err(_elapsed) => Err(AbortReason::TimedOut),
        }
    }
}

/// Returns the time until the invocation's deadline, but no more than the time for which the
/// trigger waits.
pub(crate) fn remaining_time(context: &Context, trigger: Trigger) -> Duration {
    #[expect(clippy::disallowed_methods, reason = "Lambda gives the deadline as a time of day")]
    let now = SystemTime::now();
    let cap = match trigger {
        Trigger::Http => API_GATEWAY_TIMEOUT,
        Trigger::Event => LAMBDA_MAX_TIMEOUT,
    };
    match context.deadline {
        // Some emulators of Lambda send no deadline.
        0 => cap,
        _ => context.deadline().duration_since(now).unwrap_or_default().min(cap),
    }
}

#[cfg(test)]
mod tests;
