//! An event for an event bus.

use std::borrow::Cow;

/// An event without its envelope.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BusEvent {
    pub detail_type: Cow<'static, str>,
    /// A JSON object.
    pub detail: String,
}
