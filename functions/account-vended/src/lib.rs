//! Brings accounts aboard that events tell of, and takes closed ones off: understand, enter, ensure, register.

mod account_role;
mod config;
mod event;
mod handler;
mod management;
mod matching_accounts;
mod offboard;
mod onboard;
mod outcome;
mod palette_cache;
mod register;
mod role;
mod time;

pub use handler::VendingHandler;

/// The account that a message is about, as a deployment in this partition understands it, or why it is not understood: for
/// tests that put any message there is to it.
#[doc(hidden)]
pub fn subject(
    body: &str,
    deployed: gangway_model::Partition,
) -> Result<Option<gangway_model::AccountId>, String> {
    event::Event::parse(body, deployed)
        .map(|event| event.account())
        .map_err(|fault| fault.to_string())
}
