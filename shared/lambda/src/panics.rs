//! What a panic may do and say: an answer like any other failure's, and the place in the log. Its text may hold anything.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, set_hook},
    pin::pin,
    task::Poll,
};

/// The work panicked. The hook has said where.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Logs the place, and nothing else.
pub(crate) fn start() {
    set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panicked");
    }));
}

/// Does the work; a panic in it is an error.
pub(crate) async fn caught<F: Future>(work: F) -> Result<F::Output, Panicked> {
    let mut work = pin!(work);
    poll_fn(|context| {
        // After a panic the work is dropped and never polled again, so nothing sees it half done.
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_text) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}
