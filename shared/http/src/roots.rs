//! The CA certificates that Gangway trusts.

use std::{fs, sync::Arc};

use gangway_certificates::{PemError, parse_bundle};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// Files with the CA certificates of the partition, in Lambda's base images of Amazon Linux and in
/// images of Debian.
const PLATFORM_BUNDLES: [&str; 2] =
    ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt"];

/// A set of trusted CA certificates. Clones share the certificates.
#[derive(Clone, Debug)]
pub struct RootStore(Arc<RootCertStore>);

/// Reason why a client cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error(
        "no CA certificates: neither {} nor {} contains one",
        PLATFORM_BUNDLES[0],
        PLATFORM_BUNDLES[1]
    )]
    NoPlatformBundle,
    #[error("the CA bundle {0}")]
    InvalidPem(PemError),
    /// A PEM block of the CA bundle contains no valid certificate.
    #[error("certificate {position} of the CA bundle is not a certificate that can be trusted")]
    NotCertificate {
        /// Position of the PEM block. The first block has position 1.
        position: usize,
        #[source]
        source: rustls::Error,
    },
    #[error("TLS cannot be set up")]
    Protocol(#[source] rustls::Error),
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
}

impl RootStore {
    /// Returns the CA certificates for the AWS endpoints of a partition. The public CA certificates
    /// are compiled into the function, because reading a file takes most of the time of a cold
    /// start.
    pub fn for_kind(roots: gangway_model::RootStoreKind) -> Result<Self, TlsError> {
        match roots {
            gangway_model::RootStoreKind::Public => {
                Ok(Self(Arc::new(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })))
            }
            gangway_model::RootStoreKind::Platform => {
                let bundle = PLATFORM_BUNDLES.iter().find_map(|path| fs::read(path).ok());
                Self::from_platform_bundle(&bundle.ok_or(TlsError::NoPlatformBundle)?)
            }
        }
    }

    /// Parses a CA bundle of the operating system. Skips certificates that rustls does not accept.
    fn from_platform_bundle(bundle: &[u8]) -> Result<Self, TlsError> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(CertificateDer::pem_slice_iter(bundle).flatten());
        if store.is_empty() { Err(TlsError::NoPlatformBundle) } else { Ok(Self(Arc::new(store))) }
    }

    /// Returns a store that contains only the certificates of a PEM bundle.
    pub fn from_pem(pem: &[u8]) -> Result<Self, TlsError> {
        Self(Arc::new(RootCertStore::empty())).with_pem(pem)
    }

    /// Adds the certificates of a PEM bundle to this store.
    ///
    /// # Errors
    ///
    /// The bundle contains no certificate, or one of its blocks is not a valid certificate.
    pub fn with_pem(mut self, pem: &[u8]) -> Result<Self, TlsError> {
        let store = Arc::make_mut(&mut self.0);
        // The text around the PEM blocks can have any encoding.
        let pem = String::from_utf8_lossy(pem);
        let certificates = parse_bundle(&pem).map_err(TlsError::InvalidPem)?;
        for (certificate, position) in certificates.into_iter().zip(1..) {
            store
                .add(certificate)
                .map_err(|source| TlsError::NotCertificate { position, source })?;
        }
        Ok(self)
    }

    pub(crate) const fn store(&self) -> &Arc<RootCertStore> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> String {
        rcgen::generate_simple_self_signed(vec!["palette.example.com".to_owned()])
            .unwrap()
            .cert
            .pem()
    }

    #[test]
    fn every_certificate_of_a_valid_bundle_is_added() {
        let roots = RootStore::for_kind(gangway_model::RootStoreKind::Public).unwrap();
        let before = roots.store().len();
        let bundle = format!("# the company's\n{}\n{}", certificate(), certificate());
        assert_eq!(roots.with_pem(bundle.as_bytes()).unwrap().store().len(), before + 2);
    }

    #[test]
    fn bundles_that_tools_have_changed_are_read_completely() {
        let (one, other) = (certificate(), certificate());
        let indented = other.replace('\n', "\n    ");
        for bundle in [
            format!("{}{other}", one.trim_end()),
            format!("{one}\u{feff}{other}"),
            format!("\u{feff}{one}\u{200b}{other}"),
            format!("{one}    {indented}"),
            format!("{one}{}", other.replace("CERTIFICATE", "X509 CERTIFICATE")),
            format!("{one}{other}").replace('\n', "\r\n"),
        ] {
            let roots = RootStore::from_pem(bundle.as_bytes());
            assert_eq!(roots.map(|roots| roots.store().len()).ok(), Some(2), "{bundle:?}");
        }
    }

    #[test]
    fn error_of_an_invalid_bundle_has_the_position() {
        let good = certificate();
        let no_end = good.replace("-----END CERTIFICATE-----", "");
        let no_base64 = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
        let no_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let trusted = good.replace("CERTIFICATE", "TRUSTED CERTIFICATE");
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for (bundle, fault) in [
            (String::new(), "the CA bundle must be the CA certificates in PEM"),
            ("not a bundle".to_owned(), "it has no -----BEGIN …----- line"),
            (key.to_owned(), "contains a private key"),
            (no_end, "block 1 has no complete"),
            (format!("{good}{no_base64}"), "block 2 is not Base64"),
            (format!("{good}{no_der}"), "certificate 2 of the CA bundle is not a certificate"),
            (format!("{good}{trusted}"), "block 2 is a trusted certificate of OpenSSL"),
            (
                format!("{good}{}", good.replacen("MII", "MI\u{200b}I", 1)),
                "block 2 contains the invisible character U+200B",
            ),
        ] {
            let roots = RootStore::for_kind(gangway_model::RootStoreKind::Public).unwrap();
            let error = roots.with_pem(bundle.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(fault), "{bundle:?}: {error}");
        }
    }

    #[test]
    fn certificates_that_rustls_rejects_are_skipped_in_platform_bundles() {
        let no_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let bundle = format!("{no_der}{}", certificate());
        assert_eq!(RootStore::from_platform_bundle(bundle.as_bytes()).unwrap().store().len(), 1);
        assert!(RootStore::from_platform_bundle(no_der.as_bytes()).is_err());
    }
}
