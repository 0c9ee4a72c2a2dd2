//! AWS, as Gangway needs it: whose credentials these are, what they may do, and where secrets are kept.

mod caller;
pub mod checks;
pub mod fault;
mod http;
mod sdk;
mod vault;

pub use caller::{Caller, CallerKind, Principal};
pub use sdk::{Aws, Misconfigured};
pub use vault::{Contents, Kept, SecretsManager, outside};
