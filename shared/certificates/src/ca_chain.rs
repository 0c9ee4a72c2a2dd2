//! Chains of CA certificates to trust.

use std::{str::FromStr, time::SystemTime};

use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use crate::{
    Expected, PemError, Validity,
    certificate::{CaStatus, Certificate},
    pem::{self, PemBlock, PemLabel},
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

/// Result of checking that CA certificates are complete and, if they are one chain, in order.
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

    /// Returns when the first of the certificates expires.
    pub fn expiry(&self) -> Option<SystemTime> {
        self.certificates.iter().map(Certificate::expiry).min()
    }

    /// Checks that every issuer is present. If the certificates are one chain, each must be next to
    /// the certificate that it issued. A set, such as several issuers below a root, has no order.
    pub fn chain_status(&self) -> ChainStatus {
        // Verifying signatures takes most of the time, so each pair is tried once.
        let issuers: Vec<Vec<usize>> =
            self.certificates.iter().map(|certificate| self.issuers_of(certificate)).collect();
        let indexed = || self.certificates.iter().zip(&issuers).enumerate();
        let missing = indexed().find(|(_, (certificate, own_issuers))| {
            own_issuers.is_empty() && !self.is_cross_signed(certificate, &issuers)
        });
        if let Some((_, (certificate, _))) = missing {
            let (subject, issuer) = (certificate.subject.clone(), certificate.issuer.clone());
            return ChainStatus::IssuerMissing { subject, issuer };
        }
        let is_next_to_issuer =
            |index: usize, issuers: &[usize]| issuers.iter().any(|at| at.abs_diff(index) <= 1);
        match indexed().find(|(index, (_, issuers))| !is_next_to_issuer(*index, issuers)) {
            Some((_, (certificate, own_issuers)))
                if is_one_chain(&issuers) && !own_issuers.is_empty() =>
            {
                ChainStatus::OutOfOrder { subject: certificate.subject.clone() }
            }
            Some(_) | None => ChainStatus::Complete,
        }
    }

    /// Returns `true` if another certificate for the same subject and key has its issuer here: a CA
    /// that another one certified as well.
    fn is_cross_signed(&self, certificate: &Certificate, issuers: &[Vec<usize>]) -> bool {
        self.certificates.iter().zip(issuers).any(|(other, issuers)| {
            !issuers.is_empty()
                && other.subject == certificate.subject
                && other.public_key == certificate.public_key
        })
    }

    /// Returns the indices of the certificates that issued this one.
    fn issuers_of(&self, certificate: &Certificate) -> Vec<usize> {
        let indexed = self.certificates.iter().enumerate();
        indexed.filter(|(_, other)| other.is_issuer_of(certificate)).map(|(at, _)| at).collect()
    }
}

/// Returns `true` if there is one root, and every certificate issued at most one other. `issuers`
/// are the indices of the issuers of each certificate.
fn is_one_chain(issuers: &[Vec<usize>]) -> bool {
    let issued_itself = |index: usize| issuers.get(index).is_some_and(|all| all.contains(&index));
    let issued_others = |index: usize| {
        issuers.iter().enumerate().filter(|(at, all)| *at != index && all.contains(&index)).count()
    };
    let indices = || 0..issuers.len();
    indices().filter(|index| issued_itself(*index)).count() == 1
        && indices().all(|index| issued_others(index) <= 1)
}

/// Largest bundle of CA certificates. Those of operating systems have 300 KiB.
const MAX_BUNDLE_BYTES: usize = 2 * 1024 * 1024;

/// Parses the certificates of a bundle, with the rules for PEM of requests. What they are for is
/// not checked.
///
/// # Errors
///
/// Returns an error if a block is not a certificate, so that none is left out.
pub fn parse_bundle(pem: &str) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let expected = Expected::CaCertificates;
    let blocks = pem::parse_blocks(pem, expected, MAX_BUNDLE_BYTES)?;
    let parse = |(block, position): (&PemBlock, usize)| {
        check_label(block, position)?;
        CertificateDer::from_pem_slice(block.text.as_bytes())
            .map_err(|_quotes_it| PemError::NotBase64 { position })
    };
    blocks.iter().zip(1..).map(parse).collect()
}

/// Returns an error if a block among CA certificates is not a certificate.
fn check_label(block: &PemBlock, position: usize) -> Result<(), PemError> {
    let (expected, found) = (Expected::CaCertificates, block.label);
    if found.is_private() {
        Err(PemError::KeyAmongCaCertificates)
    } else if found == PemLabel::Certificate {
        Ok(())
    } else {
        Err(PemError::WrongLabel { expected, found, position })
    }
}

/// Returns an error unless a certificate is a CA certificate.
fn check_ca(certificate: &Certificate, position: usize) -> Result<(), PemError> {
    match certificate.ca_status {
        CaStatus::Ca if !certificate.may_sign_certificates => {
            Err(PemError::NoCertificateSigning { position })
        }
        CaStatus::Ca => Ok(()),
        CaStatus::Version1 => Err(PemError::Version1 { position }),
        CaStatus::Unstated if certificate.is_issuer_of(certificate) => {
            Err(PemError::NoBasicConstraints { position })
        }
        CaStatus::Unstated | CaStatus::NotCa => Err(PemError::NotCaCertificate { position }),
    }
}

impl FromStr for CaChain {
    type Err = PemError;

    fn from_str(text: &str) -> Result<Self, PemError> {
        let blocks = pem::parse_blocks(text, Expected::CaCertificates, MAX_PEM_BYTES)?;
        let mut certificates: Vec<Certificate> = Vec::with_capacity(blocks.len());
        let mut pem = String::with_capacity(text.len());
        for (block, position) in blocks.iter().zip(1..) {
            check_label(block, position)?;
            let certificate = Certificate::parse(block, position)?;
            check_ca(&certificate, position)?;
            if certificates.iter().all(|known| known.der != certificate.der) {
                pem.push_str(&block.text);
                certificates.push(certificate);
            }
        }
        Ok(Self { pem, certificates })
    }
}
