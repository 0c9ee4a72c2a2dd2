//! Issues CA, server and client certificates for tests.
use std::fmt;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SignatureAlgorithm,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::clock::Clock;

const DAY_SECONDS: i64 = 86_400;

/// Type of a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyType {
    #[default]
    P256,
    P384,
    /// RSA with 2048 bits.
    Rsa,
    Ed25519,
}

impl KeyType {
    fn algorithm(self) -> &'static SignatureAlgorithm {
        match self {
            Self::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Self::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Self::Rsa => &rcgen::PKCS_RSA_SHA256,
            Self::Ed25519 => &rcgen::PKCS_ED25519,
        }
    }

    /// Generates a key.
    ///
    /// # Panics
    /// If a key cannot be generated.
    pub fn generate(self) -> KeyPair {
        KeyPair::generate_for(self.algorithm()).expect("a key")
    }
}

/// Extended key usage of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtendedKeyUsage {
    /// `clientAuth`
    Client,
    /// `serverAuth`
    Server,
    /// `codeSigning`, which is valid for neither client nor server.
    CodeSigning,
}

/// Contents of a certificate.
#[derive(Debug, Clone)]
pub struct CertificateSpec {
    /// Common name of the subject.
    pub common_name: String,
    /// Host names of a server certificate.
    pub hosts: Vec<String>,
    /// Type of the key.
    pub key_type: KeyType,
    /// Extended key usages; empty for no restriction.
    pub usages: Vec<ExtendedKeyUsage>,
    /// Offset from now in seconds; may be negative.
    pub not_before: i64,
    /// Offset from now in seconds; may be negative.
    pub not_after: i64,
    /// Whether it is a CA certificate.
    pub is_ca: bool,
}

impl CertificateSpec {
    /// Returns a client certificate, valid from yesterday for a year.
    pub fn client(name: &str) -> Self {
        Self {
            common_name: name.to_owned(),
            hosts: Vec::new(),
            key_type: KeyType::default(),
            usages: vec![ExtendedKeyUsage::Client],
            not_before: -DAY_SECONDS,
            not_after: 365 * DAY_SECONDS,
            is_ca: false,
        }
    }

    /// Returns a server certificate for `localhost`.
    pub fn server() -> Self {
        let hosts = vec!["localhost".to_owned()];
        Self { hosts, usages: vec![ExtendedKeyUsage::Server], ..Self::client("localhost") }
    }

    /// Returns a CA certificate.
    pub fn ca(name: &str) -> Self {
        Self {
            usages: Vec::new(),
            is_ca: true,
            not_after: 3650 * DAY_SECONDS,
            ..Self::client(name)
        }
    }

    /// Sets the validity, as offsets from now in days. A negative offset is in the past.
    #[must_use]
    pub fn with_validity_days(self, from: i64, until: i64) -> Self {
        Self { not_before: from * DAY_SECONDS, not_after: until * DAY_SECONDS, ..self }
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::new(self.hosts.clone()).expect("valid host names");
        params.distinguished_name.push(DnType::CommonName, self.common_name.as_str());
        let (now, epoch) = (Clock::default().now(), rcgen::date_time_ymd(1970, 1, 1));
        let at = |seconds: i64| {
            let since = u64::try_from(now + seconds).unwrap_or_default();
            epoch + std::time::Duration::from_secs(since)
        };
        (params.not_before, params.not_after) = (at(self.not_before), at(self.not_after));
        params.use_authority_key_identifier_extension = true;
        if self.is_ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        } else {
            params.is_ca = IsCa::ExplicitNoCa;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        }
        let usage = |usage: &ExtendedKeyUsage| match usage {
            ExtendedKeyUsage::Client => ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsage::Server => ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsage::CodeSigning => ExtendedKeyUsagePurpose::CodeSigning,
        };
        params.extended_key_usages = self.usages.iter().map(usage).collect();
        params
    }
}

/// A certificate with its private key.
pub struct IssuedCertificate {
    /// The certificate in PEM.
    pub certificate: String,
    /// The key in PEM (PKCS#8, not encrypted).
    pub key: String,
    /// The certificate in DER.
    pub der: CertificateDer<'static>,
    key_pair: KeyPair,
}

impl fmt::Debug for IssuedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl IssuedCertificate {
    /// Returns the key for rustls.
    pub fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key_pair.serialize_der()))
    }

    /// Returns the key in DER (PKCS#8).
    pub fn key_der(&self) -> Vec<u8> {
        self.key_pair.serialize_der()
    }
}

/// A root CA and an intermediate CA that issues certificates.
#[derive(Debug)]
pub struct CertificateIssuer {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

impl CertificateIssuer {
    /// Creates both CAs.
    pub fn new(name: &str) -> Self {
        Self::from_specs(&CertificateSpec::ca(&format!("{name} Root")), &CertificateSpec::ca(name))
    }

    /// Creates both CAs from specifications.
    ///
    /// # Panics
    /// If a key cannot be generated.
    pub fn from_specs(root: &CertificateSpec, intermediate: &CertificateSpec) -> Self {
        let root = CertifiedIssuer::self_signed(root.params(), root.key_type.generate());
        let root = root.expect("a certificate");
        let key = intermediate.key_type.generate();
        let intermediate = CertifiedIssuer::signed_by(intermediate.params(), key, &root);
        Self { root, intermediate: intermediate.expect("a certificate") }
    }

    /// Issues a certificate with a new key from the intermediate CA.
    ///
    /// # Panics
    /// If a key cannot be generated.
    pub fn issue(&self, spec: &CertificateSpec) -> IssuedCertificate {
        let key_pair = spec.key_type.generate();
        let signed = spec.params().signed_by(&key_pair, &self.intermediate).expect("a certificate");
        let (certificate, key) = (signed.pem(), key_pair.serialize_pem());
        IssuedCertificate { certificate, key, der: signed.der().clone(), key_pair }
    }

    /// Returns intermediate and root certificate in PEM.
    pub fn pem(&self) -> String {
        self.intermediate_pem() + &self.root_pem()
    }

    /// Returns the root certificate in PEM.
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// Returns the intermediate certificate in PEM.
    pub fn intermediate_pem(&self) -> String {
        self.intermediate.pem()
    }

    /// Returns the intermediate certificate in DER.
    pub fn intermediate_der(&self) -> &CertificateDer<'static> {
        self.intermediate.der()
    }

    /// Returns the root certificate in DER.
    pub fn root_der(&self) -> &CertificateDer<'static> {
        self.root.der()
    }
}
