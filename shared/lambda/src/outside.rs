//! What is made of payloads, for tests that hand over any there is.

use crate::{Members, Message, Rejection, schedule};

/// The messages of a batch; `None` where it is none.
pub fn messages(payload: &str) -> Option<Vec<Message>> {
    crate::queue::messages(payload).ok()
}

/// What a schedule or somebody by hand asks.
pub fn asked(payload: &str) -> Result<Members, Rejection> {
    schedule::members(payload)
}
