//! Errors of the invocation of a function.

use std::{path::PathBuf, time::Duration};

/// The reason why an invocation has no response.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FunctionError {
    /// The binary of the function does not exist.
    #[error(
        "{} does not exist. Build the functions with `cargo build --workspace --bins`.",
        binary.display()
    )]
    NotBuilt {
        /// Path at which the binary is expected.
        binary: PathBuf,
    },
    /// The process or its runtime API did not start.
    #[error("{} could not be started: {reason}", binary.display())]
    NotStarted { binary: PathBuf, reason: String },
    /// The process failed before it requested an event.
    #[error("{package} failed to start: {reason}\n{logs}")]
    Init {
        /// Package name of the function.
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
        /// The member `errorType` of the error.
        kind: String,
        /// The member `errorMessage` of the error.
        message: String,
    },
    /// The process exited during the invocation.
    #[error("{package} exited: {reason}")]
    Exited {
        /// Package name of the function.
        package: String,
        /// Exit status.
        reason: String,
    },
    /// The function sent no response before its timeout.
    #[error("{package} timed out after {after:?}")]
    TimedOut {
        /// Package name of the function.
        package: String,
        /// Timeout of the function.
        after: Duration,
    },
}
