//! Runs one instance of a function: a process with its own runtime API.

use std::{
    io,
    path::Path,
    process::Stdio,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    process::{Child, Command},
    sync::oneshot,
    time::{sleep, timeout},
};

use super::{
    CredentialLifetime, FunctionError, FunctionLogs, HostConfig,
    runtime_api::{Invocation, RuntimeApi},
};
use crate::cloudformation::Function;

/// Lambda's timeout for the start of an instance (the init phase).
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

const RUNTIME_API_STOPPED: &str = "The runtime API has stopped.";

/// Number of the next invocation, which becomes a part of its request id.
static NEXT_INVOCATION: AtomicU64 = AtomicU64::new(1);

/// A process of a function that has started and requested an event. It is killed when it is
/// dropped.
#[derive(Debug)]
pub(super) struct Instance {
    child: Child,
    api: RuntimeApi,
    /// Time from the start of the process to its first request for an event.
    cold_start_time: Duration,
    /// How far the cloud's clock was advanced at the start of the process, in seconds.
    advanced_at_start: i64,
}

impl Instance {
    /// Starts a process, and waits until it requests an event.
    pub(super) async fn start(
        binary: &Path,
        function: &Function,
        host_config: &HostConfig,
        logs: &FunctionLogs,
    ) -> Result<Self, FunctionError> {
        if !binary.is_file() {
            return Err(FunctionError::NotBuilt { binary: binary.to_owned() });
        }
        let not_started = |error: io::Error| FunctionError::NotStarted {
            binary: binary.to_owned(),
            reason: error.to_string(),
        };
        let advanced_at_start = host_config.clock.advanced_seconds();
        let (api, start_result) = RuntimeApi::start().await.map_err(not_started)?;
        let mut command = Command::new(binary);
        command.env_clear().envs(host_config.build_environment(
            function,
            api.address,
            CredentialLifetime::OneHour,
        ));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = spawn(&mut command).await.map_err(not_started)?;
        if let Some(stdout) = child.stdout.take() {
            logs.follow(stdout);
        }
        if let Some(stderr) = child.stderr.take() {
            logs.follow(stderr);
        }
        let reason = tokio::select! {
            biased;
            result = start_result => match result {
                Ok(Ok(first_request)) => {
                    let cold_start_time = first_request.duration_since(started);
                    return Ok(Self { child, api, cold_start_time, advanced_at_start });
                }
                Ok(Err(reason)) => reason,
                Err(_closed) => RUNTIME_API_STOPPED.to_owned(),
            },
            exit = child.wait() => describe_exit(exit),
            () = sleep(INIT_TIMEOUT) => {
                format!("The process did not request an event within {INIT_TIMEOUT:?}.")
            }
        };
        // Waits until the last output of the process has arrived.
        let _exit = timeout(Duration::from_millis(200), child.wait()).await;
        tokio::task::yield_now().await;
        Err(FunctionError::Init { package: function.package.clone(), reason, logs: logs.text() })
    }

    pub(super) const fn cold_start_time(&self) -> Duration {
        self.cold_start_time
    }

    /// Returns how far the cloud's clock was advanced at the start of the process, in seconds.
    pub(super) const fn advanced_at_start(&self) -> i64 {
        self.advanced_at_start
    }

    pub(super) fn process_id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Sends an event to the process, and waits for the response.
    pub(super) async fn invoke(
        &mut self,
        event: &Value,
        function: &Function,
    ) -> Result<Value, FunctionError> {
        let package = function.package.clone();
        let (response, response_receiver) = oneshot::channel();
        let number = NEXT_INVOCATION.fetch_add(1, Ordering::Relaxed);
        let invocation = Invocation {
            id: format!("5f0c1a2b-3c4d-4e6f-8071-{number:012x}"),
            event: event.clone(),
            function_arn: function.arn.clone(),
            timeout: function.timeout,
            response,
        };
        if self.api.invocations.send(invocation).await.is_err() {
            return Err(FunctionError::Exited { package, reason: RUNTIME_API_STOPPED.into() });
        }
        tokio::select! {
            biased;
            response = response_receiver => response.unwrap_or_else(|_closed| {
                Err(FunctionError::Exited { package, reason: RUNTIME_API_STOPPED.into() })
            }),
            exit = self.child.wait() => {
                Err(FunctionError::Exited { package, reason: describe_exit(exit) })
            }
            () = sleep(function.timeout) => {
                Err(FunctionError::TimedOut { package, after: function.timeout })
            }
        }
    }
}

/// Describes the exit status of a process.
fn describe_exit(exit: io::Result<std::process::ExitStatus>) -> String {
    exit.map_or_else(|error| error.to_string(), |status| status.to_string())
}

/// Starts a process. Retries while another process has the binary open for writing.
async fn spawn(command: &mut Command) -> io::Result<Child> {
    let first_attempt = Instant::now();
    loop {
        match command.kill_on_drop(true).spawn() {
            Err(error)
                if error.kind() == io::ErrorKind::ExecutableFileBusy
                    && first_attempt.elapsed() < INIT_TIMEOUT =>
            {
                sleep(Duration::from_millis(1)).await;
            }
            result => return result,
        }
    }
}
