//! Brings accounts aboard that events tell of, and takes closed ones off: understand, enter, ensure, register.

mod ensure;
mod entry;
mod event;
mod management;
mod namesakes;
mod offboard;
mod onboard;
mod outcome;
mod palette;
mod register;
mod settings;
mod time;
mod vending;

pub use vending::Vending;

/// The account that a message is about, as a deployment in this partition understands it, or why it is not understood: for
/// tests that put any message there is to it.
#[doc(hidden)]
pub fn subject(
    body: &str,
    deployed: gangway_model::Partition,
) -> Result<Option<gangway_model::AccountId>, String> {
    event::Event::read(body, deployed)
        .map(|event| event.account())
        .map_err(|fault| fault.to_string())
}
