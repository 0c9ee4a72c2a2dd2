//! The origin of the request in progress (its id, initiator and correlation ids), as a task-local
//! value.
//!
//! The origin is not a parameter, because most functions would only pass it on to the functions
//! that write session names, annotations and tags. Spawned tasks do not inherit the origin.

use gangway_model::RequestOrigin;

tokio::task_local! {
    static ORIGIN: RequestOrigin;
}

/// Runs `work` as one request with this origin.
pub async fn scope<F: Future>(origin: RequestOrigin, work: F) -> F::Output {
    ORIGIN.scope(origin, work).await
}

/// Returns the origin of the request in progress. Outside [`scope`], returns the origin of a direct
/// invocation without an id.
pub fn current() -> RequestOrigin {
    ORIGIN.try_with(Clone::clone).unwrap_or_default()
}
