//! HTTP client code for all outside systems: trusted CA certificates, the shared client, deadlines
//! and retry policies.

mod client;
pub mod clock;
pub mod deadline;
mod error_chain;
pub mod origin;
mod retry;
mod roots;
mod tls_probe;
pub mod upstream_timing;

pub use backon::Retryable;
pub use client::{build_client, build_client_with_identity};
pub use error_chain::error_chain;
pub use retry::{Delays, RetryPolicy};
pub use roots::{RootStore, TlsError};
pub use tls_probe::{ProbeError, TlsFailure, probe};
