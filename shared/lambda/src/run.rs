//! Starts a function and serves its invocations.

use std::process::ExitCode;

use gangway_model::{BusEvent, Partition, UpstreamError};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, Runtime, service_fn};
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    ApiError, Fields, MessageResult, Publisher, Request, Response, SecretRotation, SqsMessage,
    invocation::handle_invocation,
    logs, panics,
    queue::{QueueKind, handle_batch, is_batch},
    schedule::ScheduledRequest,
};

/// A Lambda function with its telemetry set up. The methods serve one kind of trigger each, until
/// Lambda shuts the environment down.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    name: &'static str,
}

/// Runs a function: sets up telemetry, then awaits `serve`, which builds what the function needs and
/// calls one of the methods of [`Function`].
///
/// An error at start is logged at level ERROR. The process then exits with status 1, which Lambda
/// reports as `Runtime.ExitError`.
pub async fn run<F>(name: &'static str, serve: F) -> ExitCode
where
    F: AsyncFnOnce(Function) -> Result<(), Error>,
{
    init_telemetry(name);
    match serve(Function { name }).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error: &(dyn std::error::Error + 'static) = &*error;
            tracing::error!(error, "the function cannot start");
            ExitCode::FAILURE
        }
    }
}

/// Sets up logging and the panic hook.
fn init_telemetry(name: &'static str) {
    logs::init(name);
    panics::install_hook();
}

impl Function {
    /// Serves HTTP requests, and events that ask for a registration. Publishes what became of the
    /// accounts.
    pub async fn serve_http<H, P>(self, handler: H, publisher: Publisher<P>) -> Result<(), Error>
    where
        H: AsyncFn(Request) -> Result<Response, ApiError>,
        P: AsyncFn(Vec<BusEvent>) -> Result<(), UpstreamError>,
    {
        let handler = &async |request: Request| {
            let trigger = request.trigger();
            handler(request).await.map_err(|error| error.with_project_pointer(trigger))
        };
        let publisher = &publisher;
        let serve = move |event| handle_invocation(self.name, handler, publisher, event);
        Runtime::new(service_fn(serve)).run().await
    }

    /// Serves batches of SQS messages. A message that is to be retried is reported as a batch item
    /// failure. Publishes what became of the accounts. `event_sources` may name themselves and their ids in
    /// notifications of SNS.
    pub async fn serve_sqs<H, P>(
        self,
        handler: H,
        publisher: Publisher<P>,
        event_sources: &[String],
    ) -> Result<(), Error>
    where
        H: AsyncFn(&SqsMessage) -> MessageResult,
        P: AsyncFn(Vec<BusEvent>) -> Result<(), UpstreamError>,
    {
        let (handler, publisher) = (&handler, &publisher);
        let kind = QueueKind::Accounts(event_sources);
        let serve = move |event| handle_batch(self.name, handler, publisher, kind, event);
        Runtime::new(service_fn(serve)).run().await
    }

    /// Serves batches of SQS messages like [`Self::serve_sqs`]. They contain requests of CloudFormation for
    /// resources of stacks.
    pub async fn serve_stacks<H, P>(self, handler: H, publisher: Publisher<P>) -> Result<(), Error>
    where
        H: AsyncFn(&SqsMessage) -> MessageResult,
        P: AsyncFn(Vec<BusEvent>) -> Result<(), UpstreamError>,
    {
        let (handler, publisher) = (&handler, &publisher);
        let kind = QueueKind::Stacks;
        let serve = move |event| handle_batch(self.name, handler, publisher, kind, event);
        Runtime::new(service_fn(serve)).run().await
    }

    /// Serves scheduled events and direct invocations with fields of their own, which `on_schedule` handles,
    /// and batches of SQS messages, which `on_message` handles.
    pub async fn serve_schedule_and_sqs<S, H>(
        self,
        partition: Partition,
        on_schedule: S,
        on_message: H,
    ) -> Result<(), Error>
    where
        S: AsyncFn(Fields) -> Result<Response, ApiError>,
        H: AsyncFn(&SqsMessage) -> MessageResult,
    {
        let on_schedule = &async |request: ScheduledRequest| on_schedule(request.fields).await;
        let (on_message, publisher) = (&on_message, &Publisher::none(partition));
        let serve = async |event: LambdaEvent<Box<RawValue>>| {
            if is_batch(event.payload.get()) {
                let response =
                    handle_batch(self.name, on_message, publisher, QueueKind::Accounts(&[]), event)
                        .await?;
                to_raw_value(&response).map_err(|error| Diagnostic {
                    error_type: "Gangway.InvalidResponse".to_owned(),
                    error_message: error.to_string(),
                })
            } else {
                handle_invocation(self.name, on_schedule, publisher, event).await
            }
        };
        Runtime::new(service_fn(serve)).run().await
    }

    /// Serves the steps of rotations that Secrets Manager asks for. The handler publishes what became of the
    /// accounts.
    pub async fn serve_rotation<H>(self, partition: Partition, handler: H) -> Result<(), Error>
    where
        H: AsyncFn(SecretRotation) -> Result<Response, ApiError>,
    {
        let (handler, publisher) = (&handler, &Publisher::none(partition));
        let serve = move |event| handle_invocation(self.name, handler, publisher, event);
        Runtime::new(service_fn(serve)).run().await
    }

    /// Serves scheduled events, and direct invocations with fields of their own. Any failure but
    /// invalid fields is an error of the function, so that alarms see it. They change no account.
    pub async fn serve_schedule<H>(self, partition: Partition, handler: H) -> Result<(), Error>
    where
        H: AsyncFn(Fields) -> Result<Response, ApiError>,
    {
        let handler = &async |request: ScheduledRequest| handler(request.fields).await;
        let publisher = &Publisher::none(partition);
        let serve = move |event| handle_invocation(self.name, handler, publisher, event);
        Runtime::new(service_fn(serve)).run().await
    }
}
