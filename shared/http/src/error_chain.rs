use std::{error::Error, fmt::Write as _};

/// Returns the messages of an error and of all its sources, joined by `: `, for the log.
pub fn error_chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a `String` cannot fail.
        let _infallible = write!(line, ": {cause}");
        source = cause.source();
    }
    line
}
