//! Registers AWS accounts in Palette when events announce them, and reports or removes closed ones.

mod account_role;
mod config;
mod context;
mod drift;
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

pub use handler::VendingHandler;

/// Parses a queue message as a deployment in `partition` does, and returns the account that the
/// message names. An error says why the message is not valid. Only fuzz tests call this function.
#[doc(hidden)]
pub fn parse_account(
    body: &str,
    partition: gangway_model::Partition,
) -> Result<Option<gangway_model::AccountId>, String> {
    event::Event::parse(body, partition)
        .map(|event| event.account())
        .map_err(|error| error.to_string())
}
