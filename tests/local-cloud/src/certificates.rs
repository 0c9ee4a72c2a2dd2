//! Certification CA certificates and what they issue, made when they are needed: nothing here is older than the process.
use std::fmt;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SignatureAlgorithm,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::clock::Clock;

const DAY: i64 = 86_400;

/// What a key is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyKind {
    /// Elliptic curve, 256 bits.
    #[default]
    P256,
    /// Elliptic curve, 384 bits.
    P384,
    /// RSA, 2048 bits.
    Rsa,
    /// Edwards curve.
    Ed25519,
}

impl KeyKind {
    fn algorithm(self) -> &'static SignatureAlgorithm {
        match self {
            Self::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Self::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Self::Rsa => &rcgen::PKCS_RSA_SHA256,
            Self::Ed25519 => &rcgen::PKCS_ED25519,
        }
    }

    /// A new key.
    ///
    /// # Panics
    /// Only if this machine cannot make keys.
    pub fn generate(self) -> KeyPair {
        KeyPair::generate_for(self.algorithm()).expect("a key")
    }
}

/// What a key is certified to be for (extended key usage).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// `clientAuth`
    Client,
    /// `serverAuth`
    Server,
    /// `codeSigning`: neither end of a connection.
    Code,
}

/// What a certificate is to say. The default is a client's, good from yesterday for a year.
#[derive(Debug, Clone)]
pub struct CertificateSpec {
    /// The subject's common name.
    pub name: String,
    /// Names of hosts, for a server's.
    pub hosts: Vec<String>,
    /// The key that is certified.
    pub key: KeyKind,
    /// None: the certificate does not restrict it.
    pub usages: Vec<Usage>,
    /// Seconds from now, behind it where negative.
    pub from: i64,
    /// Seconds from now, behind it where negative.
    pub until: i64,
    /// Whether its holder may sign certificates.
    pub authority: bool,
}

impl CertificateSpec {
    /// A client's.
    pub fn client(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            hosts: Vec::new(),
            key: KeyKind::default(),
            usages: vec![Usage::Client],
            from: -DAY,
            until: 365 * DAY,
            authority: false,
        }
    }

    /// A server's, on this machine by name.
    pub fn server() -> Self {
        let hosts = vec!["localhost".to_owned()];
        Self { hosts, usages: vec![Usage::Server], ..Self::client("localhost") }
    }

    /// An CA certificate's.
    pub fn authority(name: &str) -> Self {
        Self { usages: Vec::new(), authority: true, until: 3650 * DAY, ..Self::client(name) }
    }

    /// The same, good from so many days from now until so many days from now; behind it where negative.
    #[must_use]
    pub fn days(self, from: i64, until: i64) -> Self {
        Self { from: from * DAY, until: until * DAY, ..self }
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::new(self.hosts.clone()).expect("names of hosts");
        params.distinguished_name.push(DnType::CommonName, self.name.as_str());
        let (now, epoch) = (Clock::default().now(), rcgen::date_time_ymd(1970, 1, 1));
        let at = |seconds: i64| {
            let since = u64::try_from(now + seconds).unwrap_or_default();
            epoch + std::time::Duration::from_secs(since)
        };
        (params.not_before, params.not_after) = (at(self.from), at(self.until));
        params.use_authority_key_identifier_extension = true;
        if self.authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        } else {
            params.is_ca = IsCa::ExplicitNoCa;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        }
        let usage = |usage: &Usage| match usage {
            Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
            Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
            Usage::Code => ExtendedKeyUsagePurpose::CodeSigning,
        };
        params.extended_key_usages = self.usages.iter().map(usage).collect();
        params
    }
}

/// A certificate with its key.
pub struct Issued {
    /// PEM of the certificate alone.
    pub certificate: String,
    /// PEM of the key, PKCS#8, not encrypted.
    pub key: String,
    /// The certificate.
    pub der: CertificateDer<'static>,
    pair: KeyPair,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl Issued {
    /// The key as rustls takes it.
    pub fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.pair.serialize_der()))
    }

    /// The key's bytes, PKCS#8 in DER.
    pub fn key_der(&self) -> Vec<u8> {
        self.pair.serialize_der()
    }
}

/// A root and the intermediate that signs in its name.
#[derive(Debug)]
pub struct Chain {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

impl Chain {
    /// Two new CA certificates.
    pub fn new(name: &str) -> Self {
        Self::of(
            &CertificateSpec::authority(&format!("{name} Root")),
            &CertificateSpec::authority(name),
        )
    }

    /// Two new CA certificates that say whatever is wished.
    ///
    /// # Panics
    /// Only if this machine cannot make keys.
    pub fn of(root: &CertificateSpec, intermediate: &CertificateSpec) -> Self {
        let root = CertifiedIssuer::self_signed(root.params(), root.key.generate());
        let root = root.expect("a certificate");
        let key = intermediate.key.generate();
        let intermediate = CertifiedIssuer::signed_by(intermediate.params(), key, &root);
        Self { root, intermediate: intermediate.expect("a certificate") }
    }

    /// A certificate from the intermediate, with a key of its own.
    ///
    /// # Panics
    /// Only if this machine cannot make keys.
    pub fn issue(&self, wish: &CertificateSpec) -> Issued {
        let pair = wish.key.generate();
        let signed = wish.params().signed_by(&pair, &self.intermediate).expect("a certificate");
        let (certificate, key) = (signed.pem(), pair.serialize_pem());
        Issued { certificate, key, der: signed.der().clone(), pair }
    }

    /// PEM of the intermediate, then of the root.
    pub fn pem(&self) -> String {
        self.intermediate_pem() + &self.root_pem()
    }

    /// PEM of the root alone.
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// PEM of the intermediate alone.
    pub fn intermediate_pem(&self) -> String {
        self.intermediate.pem()
    }

    /// The intermediate.
    pub fn intermediate_der(&self) -> &CertificateDer<'static> {
        self.intermediate.der()
    }

    /// The root.
    pub fn root_der(&self) -> &CertificateDer<'static> {
        self.root.der()
    }
}
