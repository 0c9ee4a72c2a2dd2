//! Certificates and keys as people paste them: PEM that is read, judged and written down again in one form.
//!
//! What is here cannot be half read. Whether a certificate is still good is asked with the time as an argument.

mod ca_chain;
mod certificate;
mod client_certificate;
mod error;
mod pem;
mod private_key;
mod validity;

#[cfg(test)]
mod tests;

pub use ca_chain::{CaChain, ChainStatus};
pub use client_certificate::ClientCertificate;
pub use error::{Expected, PemError};
pub use pem::PemLabel;
pub use private_key::PrivateKey;
pub use rustls::pki_types::CertificateDer;
pub use validity::{Date, Validity};
