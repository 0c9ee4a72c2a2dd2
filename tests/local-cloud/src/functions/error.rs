//! Why an invocation brought no answer.

use std::{path::PathBuf, time::Duration};

/// As Lambda tells its callers apart.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FunctionError {
    /// There is no binary to start.
    #[error("{} is not there: build the functions first, with `cargo build --workspace --bins`", binary.display())]
    NotBuilt {
        /// Where it was looked for.
        binary: PathBuf,
    },
    /// The binary, or its runtime API, did not start.
    #[error("{} did not start: {reason}", binary.display())]
    NotStarted {
        /// Which binary.
        binary: PathBuf,
        /// Why not.
        reason: String,
    },
    /// It ended, or told an error, before it asked for work.
    #[error("{package} failed to start: {reason}\n{logs}")]
    Init {
        /// Which function.
        package: String,
        /// What it said, or how it ended.
        reason: String,
        /// What it wrote.
        logs: String,
    },
    /// It answered with an error. To a synchronous caller this is a 200 with `X-Amz-Function-Error`; an event is retried.
    #[error("{kind}: {message}")]
    Failed {
        /// `errorType`.
        kind: String,
        /// `errorMessage`.
        message: String,
    },
    /// It ended while it worked.
    #[error("{package} exited: {reason}")]
    Exited {
        /// Which function.
        package: String,
        /// How it ended.
        reason: String,
    },
    /// It took longer than it may.
    #[error("{package} timed out after {after:?}")]
    TimedOut {
        /// Which function.
        package: String,
        /// Its timeout.
        after: Duration,
    },
}
