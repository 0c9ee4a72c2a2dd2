use std::{str::FromStr, time::SystemTime};

use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use crate::{
    ExpectedContent, PemError, Validity,
    certificate::{CaStatus, Certificate},
    pem::{self, PemBlock, PemLabel},
};

/// The maximum size of the PEM text of CA certificates in a request. Twelve certificates are
/// smaller, and a secret with this text and the other fields is not larger than Secrets Manager
/// allows.
const MAX_PEM_BYTES: usize = 32 * 1024;

/// One or more CA certificates with which a client verifies the certificate of a server. There are
/// no duplicates. The certificates need not be one chain.
#[derive(Clone, Debug)]
pub struct CaChain {
    pem: String,
    certificates: Vec<Certificate>,
}

/// Whether the issuer of every CA certificate is present and, if the certificates are one chain,
/// whether they are in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ChainStatus {
    /// Every issuer is present, up to a root certificate.
    Complete,
    /// The certificate that issued one of the certificates is missing. A client then trusts the
    /// issued certificate itself.
    IssuerMissing {
        /// The subject of the certificate whose issuer is missing.
        subject: String,
        /// The subject of the missing certificate.
        issuer: String,
    },
    /// Every issuer is present, and a certificate is not next to its issuer.
    OutOfOrder {
        /// The subject of the first certificate that is not next to its issuer.
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

    /// Returns the validity at the time `now`. If there are several certificates, returns the
    /// validity of the most urgent one.
    pub fn validity(&self, now: SystemTime) -> Validity {
        Validity::from_most_urgent(&self.certificates.iter().collect::<Vec<_>>(), now)
    }

    /// Returns the earliest time at which one of the certificates expires.
    pub fn expiry(&self) -> Option<SystemTime> {
        self.certificates.iter().map(Certificate::expiry).min()
    }

    /// Returns whether the issuer of every certificate is present and, if the certificates are one
    /// chain, whether each certificate is next to its issuer. Certificates that are not one chain,
    /// such as several certificates that one root issued, have no order.
    pub fn chain_status(&self) -> ChainStatus {
        // The issuers are determined only once, because the verification of signatures takes long.
        let issuers: Vec<Vec<usize>> =
            self.certificates.iter().map(|certificate| self.issuer_indices(certificate)).collect();
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

    /// Returns `true` if there is a second certificate with the same subject and the same key, and
    /// its issuer is present. This is the case for a CA that has a certificate from another CA,
    /// too.
    fn is_cross_signed(&self, certificate: &Certificate, issuers: &[Vec<usize>]) -> bool {
        self.certificates.iter().zip(issuers).any(|(other, issuers)| {
            !issuers.is_empty()
                && other.subject == certificate.subject
                && other.public_key == certificate.public_key
        })
    }

    /// Returns the indices of the certificates that issued a certificate. A root issued itself.
    fn issuer_indices(&self, certificate: &Certificate) -> Vec<usize> {
        let indexed = self.certificates.iter().enumerate();
        indexed.filter(|(_, other)| other.is_issuer_of(certificate)).map(|(at, _)| at).collect()
    }
}

/// Returns `true` if the certificates are one chain: there is exactly one root, and every
/// certificate issued at most one other certificate. `issuers` has the indices of the issuers of
/// each certificate.
fn is_one_chain(issuers: &[Vec<usize>]) -> bool {
    let issued_itself = |index: usize| issuers.get(index).is_some_and(|all| all.contains(&index));
    let issued_others = |index: usize| {
        issuers.iter().enumerate().filter(|(at, all)| *at != index && all.contains(&index)).count()
    };
    let indices = || 0..issuers.len();
    indices().filter(|index| issued_itself(*index)).count() == 1
        && indices().all(|index| issued_others(index) <= 1)
}

/// The maximum size of a bundle of CA certificates. The bundles of operating systems have about
/// 300 KiB.
const MAX_BUNDLE_BYTES: usize = 2 * 1024 * 1024;

/// Parses a bundle of certificates in PEM, with the same parser as the PEM texts of requests. Does
/// not check whether they are CA certificates.
///
/// # Errors
///
/// Returns an error if a block is damaged or is not a certificate. It never ignores a block.
pub fn parse_bundle(pem: &str) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let expected = ExpectedContent::CaCertificates;
    let blocks = pem::parse_blocks(pem, expected, MAX_BUNDLE_BYTES)?;
    let parse = |(block, position): (&PemBlock, usize)| {
        check_label(block, position)?;
        CertificateDer::from_pem_slice(block.text.as_bytes())
            .map_err(|_error| PemError::NotBase64 { position })
    };
    blocks.iter().zip(1..).map(parse).collect()
}

/// Returns an error if a block in a text with CA certificates is not a certificate.
fn check_label(block: &PemBlock, position: usize) -> Result<(), PemError> {
    let (expected, found) = (ExpectedContent::CaCertificates, block.label);
    if found.is_private() {
        Err(PemError::KeyAmongCaCertificates)
    } else if found == PemLabel::Certificate {
        Ok(())
    } else {
        Err(PemError::WrongLabel { expected, found, position })
    }
}

/// Returns an error if a certificate is not a CA certificate, or may not sign other certificates.
fn check_ca_certificate(certificate: &Certificate, position: usize) -> Result<(), PemError> {
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
        let blocks = pem::parse_blocks(text, ExpectedContent::CaCertificates, MAX_PEM_BYTES)?;
        let mut certificates: Vec<Certificate> = Vec::with_capacity(blocks.len());
        let mut pem = String::with_capacity(text.len());
        for (block, position) in blocks.iter().zip(1..) {
            check_label(block, position)?;
            let certificate = Certificate::parse(block, position)?;
            check_ca_certificate(&certificate, position)?;
            if certificates.iter().all(|known| known.der != certificate.der) {
                pem.push_str(&block.text);
                certificates.push(certificate);
            }
        }
        Ok(Self { pem, certificates })
    }
}
