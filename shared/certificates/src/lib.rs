//! Types that parse and check certificates and private keys in PEM, and write them in one
//! normalized form. People paste such texts into requests, so the parser accepts many variants of
//! PEM.
//!
//! Every value is completely parsed. Functions that depend on the current time have it as an
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
pub use error::{ExpectedContent, PemError};
pub use pem::PemLabel;
pub use private_key::PrivateKey;
pub use rustls::pki_types::CertificateDer;
pub use time::Date;
pub use validity::Validity;
