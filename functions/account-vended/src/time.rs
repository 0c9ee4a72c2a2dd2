//! How old things are.

use std::time::{Duration, SystemTime};

/// How long ago that was; nothing where it is still to come.
pub(crate) fn since(time: SystemTime) -> Duration {
    #[expect(
        clippy::disallowed_methods,
        reason = "AWS tells when accounts and roles were made as a time of day"
    )]
    let now = SystemTime::now();
    now.duration_since(time).unwrap_or_default()
}
