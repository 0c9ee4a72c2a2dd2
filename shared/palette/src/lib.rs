//! Palette's API, as far as registering AWS accounts needs it.

mod accounts;
mod api_key;
mod api_request;
mod client;
mod error;
mod error_response;
mod exchange;
#[doc(hidden)]
pub mod fuzzing;
mod gateway;
mod projects;
mod rate_limiter;
mod request;
mod response;
mod scrub;
mod secret_partitions;
mod state;
mod sts_source;
mod validation;

pub use accounts::AccountPage;
pub use client::{PaletteClient, ScopedClient};
pub use gateway::{
    GATEWAY_PROXY, GATEWAY_REGISTERED, GATEWAY_RUNNING, GatewayCheck, PrivateCloudGateway,
};
pub use projects::{ScopedResults, query_scopes};
pub use secret_partitions::{EndpointOverrides, PortalKeysResult, SecretPartitionFlag};
pub use state::{API_KEY_VALID, PaletteState};
pub use sts_source::StsSourceAccount;
pub use validation::{IamPolicy, ValidationOutcome};

/// Who is meant, in errors.
const SERVICE: &str = "Palette";

#[cfg(test)]
mod tests;
