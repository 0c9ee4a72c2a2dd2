//! One process of a function, with its own runtime API.

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

/// Lambda's timeout of the init phase.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

static NEXT_INVOCATION: AtomicU64 = AtomicU64::new(1);

/// A process that has polled for an event. It is killed when dropped.
#[derive(Debug)]
pub(super) struct Instance {
    child: Child,
    api: RuntimeApi,
    first_poll: Duration,
    advanced_at_start: i64,
}

impl Instance {
    pub(super) async fn start(
        binary: &Path,
        function: &Function,
        hosting: &HostConfig,
        logs: &FunctionLogs,
    ) -> Result<Self, FunctionError> {
        if !binary.is_file() {
            return Err(FunctionError::NotBuilt { binary: binary.to_owned() });
        }
        let not_started = |error: io::Error| FunctionError::NotStarted {
            binary: binary.to_owned(),
            reason: error.to_string(),
        };
        let passed = hosting.clock.advanced_seconds();
        let (api, ready) = RuntimeApi::start().await.map_err(not_started)?;
        let mut command = Command::new(binary);
        command.env_clear().envs(hosting.process_variables(
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
            ready = ready => match ready {
                Ok(Ok(polled)) => {
                    let first_poll = polled.duration_since(started);
                    return Ok(Self { child, api, first_poll, advanced_at_start: passed });
                }
                Ok(Err(reason)) => reason,
                Err(_gone) => "its runtime API ended".to_owned(),
            },
            ended = child.wait() => describe_exit(ended),
            () = sleep(INIT_TIMEOUT) => format!("it asked for no work within {INIT_TIMEOUT:?}"),
        };
        // Waits for the last output in the pipe.
        let _ended = timeout(Duration::from_millis(200), child.wait()).await;
        tokio::task::yield_now().await;
        Err(FunctionError::Init { package: function.package.clone(), reason, logs: logs.text() })
    }

    pub(super) const fn first_poll(&self) -> Duration {
        self.first_poll
    }

    /// Returns how far the clock was advanced when the process started, in seconds.
    pub(super) const fn advanced_at_start(&self) -> i64 {
        self.advanced_at_start
    }

    pub(super) fn process_id(&self) -> Option<u32> {
        self.child.id()
    }

    pub(super) async fn invoke(
        &mut self,
        event: &Value,
        function: &Function,
    ) -> Result<Value, FunctionError> {
        let package = function.package.clone();
        let (response, answered) = oneshot::channel();
        let number = NEXT_INVOCATION.fetch_add(1, Ordering::Relaxed);
        let invocation = Invocation {
            id: format!("5f0c1a2b-3c4d-4e6f-8071-{number:012x}"),
            event: event.clone(),
            function_arn: function.arn.clone(),
            timeout: function.timeout,
            response,
        };
        if self.api.work.send(invocation).await.is_err() {
            return Err(FunctionError::Exited { package, reason: "its runtime API ended".into() });
        }
        tokio::select! {
            biased;
            answered = answered => answered.unwrap_or_else(|_gone| {
                Err(FunctionError::Exited { package, reason: "its runtime API ended".into() })
            }),
            ended = self.child.wait() => Err(FunctionError::Exited { package, reason: describe_exit(ended) }),
            () = sleep(function.timeout) => Err(FunctionError::TimedOut { package, after: function.timeout }),
        }
    }
}

fn describe_exit(ended: io::Result<std::process::ExitStatus>) -> String {
    ended.map_or_else(|error| error.to_string(), |status| status.to_string())
}

/// Starts the process. Retries while another process still has the binary open for writing.
async fn spawn(command: &mut Command) -> io::Result<Child> {
    let since = Instant::now();
    loop {
        match command.kill_on_drop(true).spawn() {
            Err(busy)
                if busy.kind() == io::ErrorKind::ExecutableFileBusy
                    && since.elapsed() < INIT_TIMEOUT =>
            {
                sleep(Duration::from_millis(1)).await;
            }
            spawned => return spawned,
        }
    }
}
