//! What is made of payloads, for tests that hand over any there is.

use crate::{ApiError, JsonFields, SqsMessage, schedule};

/// The messages of a batch; `None` where it is none.
pub fn messages(payload: &str) -> Option<Vec<SqsMessage>> {
    crate::queue::messages(payload).ok()
}

/// What a schedule or somebody by hand asks.
pub fn decode_schedule(payload: &str) -> Result<JsonFields, ApiError> {
    schedule::members(payload)
}
