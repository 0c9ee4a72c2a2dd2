//! Functions that generate certificates and keys for the tests.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256,
    SignatureAlgorithm,
};

/// A root certificate, an intermediate certificate, and a client certificate (`leaf`) with its
/// private key, all in PEM.
pub(super) struct TestCertificates {
    pub(super) root: String,
    pub(super) intermediate: String,
    pub(super) leaf: String,
    pub(super) key: String,
}

/// A function that changes the parameters of the client certificate.
pub(super) type Change = fn(&mut CertificateParams);

impl TestCertificates {
    pub(super) fn new() -> Self {
        Self::with_algorithm(&PKCS_ECDSA_P256_SHA256, |_| {})
    }

    /// Generates the certificates. The client's key has this algorithm, and `change` changes the
    /// parameters of the client certificate before it is signed.
    pub(super) fn with_algorithm(algorithm: &'static SignatureAlgorithm, change: Change) -> Self {
        let root_key = KeyPair::generate().unwrap();
        let root = ca_params("Test Root");
        let root_pem = root.self_signed(&root_key).unwrap().pem();
        let root = Issuer::new(root, root_key);

        let intermediate_key = KeyPair::generate().unwrap();
        let intermediate = ca_params("Test Intermediate");
        let intermediate_pem = intermediate.signed_by(&intermediate_key, &root).unwrap().pem();
        let intermediate = Issuer::new(intermediate, intermediate_key);

        let key = KeyPair::generate_for(algorithm).unwrap();
        let mut leaf = client_params("npe.example");
        change(&mut leaf);
        let leaf = leaf.signed_by(&key, &intermediate).unwrap().pem();
        Self { root: root_pem, intermediate: intermediate_pem, leaf, key: key.serialize_pem() }
    }
}

/// Returns the parameters of a CA certificate.
pub(super) fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Returns the parameters of a client certificate.
pub(super) fn client_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

/// The algorithms of private keys that this crate supports and rcgen can generate.
pub(super) const ALGORITHMS: [(&str, &SignatureAlgorithm); 4] = [
    ("EC P-256", &PKCS_ECDSA_P256_SHA256),
    ("EC P-384", &PKCS_ECDSA_P384_SHA384),
    ("RSA", &PKCS_RSA_SHA256),
    ("Ed25519", &PKCS_ED25519),
];

/// Returns the text without one of its lines. `line` counts from 0.
pub(super) fn without_line(text: &str, line: usize) -> String {
    let lines = text.lines().enumerate().filter(|(bits, _)| *bits != line);
    lines.flat_map(|(_, text)| [text, "\n"]).collect()
}

/// Returns the PEM block with the label `to` instead of the label `from`.
pub(super) fn with_label(pem: &str, from: &str, to: &str) -> String {
    pem.replace(&format!("BEGIN {from}-"), &format!("BEGIN {to}-"))
        .replace(&format!("END {from}-"), &format!("END {to}-"))
}

/// Returns a private key in the older format PKCS#1 or SEC1, which is a part of the PKCS#8 key,
/// with the label of this format.
pub(super) fn to_legacy_key(pkcs8_pem: &str, label: &str) -> String {
    use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
    use x509_parser::der_parser::{ber::BerObjectContent, der::parse_der_sequence};

    let der = PrivatePkcs8KeyDer::from_pem_slice(pkcs8_pem.as_bytes()).unwrap();
    let (_, sequence) = parse_der_sequence(der.secret_pkcs8_der()).unwrap();
    let items = sequence.as_sequence().unwrap();
    let is_octet_string =
        |content: &BerObjectContent<'_>| matches!(content, BerObjectContent::OctetString(_));
    let legacy_der =
        items.iter().find(|item| is_octet_string(&item.content)).unwrap().as_slice().unwrap();
    let base64 = base64(legacy_der);
    format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        for position in 0..4 {
            let character = if position <= chunk.len() {
                ALPHABET[bits >> (18 - 6 * position) & 63]
            } else {
                b'='
            };
            text.push(char::from(character));
        }
    }
    text
}
