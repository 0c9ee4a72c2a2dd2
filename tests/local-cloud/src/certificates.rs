//! Issues CA certificates, server certificates and client certificates for tests.

use std::fmt;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SignatureAlgorithm,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::clock::Clock;

const DAY_SECONDS: i64 = 86_400;

/// Type of the key pair of a certificate.
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

    /// Generates a key pair of this type.
    ///
    /// # Panics
    /// If the key pair cannot be generated.
    pub fn generate(self) -> KeyPair {
        KeyPair::generate_for(self.algorithm()).expect("the key pair can be generated")
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

/// The contents of a certificate to issue.
#[derive(Debug, Clone)]
pub struct CertificateSpec {
    /// Common name of the subject.
    pub common_name: String,
    /// Host names of a server certificate.
    pub hosts: Vec<String>,
    /// Type of the key pair.
    pub key_type: KeyType,
    /// Extended key usages; if empty, the certificate has no restriction.
    pub usages: Vec<ExtendedKeyUsage>,
    /// Start of the validity, in seconds from now. A negative number is in the past.
    pub not_before: i64,
    /// End of the validity, in seconds from now. A negative number is in the past.
    pub not_after: i64,
    /// Whether the certificate may sign other certificates.
    pub is_ca: bool,
}

impl CertificateSpec {
    /// Specifies a client certificate, which is valid from yesterday for a year.
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

    /// Specifies a server certificate for `localhost`.
    pub fn server() -> Self {
        let hosts = vec!["localhost".to_owned()];
        Self { hosts, usages: vec![ExtendedKeyUsage::Server], ..Self::client("localhost") }
    }

    /// Specifies a CA certificate, which is valid from yesterday for ten years.
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

    /// Converts the specification to parameters of `rcgen`.
    fn to_params(&self) -> CertificateParams {
        let mut params =
            CertificateParams::new(self.hosts.clone()).expect("the host names are valid");
        params.distinguished_name.push(DnType::CommonName, self.common_name.as_str());
        let (now, epoch) = (Clock::default().now(), rcgen::date_time_ymd(1970, 1, 1));
        let to_date = |seconds: i64| {
            let epoch_seconds = u64::try_from(now + seconds).unwrap_or_default();
            epoch + std::time::Duration::from_secs(epoch_seconds)
        };
        (params.not_before, params.not_after) = (to_date(self.not_before), to_date(self.not_after));
        params.use_authority_key_identifier_extension = true;
        if self.is_ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        } else {
            params.is_ca = IsCa::ExplicitNoCa;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        }
        let to_purpose = |usage: &ExtendedKeyUsage| match usage {
            ExtendedKeyUsage::Client => ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsage::Server => ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsage::CodeSigning => ExtendedKeyUsagePurpose::CodeSigning,
        };
        params.extended_key_usages = self.usages.iter().map(to_purpose).collect();
        params
    }
}

/// A certificate with its private key.
pub struct IssuedCertificate {
    /// The certificate in PEM.
    pub certificate: String,
    /// The private key in PEM (PKCS#8, not encrypted).
    pub key: String,
    /// The certificate in DER.
    pub der: CertificateDer<'static>,
    key_pair: KeyPair,
}

impl fmt::Debug for IssuedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedCertificate")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

impl IssuedCertificate {
    /// Returns the private key in the type that `rustls` needs.
    pub fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key_pair.serialize_der()))
    }

    /// Returns the private key in DER (PKCS#8).
    pub fn key_der(&self) -> Vec<u8> {
        self.key_pair.serialize_der()
    }
}

/// Issues certificates from an intermediate CA, whose certificate a root CA has signed.
#[derive(Debug)]
pub struct CertificateIssuer {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

impl CertificateIssuer {
    /// Creates the root CA and the intermediate CA. The intermediate CA gets this name.
    pub fn new(name: &str) -> Self {
        Self::from_specs(&CertificateSpec::ca(&format!("{name} Root")), &CertificateSpec::ca(name))
    }

    /// Creates the root CA and the intermediate CA with these CA certificates.
    ///
    /// # Panics
    /// If the key pair cannot be generated.
    pub fn from_specs(root: &CertificateSpec, intermediate: &CertificateSpec) -> Self {
        let root = CertifiedIssuer::self_signed(root.to_params(), root.key_type.generate());
        let root = root.expect("the certificate can be signed");
        let key = intermediate.key_type.generate();
        let intermediate = CertifiedIssuer::signed_by(intermediate.to_params(), key, &root);
        Self { root, intermediate: intermediate.expect("the certificate can be signed") }
    }

    /// Issues a certificate from the intermediate CA, with a new key pair.
    ///
    /// # Panics
    /// If the key pair cannot be generated.
    pub fn issue(&self, spec: &CertificateSpec) -> IssuedCertificate {
        let key_pair = spec.key_type.generate();
        let signed = spec
            .to_params()
            .signed_by(&key_pair, &self.intermediate)
            .expect("the certificate can be signed");
        let (certificate, key) = (signed.pem(), key_pair.serialize_pem());
        IssuedCertificate { certificate, key, der: signed.der().clone(), key_pair }
    }

    /// Returns the intermediate certificate and the root certificate in PEM.
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
