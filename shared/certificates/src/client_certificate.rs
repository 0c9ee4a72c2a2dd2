//! Client certificates for mutual TLS.

use std::{str::FromStr, time::SystemTime};

use rustls::pki_types::CertificateDer;

use crate::{
    Expected, PemError, PrivateKey, Validity,
    certificate::{CaStatus, Certificate},
    pem::{self, PemLabel},
};

/// Large enough for a certificate and a few intermediates, and small enough to fit into a secret
/// with the other fields.
const MAX_PEM_BYTES: usize = 16 * 1024;

/// A client certificate, optionally followed by the certificates of its issuers.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    pem: String,
    certificate: Certificate,
    issuers: Vec<Certificate>,
}

impl ClientCertificate {
    /// Returns the certificates as PEM in one normalized form.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Returns the certificates in the order in which TLS sends them.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.certificates().map(|certificate| certificate.der.clone()).collect()
    }

    pub fn subject(&self) -> &str {
        &self.certificate.subject
    }

    /// Returns the validity at `now`: that of the certificate that needs attention first.
    pub fn validity(&self, now: SystemTime) -> Validity {
        Validity::most_urgent(&self.certificates().collect::<Vec<_>>(), now)
    }

    /// Returns when the first of the certificates expires.
    pub fn expiry(&self) -> Option<SystemTime> {
        self.certificates().map(Certificate::expiry).min()
    }

    /// Returns `true` if the key usage extensions allow TLS client authentication, or are absent.
    pub const fn allows_client_auth(&self) -> bool {
        self.certificate.allows_client_auth
    }

    /// Returns `true` if the certificate is for this private key.
    pub fn matches_key(&self, key: &PrivateKey) -> bool {
        key.public_key().is_some_and(|spki| spki.as_ref() == self.certificate.public_key.as_slice())
    }

    fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.certificate).chain(&self.issuers)
    }
}

impl FromStr for ClientCertificate {
    type Err = PemError;

    fn from_str(text: &str) -> Result<Self, PemError> {
        let expected = Expected::Certificate;
        let blocks = pem::parse_blocks(text, expected, MAX_PEM_BYTES)?;
        let mut certificates = Vec::with_capacity(blocks.len());
        let mut positions = Vec::with_capacity(blocks.len());
        let mut pem = String::with_capacity(text.len());
        for (block, position) in blocks.iter().zip(1..) {
            if block.label.is_private() {
                return Err(PemError::KeyForCertificate);
            }
            if block.label != PemLabel::Certificate {
                return Err(PemError::WrongLabel { expected, found: block.label, position });
            }
            let certificate = Certificate::parse(block, position)?;
            // Files that were joined may have it twice.
            if certificates.iter().all(|known: &Certificate| known.der != certificate.der) {
                pem.push_str(&block.text);
                certificates.push(certificate);
                positions.push(position);
            }
        }
        let mut certificates = certificates.into_iter();
        let own = certificates.next().ok_or(PemError::Empty(expected))?;
        if own.ca_status == CaStatus::Ca {
            return Err(PemError::CaCertificateForClient);
        }
        let issuers: Vec<_> = certificates.collect();
        let mut subject = &own;
        for (issuer, position) in issuers.iter().zip(positions.into_iter().skip(1)) {
            if !issuer.is_issuer_of(subject) {
                return Err(PemError::OutOfOrder { position });
            }
            subject = issuer;
        }
        Ok(Self { pem, certificate: own, issuers })
    }
}
