use std::{str::FromStr, time::SystemTime};

use rustls::pki_types::CertificateDer;

use crate::{
    ExpectedContent, PemError, PrivateKey, Validity,
    certificate::{CaStatus, Certificate},
    pem::{self, PemLabel},
};

/// The maximum size of the PEM text of a client certificate. A client certificate with a few
/// intermediate certificates is smaller, and a secret with this text and the other fields is not
/// larger than Secrets Manager allows.
const MAX_PEM_BYTES: usize = 16 * 1024;

/// A client certificate for mutual TLS, and the certificates of its issuers, if there are any.
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

    /// Returns the client certificate and the certificates of its issuers, in the order in which
    /// TLS sends them.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.certificates().map(|certificate| certificate.der.clone()).collect()
    }

    /// Returns the subject of the client certificate.
    pub fn subject(&self) -> &str {
        &self.certificate.subject
    }

    /// Returns the validity at the time `now`. If there are several certificates, returns the
    /// validity of the most urgent one.
    pub fn validity(&self, now: SystemTime) -> Validity {
        Validity::from_most_urgent(&self.certificates().collect::<Vec<_>>(), now)
    }

    /// Returns the earliest time at which one of the certificates expires.
    pub fn expiry(&self) -> Option<SystemTime> {
        self.certificates().map(Certificate::expiry).min()
    }

    /// Returns `true` if the certificate may be used for TLS client authentication: its extensions
    /// for key usage and extended key usage allow it, or are absent.
    pub const fn allows_client_auth(&self) -> bool {
        self.certificate.allows_client_auth
    }

    /// Returns `true` if the client certificate has the public key of this private key.
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
        let expected = ExpectedContent::Certificate;
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
            // A text of several joined files may contain a certificate twice.
            if certificates.iter().all(|known: &Certificate| known.der != certificate.der) {
                pem.push_str(&block.text);
                certificates.push(certificate);
                positions.push(position);
            }
        }
        let mut certificates = certificates.into_iter();
        let client = certificates.next().ok_or(PemError::Empty(expected))?;
        if client.ca_status == CaStatus::Ca {
            return Err(PemError::CaCertificateForClient);
        }
        let issuers: Vec<_> = certificates.collect();
        let mut subject = &client;
        for (issuer, position) in issuers.iter().zip(positions.into_iter().skip(1)) {
            if !issuer.is_issuer_of(subject) {
                return Err(PemError::OutOfOrder { position });
            }
            subject = issuer;
        }
        Ok(Self { pem, certificate: client, issuers })
    }
}
