//! Certificates and keys as people paste them: PEM that is read, judged and written down again in one form.
//!
//! What is here cannot be half read. Whether a certificate is still good is asked with the time as an argument.

mod authority;
mod certificate;
mod client;
mod fault;
mod key;
mod pem;
mod validity;

#[cfg(test)]
mod tests;

pub use authority::{CaChain, Links};
pub use client::ClientCertificate;
pub use fault::{Fault, Wanted};
pub use key::PrivateKey;
pub use pem::Label;
pub use rustls::pki_types::CertificateDer;
pub use validity::{Day, Validity};
