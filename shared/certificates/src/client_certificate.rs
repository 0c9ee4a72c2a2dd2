//! What a client shows of itself (X07).

use std::{str::FromStr, time::SystemTime};

use rustls::pki_types::CertificateDer;

use crate::{
    Expected, PemError, PrivateKey, Validity,
    certificate::Certificate,
    pem::{self, PemLabel},
};

/// Room for a certificate and a few intermediates; the vault must hold them beside the rest.
const MAX_PEM_BYTES: usize = 16 * 1024;

/// A client's certificate, and behind it those of its issuers as far as they were given.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    pem: String,
    own: Certificate,
    issuers: Vec<Certificate>,
}

impl ClientCertificate {
    /// The certificates in PEM, in one form whatever they came in.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The certificates in the order that TLS sends them.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.all().map(|one| one.der.clone()).collect()
    }

    /// Whose it is.
    pub fn subject(&self) -> &str {
        &self.own.subject
    }

    /// Whether all of them are good at this time.
    pub fn validity(&self, now: SystemTime) -> Validity {
        Validity::of(&self.all().collect::<Vec<_>>(), now)
    }

    /// Whether its extensions let a TLS client show it. Where they say nothing of it, they do.
    pub const fn allows_client_auth(&self) -> bool {
        self.own.for_clients
    }

    /// Whether this key is the other half of it.
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
