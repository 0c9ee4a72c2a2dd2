//! Palette's API, as far as registering AWS accounts needs it.

mod accounts;
mod call;
mod client;
mod enclave;
mod exchange;
mod fault;
mod gate;
mod gateway;
mod key;
#[doc(hidden)]
pub mod outside;
mod projects;
mod read;
mod refusal;
mod scrub;
mod session;
mod trust;
mod validation;
mod wire;

pub use accounts::Page;
pub use client::{Palette, Scoped};
pub use enclave::{Fetched, Overrides, SecretPartitions};
pub use gateway::{GATEWAY, GATEWAY_PROXY, GATEWAY_RUNNING, Gateway, GatewayInfo};
pub use projects::{Survey, survey};
pub use session::{Look, SESSION};
pub use trust::TrustFacts;
pub use validation::{IamPolicy, Verdict};

/// Who is meant, in errors.
const SERVICE: &str = "Palette";

#[cfg(test)]
mod tests;
