//! An event for an event bus.

/// An event without its envelope.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BusEvent {
    pub detail_type: &'static str,
    /// A JSON object.
    pub detail: String,
}
