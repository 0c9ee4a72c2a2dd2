//! Client certificates for mutual TLS.

use std::{str::FromStr, time::SystemTime};

use rustls::pki_types::CertificateDer;

use crate::{
    Expected, PemError, PrivateKey, Validity,
    certificate::Certificate,
    pem::{self, PemLabel},
};

/// Large enough for a certificate and a few intermediates, and small enough to fit into a secret
/// with the other fields.
const MAX_PEM_BYTES: usize = 16 * 1024;

/// A client certificate, optionally followed by the certificates of its issuers.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    pem: String,
    own: Certificate,
    issuers: Vec<Certificate>,
}

impl ClientCertificate {
    /// Returns the certificates as PEM in one normalized form.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Returns the certificates in the order in which TLS sends them.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.all().map(|one| one.der.clone()).collect()
    }

    pub fn subject(&self) -> &str {
        &self.own.subject
    }

    /// Returns whether all certificates are valid at `now`.
    pub fn validity(&self, now: SystemTime) -> Validity {
        Validity::of(&self.all().collect::<Vec<_>>(), now)
    }

    /// Returns `true` if the key usage extensions allow TLS client authentication, or are absent.
    pub const fn allows_client_auth(&self) -> bool {
        self.own.for_clients
    }

    /// Returns `true` if the certificate is for this private key.
    pub fn matches_key(&self, key: &PrivateKey) -> bool {
        key.public_key().is_some_and(|public| public.as_ref() == self.own.public_key.as_slice())
    }

    fn all(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.own).chain(&self.issuers)
    }
}

impl FromStr for ClientCertificate {
    type Err = PemError;

    fn from_str(text: &str) -> Result<Self, PemError> {
        let wanted = Expected::Certificate;
        let blocks = pem::blocks(text, wanted, MAX_PEM_BYTES)?;
        let mut certificates = Vec::with_capacity(blocks.len());
        let mut pem = String::with_capacity(text.len());
        for (block, position) in blocks.iter().zip(1..) {
            if block.label.is_private() {
                return Err(PemError::KeyForCertificate);
            }
            if block.label != PemLabel::Certificate {
                return Err(PemError::WrongLabel { wanted, found: block.label });
            }
            certificates.push(Certificate::read(block, position)?);
            pem.push_str(&block.text);
        }
        let mut certificates = certificates.into_iter();
        let own = certificates.next().ok_or(PemError::Empty(wanted))?;
        if own.authority {
            return Err(PemError::CaCertificateForClient);
        }
        let issuers: Vec<_> = certificates.collect();
        let mut before = &own;
        for (issuer, position) in issuers.iter().zip(2..) {
            if !issuer.issued(before) {
                return Err(PemError::OutOfOrder { position });
            }
            before = issuer;
        }
        Ok(Self { pem, own, issuers })
    }
}
