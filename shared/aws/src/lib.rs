//! AWS, as Gangway needs it: whose credentials these are, what they may do, and where secrets are kept.

mod caller;
pub mod fault;
mod http;
#[cfg(feature = "organizations")]
pub mod organizations;
mod sdk;
#[cfg(feature = "sqs")]
pub mod sqs;
mod vault;

pub use caller::{Caller, CallerKind, Principal};
pub use sdk::{Aws, Misconfigured};
pub use vault::{Contents, Kept, SecretsManager, outside};
