//! Starts a function and serves its invocations.

use std::process::ExitCode;

use lambda_runtime::{Error, Runtime, service_fn};

use crate::{
    ApiError, Fields, MessageResult, Request, Response, SqsMessage, invocation::handle_invocation,
    logs, panics, queue::handle_batch, schedule::ScheduledRequest,
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
    /// Serves requests of API Gateway, and events that ask for a registration.
    pub async fn serve_http<H>(self, handler: H) -> Result<(), Error>
    where
        H: AsyncFn(Request) -> Result<Response, ApiError>,
    {
        let handler = &async |request: Request| {
            let trigger = request.trigger();
            handler(request).await.map_err(|error| error.with_project_pointer(trigger))
        };
        Runtime::new(service_fn(move |event| handle_invocation(self.name, handler, event)))
            .run()
            .await
    }

    /// Serves batches of SQS messages. A message that is to be retried is reported as a batch item
    /// failure.
    pub async fn serve_sqs<H>(self, handler: H) -> Result<(), Error>
    where
        H: AsyncFn(&SqsMessage) -> MessageResult,
    {
        let handler = &handler;
        Runtime::new(service_fn(move |event| handle_batch(self.name, handler, event))).run().await
    }

    /// Serves scheduled events, and direct invocations with fields of their own. Any failure but
    /// invalid fields is an error of the function, so that alarms see it.
    pub async fn serve_schedule<H>(self, handler: H) -> Result<(), Error>
    where
        H: AsyncFn(Fields) -> Result<Response, ApiError>,
    {
        let handler = &async |request: ScheduledRequest| handler(request.fields).await;
        Runtime::new(service_fn(move |event| handle_invocation(self.name, handler, event)))
            .run()
            .await
    }
}
