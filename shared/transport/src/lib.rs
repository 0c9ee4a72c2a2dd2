//! The way out: TLS set up once, one HTTP client for everything, and the time that is left.

pub mod budget;
mod client;
mod roots;

pub use client::client;
pub use roots::{Roots, TlsError};
