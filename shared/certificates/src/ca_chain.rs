//! The certification authorities that are to be trusted (S07, X08).

use std::{str::FromStr, time::SystemTime};

use rustls::pki_types::CertificateDer;

use crate::{
    Expected, PemError, Validity,
    certificate::Certificate,
    pem::{self, PemLabel},
};

/// Room for a dozen certificates; the vault must hold them beside the rest.
const MAX_PEM_BYTES: usize = 32 * 1024;

/// Certificates of certification authorities, at least one, each once.
#[derive(Clone, Debug)]
pub struct CaChain {
    pem: String,
    certificates: Vec<Certificate>,
}

/// How the certificates of a chain hang together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ChainStatus {
    /// Every issuer is there, up to a root.
    Complete,
    /// One's issuer is not there, so whether it is trusted rests on it alone.
    IssuerMissing {
        /// Whose it is.
        subject: String,
        /// Who is missing.
        issuer: String,
    },
    /// Every issuer is there, and not beside what it issued.
    OutOfOrder {
        /// The first that stands apart.
        subject: String,
    },
}

impl CaChain {
    /// The certificates in PEM, in one form whatever they came in.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The certificates, to be trusted.
    pub fn certificates(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.certificates.iter().map(|certificate| &certificate.der)
    }

    /// Whose they are.
    pub fn subjects(&self) -> Vec<&str> {
        self.certificates.iter().map(|certificate| certificate.subject.as_str()).collect()
    }

    /// Whether all of them are good at this time.
    pub fn validity(&self, now: SystemTime) -> Validity {
        Validity::of(&self.certificates.iter().collect::<Vec<_>>(), now)
    }

    /// How they hang together: each beside its issuer, with a root at the end.
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
