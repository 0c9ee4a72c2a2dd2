//! Client of the part of Palette's API that Gangway needs.
//!
//! This crate sends requests and returns typed facts. The crate `gangway-checks` decides whether a
//! fact permits a registration.

mod accounts;
mod api_key;
mod api_request;
mod api_response;
mod client;
mod error;
mod error_response;
mod exchange;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod gateway;
mod projects;
mod quota;
mod rate_limiter;
mod redact;
mod request;
mod response;
mod response_cache;
mod secret_partitions;
mod state;
mod sts_source;
mod validation;

pub use accounts::AccountPage;
pub use client::{PaletteClient, ScopedClient};
pub use gateway::PrivateCloudGateway;
pub use projects::{Project, ScopedResults, query_scopes};
pub use quota::AccountQuota;
pub use secret_partitions::{
    EndpointOverrides, PortalKeysResult, RegionOverrides, SecretPartitionFlag,
};
pub use state::{ApiKeyStatus, PaletteState};
pub use sts_source::StsSourceAccount;
pub use validation::{IamPolicy, ValidationOutcome};

/// Display name of Palette in error messages and metrics.
const SERVICE: &str = "Palette";

#[cfg(test)]
mod tests;
