//! Chains of CA certificates to trust.

use std::{str::FromStr, time::SystemTime};

use rustls::pki_types::CertificateDer;

use crate::{
    Expected, PemError, Validity,
    certificate::Certificate,
    pem::{self, PemLabel},
};

/// Large enough for a dozen certificates, and small enough to fit into a secret with the other
/// fields.
const MAX_PEM_BYTES: usize = 32 * 1024;

/// At least one CA certificate, without duplicates.
#[derive(Clone, Debug)]
pub struct CaChain {
    pem: String,
    certificates: Vec<Certificate>,
}

/// Result of checking that a chain is complete and in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ChainStatus {
    /// Every issuer is present, up to a root.
    Complete,
    /// The issuer of a certificate is missing, so the certificate itself is the trust anchor.
    IssuerMissing {
        subject: String,
        /// The subject of the missing certificate.
        issuer: String,
    },
    /// Every issuer is present, but not next to the certificate that it issued.
    OutOfOrder {
        /// The first certificate that is not next to its issuer.
        subject: String,
    },
}

impl CaChain {
    /// Returns the certificates as PEM in one normalized form.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    pub fn certificates(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.certificates.iter().map(|certificate| &certificate.der)
    }

    pub fn subjects(&self) -> Vec<&str> {
        self.certificates.iter().map(|certificate| certificate.subject.as_str()).collect()
    }

    /// Returns whether all certificates are valid at `now`.
    pub fn validity(&self, now: SystemTime) -> Validity {
        Validity::of(&self.certificates.iter().collect::<Vec<_>>(), now)
    }

    /// Checks that every issuer is present and next to the certificate that it issued.
    pub fn chain_status(&self) -> ChainStatus {
        for one in &self.certificates {
            if !self.certificates.iter().any(|other| other.issued(one)) {
                let (subject, issuer) = (one.subject.clone(), one.issuer.clone());
                return ChainStatus::IssuerMissing { subject, issuer };
            }
        }
        let mut places = self.certificates.iter().enumerate();
        let apart = places.find_map(|(place, one)| {
            let beside = [place.checked_sub(1), Some(place), place.checked_add(1)]
                .into_iter()
                .flatten()
                .filter_map(|place| self.certificates.get(place))
                .any(|other| other.issued(one));
            (!beside).then(|| one.subject.clone())
        });
        apart.map_or(ChainStatus::Complete, |subject| ChainStatus::OutOfOrder { subject })
    }
}

impl FromStr for CaChain {
    type Err = PemError;

    fn from_str(text: &str) -> Result<Self, PemError> {
        let wanted = Expected::CaCertificates;
        let blocks = pem::blocks(text, wanted, MAX_PEM_BYTES)?;
        let mut certificates: Vec<Certificate> = Vec::with_capacity(blocks.len());
        let mut pem = String::with_capacity(text.len());
        for (block, position) in blocks.iter().zip(1..) {
            if block.label.is_private() {
                return Err(PemError::KeyAmongCaCertificates);
            }
            if block.label != PemLabel::Certificate {
                return Err(PemError::WrongLabel { wanted, found: block.label });
            }
            let certificate = Certificate::read(block, position)?;
            if !certificate.authority {
                return Err(PemError::NotCaCertificate { position });
            }
            if certificates.iter().all(|known| known.der != certificate.der) {
                pem.push_str(&block.text);
                certificates.push(certificate);
            }
        }
        Ok(Self { pem, certificates })
    }
}
