//! Errors of invocations.

use std::{path::PathBuf, time::Duration};

/// An invocation without a response.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FunctionError {
    /// The binary does not exist.
    #[error("{} is not there: build the functions first, with `cargo build --workspace --bins`", binary.display())]
    NotBuilt {
        /// Expected path.
        binary: PathBuf,
    },
    /// The process or its runtime API did not start.
    #[error("{} did not start: {reason}", binary.display())]
    NotStarted { binary: PathBuf, reason: String },
    /// The process failed before it polled for an event.
    #[error("{package} failed to start: {reason}\n{logs}")]
    Init {
        /// Package name.
        package: String,
        /// Error message or exit status.
        reason: String,
        /// Output of the process.
        logs: String,
    },
    /// The function returned an error. A synchronous caller gets status 200 with
    /// `X-Amz-Function-Error`; an event is retried.
    #[error("{kind}: {message}")]
    Failed {
        /// `errorType`.
        kind: String,
        /// `errorMessage`.
        message: String,
    },
    /// The process exited during the invocation.
    #[error("{package} exited: {reason}")]
    Exited {
        /// Package name.
        package: String,
        /// Exit status.
        reason: String,
    },
    /// The invocation timed out.
    #[error("{package} timed out after {after:?}")]
    TimedOut {
        /// Package name.
        package: String,
        after: Duration,
    },
}
