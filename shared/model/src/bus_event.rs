use std::borrow::Cow;

/// An event to put on an EventBridge event bus: the members that differ between events.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BusEvent {
    pub detail_type: Cow<'static, str>,
    /// The member `detail`: a JSON object, as text.
    pub detail: String,
}
