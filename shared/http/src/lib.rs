//! The way out: TLS set up once, one HTTP client for everything, and the time that is left.

pub mod budget;
mod client;
mod handshake;
mod roots;

pub use client::{client, identified};
pub use handshake::{TlsRefusal, Unreached, handshake};
pub use roots::{Roots, TlsError};
