//! Generates certificates and keys for the tests.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256,
    SignatureAlgorithm,
};

/// A root, an intermediate and a client certificate, with the client's key.
pub(super) struct Made {
    pub(super) root: String,
    pub(super) intermediate: String,
    pub(super) leaf: String,
    pub(super) key: String,
}

/// Changes the parameters of the client certificate.
pub(super) type Change = fn(&mut CertificateParams);

impl Made {
    pub(super) fn new() -> Self {
        Self::with(&PKCS_ECDSA_P256_SHA256, |_| {})
    }

    pub(super) fn with(algorithm: &'static SignatureAlgorithm, change: Change) -> Self {
        let root_key = KeyPair::generate().unwrap();
        let root = authority("Test Root");
        let root_pem = root.self_signed(&root_key).unwrap().pem();
        let root = Issuer::new(root, root_key);

        let middle_key = KeyPair::generate().unwrap();
        let middle = authority("Test Intermediate");
        let middle_pem = middle.signed_by(&middle_key, &root).unwrap().pem();
        let middle = Issuer::new(middle, middle_key);

        let key = KeyPair::generate_for(algorithm).unwrap();
        let mut leaf = client("npe.example");
        change(&mut leaf);
        let leaf = leaf.signed_by(&key, &middle).unwrap().pem();
        Self { root: root_pem, intermediate: middle_pem, leaf, key: key.serialize_pem() }
    }
}

/// Returns the parameters of a CA certificate.
pub(super) fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Returns the parameters of a client certificate.
pub(super) fn client(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

/// Every supported key algorithm.
pub(super) const ALGORITHMS: [(&str, &SignatureAlgorithm); 4] = [
    ("EC P-256", &PKCS_ECDSA_P256_SHA256),
    ("EC P-384", &PKCS_ECDSA_P384_SHA384),
    ("RSA", &PKCS_RSA_SHA256),
    ("Ed25519", &PKCS_ED25519),
];

/// Returns the text without one line, counted from 0.
pub(super) fn without_line(text: &str, line: usize) -> String {
    let kept = text.lines().enumerate().filter(|(number, _)| *number != line);
    kept.flat_map(|(_, text)| [text, "\n"]).collect()
}

/// Returns the block with another label.
pub(super) fn relabelled(pem: &str, from: &str, to: &str) -> String {
    pem.replace(&format!("BEGIN {from}-"), &format!("BEGIN {to}-"))
        .replace(&format!("END {from}-"), &format!("END {to}-"))
}

/// Returns the key in the older format: the content of the PKCS#8 key under its own label.
pub(super) fn unwrapped(pkcs8_pem: &str, label: &str) -> String {
    use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
    use x509_parser::der_parser::{ber::BerObjectContent, der::parse_der_sequence};

    let der = PrivatePkcs8KeyDer::from_pem_slice(pkcs8_pem.as_bytes()).unwrap();
    let (_, sequence) = parse_der_sequence(der.secret_pkcs8_der()).unwrap();
    let items = sequence.as_sequence().unwrap();
    let octets =
        |content: &BerObjectContent<'_>| matches!(content, BerObjectContent::OctetString(_));
    let inner = items.iter().find(|item| octets(&item.content)).unwrap().as_slice().unwrap();
    let base64 = base64(inner);
    format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter =
                if place <= chunk.len() { LETTERS[number >> (18 - 6 * place) & 63] } else { b'=' };
            text.push(char::from(letter));
        }
    }
    text
}
