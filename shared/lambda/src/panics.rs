//! Converts panics to errors. Only the location of a panic is logged: its message may contain a
//! secret.

use std::panic::{AssertUnwindSafe, set_hook};

use futures_util::FutureExt as _;

/// Error of work that panicked. The panic hook has logged the location.
#[derive(Debug)]
pub(crate) struct PanicError;

/// Installs a panic hook that logs the location and nothing else.
pub(crate) fn install_hook() {
    set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        tracing::error!(location, "panic");
    }));
}

/// Runs `work`. If `work` panics, drops `work` without polling it again.
///
/// # Errors
///
/// [`PanicError`] if `work` panicked.
pub(crate) async fn catch_unwind<F: Future>(work: F) -> Result<F::Output, PanicError> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|_message| PanicError)
}
