//! The way out: TLS set up once, one HTTP client for everything, and the time that is left.

mod client;
pub mod deadline;
pub mod retry;
mod roots;
mod tls_probe;

pub use backon::Retryable;
pub use client::{build_client, build_client_with_identity};
pub use retry::RetryPolicy;
pub use roots::{RootStore, TlsError};
pub use tls_probe::{ProbeError, TlsFailure, probe};
