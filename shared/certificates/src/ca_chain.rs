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

    /// Returns the validity at `now`: that of the certificate that needs attention first.
    pub fn validity(&self, now: SystemTime) -> Validity {
        Validity::most_urgent(&self.certificates.iter().collect::<Vec<_>>(), now)
    }

    /// Checks that every issuer is present and next to the certificate that it issued.
    pub fn chain_status(&self) -> ChainStatus {
        for certificate in &self.certificates {
            if !self.certificates.iter().any(|other| other.is_issuer_of(certificate)) {
                let (subject, issuer) = (certificate.subject.clone(), certificate.issuer.clone());
                return ChainStatus::IssuerMissing { subject, issuer };
            }
        }
        let mut indexed = self.certificates.iter().enumerate();
        let out_of_order = indexed.find_map(|(index, certificate)| {
            let is_next_to_issuer = [index.checked_sub(1), Some(index), index.checked_add(1)]
                .into_iter()
                .flatten()
                .filter_map(|index| self.certificates.get(index))
                .any(|other| other.is_issuer_of(certificate));
            (!is_next_to_issuer).then(|| certificate.subject.clone())
        });
        out_of_order.map_or(ChainStatus::Complete, |subject| ChainStatus::OutOfOrder { subject })
    }
}

impl FromStr for CaChain {
    type Err = PemError;

    fn from_str(text: &str) -> Result<Self, PemError> {
        let expected = Expected::CaCertificates;
        let blocks = pem::parse_blocks(text, expected, MAX_PEM_BYTES)?;
        let mut certificates: Vec<Certificate> = Vec::with_capacity(blocks.len());
        let mut pem = String::with_capacity(text.len());
        for (block, position) in blocks.iter().zip(1..) {
            if block.label.is_private() {
                return Err(PemError::KeyAmongCaCertificates);
            }
            if block.label != PemLabel::Certificate {
                return Err(PemError::WrongLabel { expected, found: block.label });
            }
            let certificate = Certificate::parse(block, position)?;
            if !certificate.is_ca {
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
