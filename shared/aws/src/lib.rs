//! AWS, as Gangway needs it: whose credentials these are, what they may do, and where secrets are kept.

mod caller;
pub mod error;
mod http;
#[cfg(feature = "organizations")]
pub mod organizations;
mod secrets;
mod session;
#[cfg(feature = "sqs")]
pub mod sqs;

pub use caller::{CallerIdentity, IdentityKind, Principal};
#[cfg(feature = "fuzzing")]
pub use secrets::fuzzing;
pub use secrets::{SecretPayloadType, SecretsManagerStore, StoredSecret};
pub use session::{AwsSession, ConfigError};
