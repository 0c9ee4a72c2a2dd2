//! The origin of the request in progress, as task-local state.
//!
//! It is not a parameter: every workflow would only pass it on, to the sessions, annotations and
//! tags at its end. Tasks that are spawned do not inherit it.

use gangway_model::RequestOrigin;

tokio::task_local! {
    static ORIGIN: RequestOrigin;
}

/// Runs `work` as one request.
pub async fn scope<F: Future>(origin: RequestOrigin, work: F) -> F::Output {
    ORIGIN.scope(origin, work).await
}

/// Returns the origin of the request in progress; outside [`scope`] it is a direct invocation
/// without an id.
pub fn current() -> RequestOrigin {
    ORIGIN.try_with(Clone::clone).unwrap_or_default()
}
