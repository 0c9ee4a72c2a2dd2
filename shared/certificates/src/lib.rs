//! Certificates and private keys in PEM, as people paste them: parsed, checked, and written in one
//! normalized form.
//!
//! Every type holds a completely parsed value. Functions that depend on the time take it as an
//! argument.

mod ca_chain;
mod certificate;
mod client_certificate;
mod error;
mod pem;
mod private_key;
mod signature;
mod validity;

#[cfg(test)]
mod tests;

pub use ca_chain::{CaChain, ChainStatus, parse_bundle};
pub use client_certificate::ClientCertificate;
pub use error::{Expected, PemError};
pub use pem::PemLabel;
pub use private_key::PrivateKey;
pub use rustls::pki_types::CertificateDer;
pub use time::Date;
pub use validity::Validity;
