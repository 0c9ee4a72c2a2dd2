//! Starts a Lambda function and serves its invocations.

use std::process::ExitCode;

use gangway_model::{BusEvent, Partition, UpstreamError};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, Runtime, service_fn};
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    ApiError, Fields, MessageResult, Publisher, Request, Response, SecretRotationEvent, SqsMessage,
    invocation::handle_invocation,
    logs, panics,
    queue::{QueueKind, handle_batch, is_batch},
    schedule::ScheduledRequest,
};

/// A Lambda function whose log is set up. Each method serves the invocations of one kind of
/// trigger, until Lambda shuts the execution environment down.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    name: &'static str,
}

/// Runs a Lambda function: sets up the log and the panic hook, then awaits `serve`. `serve` creates
/// the clients of the function, and calls one of the methods of [`Function`].
///
/// An error at start is logged at level ERROR. The process then exits with status 1, which Lambda
/// reports as `Runtime.ExitError`.
pub async fn run<F>(name: &'static str, serve: F) -> ExitCode
where
    F: AsyncFnOnce(Function) -> Result<(), Error>,
{
    init_logging(name);
    match serve(Function { name }).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error: &(dyn std::error::Error + 'static) = &*error;
            tracing::error!(error, "the function cannot start");
            ExitCode::FAILURE
        }
    }
}

/// Sets up the log and the panic hook.
fn init_logging(name: &'static str) {
    logs::init(name);
    panics::install_hook();
}

impl Function {
    /// Serves HTTP requests, and events that request a registration. Publishes the outcome events.
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

    /// Serves batches of SQS messages. Reports each message to retry as a batch item failure.
    /// Publishes the outcome events. `event_sources` are the sources whose `source` and `id`
    /// Gangway accepts from an event in a notification of SNS.
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

    /// Serves batches of SQS messages that contain requests of CloudFormation for resources of
    /// stacks. Does the same as [`Self::serve_sqs`] otherwise.
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

    /// Serves three kinds of payloads. `on_schedule` handles scheduled events, and direct
    /// invocations with a JSON object of fields. `on_message` handles the messages of SQS batches.
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

    /// Serves the events with which Secrets Manager requests the steps of rotations. The handler
    /// has to publish the outcome events.
    pub async fn serve_rotation<H>(self, partition: Partition, handler: H) -> Result<(), Error>
    where
        H: AsyncFn(SecretRotationEvent) -> Result<Response, ApiError>,
    {
        let (handler, publisher) = (&handler, &Publisher::none(partition));
        let serve = move |event| handle_invocation(self.name, handler, publisher, event);
        Runtime::new(service_fn(serve)).run().await
    }

    /// Serves scheduled events, and direct invocations with a JSON object of fields. Every failure
    /// except invalid fields is an error of the invocation, so that alarms notice it. Publishes no
    /// outcome events.
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
