//! One invocation: from payload to answer, in the time it has.

use std::time::{Duration, SystemTime};

use gangway_http::deadline;
use gangway_model::{AccountId, AuthMethod, RegistrationError, UpstreamError};
use lambda_runtime::{Context, Diagnostic, Error, LambdaEvent, Runtime, service_fn};
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use crate::{
    ApiError, Request, Response, Trigger,
    logs::REQUEST_ID,
    metrics,
    panics::{PanicError, catch_unwind},
    response::{LambdaResponse, answer},
};

/// What upstream calls must leave for the rest of an invocation.
const UPSTREAM_RESERVE: Duration = Duration::from_secs(1);
/// What an answer needs to get out.
const RESPONSE_RESERVE: Duration = Duration::from_millis(300);
/// API Gateway waits no longer, whatever the function may take.
const API_GATEWAY_TIMEOUT: Duration = Duration::from_secs(29);
/// Lambda's longest. A context that says more, or nothing, is not believed.
const LAMBDA_MAX_TIMEOUT: Duration = Duration::from_mins(15);

/// Answers invocations until the environment is torn down.
pub async fn run_http<H>(service: &'static str, handler: H) -> Result<(), Error>
where
    H: AsyncFn(Request) -> Result<Response, ApiError>,
{
    let handler = &handler;
    Runtime::new(service_fn(move |event| invocation(service, handler, event))).run().await
}

/// What an invocation asks for: how it is read, and what is told of how it came out.
pub(crate) trait LambdaEventKind: Sized {
    /// Reads a payload.
    fn read(payload: &str, context: &Context) -> Result<Self, ApiError>;

    /// What logs and metrics may say of it.
    fn seen(service: &'static str, errand: Option<&Self>) -> InvocationRecord;

    /// What Lambda is told.
    fn told(
        origin: Trigger,
        outcome: &Result<Response, ApiError>,
        request_id: &str,
    ) -> Result<LambdaResponse, Diagnostic>;
}

impl LambdaEventKind for Request {
    fn read(payload: &str, context: &Context) -> Result<Self, ApiError> {
        Self::read(payload, &context.invoked_function_arn)
    }

    fn seen(service: &'static str, errand: Option<&Self>) -> InvocationRecord {
        InvocationRecord::of(service, errand)
    }

    fn told(
        origin: Trigger,
        outcome: &Result<Response, ApiError>,
        request_id: &str,
    ) -> Result<LambdaResponse, Diagnostic> {
        answer(origin, outcome, request_id)
    }
}

/// One invocation, its log line and its metrics.
pub(crate) async fn invocation<E, H>(
    service: &'static str,
    handler: &H,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<LambdaResponse, Diagnostic>
where
    E: LambdaEventKind,
    H: AsyncFn(E) -> Result<Response, ApiError>,
{
    let started = Instant::now();
    let LambdaEvent { payload, context } = event;
    REQUEST_ID
        .scope(context.request_id.clone(), async {
            let payload = Zeroizing::new(Box::<str>::from(payload));
            let errand = E::read(&payload, &context);
            drop(payload);
            let mut seen = E::seen(service, errand.as_ref().ok());
            let outcome = match errand {
                Ok(errand) => {
                    let deadline = started + remaining_time(&context, seen.origin);
                    match run_with_deadline(handler(errand), deadline).await {
                        Ok(outcome) => outcome,
                        Err(cut) => Err(cut.into()),
                    }
                }
                Err(unreadable) => Err(unreadable),
            };
            seen.took = started.elapsed();
            seen.log(&outcome);
            metrics::write(&seen, &outcome);
            E::told(seen.origin, &outcome, &context.request_id)
        })
        .await
}

/// Why work came to no end.
#[derive(Debug)]
pub(crate) enum Aborted {
    /// It panicked. The hook has said where.
    Panicked,
    /// Its time was up.
    TimedOut,
}

impl From<Aborted> for ApiError {
    fn from(cut: Aborted) -> Self {
        match cut {
            Aborted::Panicked => Self::Internal,
            Aborted::TimedOut => {
                RegistrationError::from(UpstreamError::TimedOut { service: "Gangway" }).into()
            }
        }
    }
}

/// Does the work by the deadline, and survives its panics.
///
/// On the heap, before anything is wrapped around it: each layer would hold a copy of its own, and the stack of a debug
/// build is not that deep.
pub(crate) fn run_with_deadline<F: Future>(
    work: F,
    deadline: Instant,
) -> impl Future<Output = Result<F::Output, Aborted>> {
    let by = move |spare: Duration| deadline.checked_sub(spare).unwrap_or(deadline);
    let work = Box::pin(work);
    let counted = async move {
        let output = work.await;
        metrics::write_upstream_latency(&deadline::upstream_calls());
        output
    };
    let work = catch_unwind(deadline::scope(by(UPSTREAM_RESERVE), counted));
    async move {
        match timeout_at(by(RESPONSE_RESERVE), work).await {
            Ok(done) => done.map_err(|PanicError| Aborted::Panicked),
            Err(_elapsed) => Err(Aborted::TimedOut),
        }
    }
}

/// How long the invocation may take from now on.
pub(crate) fn remaining_time(context: &Context, origin: Trigger) -> Duration {
    #[expect(clippy::disallowed_methods, reason = "Lambda tells the deadline as a time of day")]
    let now = SystemTime::now();
    let cap = match origin {
        Trigger::Http => API_GATEWAY_TIMEOUT,
        Trigger::Event => LAMBDA_MAX_TIMEOUT,
    };
    match context.deadline {
        // Some emulators tell none.
        0 => cap,
        _ => context.deadline().duration_since(now).unwrap_or_default().min(cap),
    }
}

/// What logs and metrics say of an invocation.
pub(crate) struct InvocationRecord {
    pub(crate) service: &'static str,
    pub(crate) origin: Trigger,
    pub(crate) registers: bool,
    pub(crate) took: Duration,
    route: Option<String>,
    gateway_request_id: Option<String>,
}

impl InvocationRecord {
    pub(crate) fn of(service: &'static str, request: Option<&Request>) -> Self {
        Self {
            service,
            origin: request.map_or(Trigger::Event, Request::origin),
            registers: request.is_some_and(Request::is_registration),
            took: Duration::ZERO,
            route: request.and_then(Request::resource).map(str::to_owned),
            gateway_request_id: request.and_then(Request::gateway_request_id).map(str::to_owned),
        }
    }

    #[cfg(test)]
    pub(crate) fn sample(service: &'static str, origin: Trigger, took: Duration) -> Self {
        Self { origin, took, registers: true, ..Self::of(service, None) }
    }

    /// The one line of an invocation. A failure that is ours or a service's comes with its causes.
    pub(crate) fn log(&self, outcome: &Result<Response, ApiError>) {
        let (service, route) = (self.service, self.route.as_deref());
        let gateway_request_id = self.gateway_request_id.as_deref();
        let trigger = match self.origin {
            Trigger::Http => "http",
            Trigger::Event => "event",
        };
        let duration = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        let (method, account) = subject(outcome).unzip();
        let (method, account) = (method.map(AuthMethod::id), account.flatten());
        let account = account.as_ref().map(AccountId::as_str);
        let (word, status) = match outcome {
            Ok(reply) => (reply.outcome(), reply.status()),
            Err(rejection) => (rejection.kind().id, rejection.kind().status),
        };
        let (error, detail) = match outcome {
            Err(ApiError::Registration(RegistrationError::Upstream(error))) => (Some(error), None),
            Err(rejection) => (None, Some(rejection.detail())),
            Ok(_) => (None, None),
        };
        macro_rules! line {
            ($level:ident, $text:literal) => {
                tracing::$level!(
                    service,
                    trigger,
                    route,
                    method,
                    account,
                    outcome = word,
                    status,
                    durationMs = duration,
                    gatewayRequestId = gateway_request_id,
                    error = error.map(|error| error as &(dyn std::error::Error + 'static)),
                    detail,
                    $text
                )
            };
        }
        if status < 500 { line!(info, "answered") } else { line!(error, "failed") }
    }
}

/// The method and account that an outcome is about, as far as it tells.
fn subject(outcome: &Result<Response, ApiError>) -> Option<(AuthMethod, Option<AccountId>)> {
    match outcome {
        Ok(Response::Receipt(receipt)) => Some((receipt.method, Some(receipt.account))),
        Ok(Response::Report(report)) => Some((report.method, report.account)),
        Err(ApiError::Registration(RegistrationError::ChecksFailed(report))) => {
            Some((report.method, report.account))
        }
        Ok(Response::Json(_) | Response::Static(_) | Response::NoContent) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests;
