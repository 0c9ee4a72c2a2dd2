use rcgen::{CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use super::{
    PemField::{Ca, Client},
    assert_results,
    fixtures::{TestCertificates, ca_params, client_params, with_label},
};
use crate::{CaChain, ChainStatus, ExpectedContent, PemError, PemLabel};

fn chain_status(pem: &str) -> ChainStatus {
    pem.parse::<CaChain>().unwrap().chain_status()
}

/// Acceptance rows: F72.
#[test]
fn a_text_with_other_blocks_than_ca_certificates_is_rejected() {
    let TestCertificates { root, intermediate, leaf, key } = &TestCertificates::new();
    let chain = format!("{intermediate}{root}");
    let with_leaf = format!("{chain}{leaf}");
    let with_key = format!("{chain}{key}");
    let wrong_label = |found| {
        Some(PemError::WrongLabel { expected: ExpectedContent::CaCertificates, found, position: 1 })
    };
    let key_pair = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::ExplicitNoCa;
    let self_signed = params.self_signed(&key_pair).unwrap().pem();
    params.is_ca = IsCa::NoCa;
    let without_constraints = params.self_signed(&key_pair).unwrap().pem();
    let request = client_params("npe").serialize_request(&key_pair).unwrap().pem().unwrap();
    assert_results(&[
        ("a root", Ca, root, None),
        ("an intermediate alone", Ca, intermediate, None),
        ("the chain", Ca, &chain, None),
        ("the root first", Ca, &format!("{root}{intermediate}"), None),
        ("a certificate twice", Ca, &format!("{chain}{root}"), None),
        ("a client's", Ca, leaf, Some(PemError::NotCaCertificate { position: 1 })),
        ("a client's among them", Ca, &with_leaf, Some(PemError::NotCaCertificate { position: 3 })),
        (
            "self-signed, not a CA",
            Ca,
            &self_signed,
            Some(PemError::NotCaCertificate { position: 1 }),
        ),
        (
            "a root without basicConstraints",
            Ca,
            &without_constraints,
            Some(PemError::NoBasicConstraints { position: 1 }),
        ),
        (
            "a root of version 1",
            Ca,
            include_str!("data/version-1.pem"),
            Some(PemError::Version1 { position: 1 }),
        ),
        ("a private key", Ca, key, Some(PemError::KeyAmongCaCertificates)),
        ("a private key behind them", Ca, &with_key, Some(PemError::KeyAmongCaCertificates)),
        (
            "a line break in the BEGIN line",
            Ca,
            "-----BEGIN \nCERTIFICATE-----",
            Some(PemError::Truncated { position: 1 }),
        ),
        ("a request", Ca, &request, wrong_label(PemLabel::CertificateRequest)),
        ("a public key", Ca, &key_pair.public_key_pem(), wrong_label(PemLabel::PublicKey)),
        (
            "a revocation list",
            Ca,
            &with_label(root, "CERTIFICATE", "X509 CRL"),
            wrong_label(PemLabel::RevocationList),
        ),
        ("PKCS#7", Ca, &with_label(root, "CERTIFICATE", "PKCS7"), wrong_label(PemLabel::Pkcs7)),
        (
            "OpenSSL's trusted form",
            Ca,
            &with_label(root, "CERTIFICATE", "TRUSTED CERTIFICATE"),
            wrong_label(PemLabel::TrustedCertificate),
        ),
        (
            "anything",
            Ca,
            &with_label(root, "CERTIFICATE", "PGP MESSAGE"),
            wrong_label(PemLabel::Other),
        ),
    ]);
}

#[test]
fn chains_with_unusual_white_space_and_labels_are_normalized() {
    let TestCertificates { root, intermediate, leaf, .. } = &TestCertificates::new();
    let normalized = format!("{intermediate}{root}").parse::<CaChain>().unwrap();
    let crlf = format!("{intermediate}{root}").replace('\n', "\r\n");
    let carriage_returns = format!("{intermediate}{root}").replace('\n', "\r");
    let indented = format!("{intermediate}\n\n{root}").replace('\n', "  \n\t ");
    let with_byte_order_mark = format!("\u{feff}\n{intermediate}{root}\n\n");
    let with_text_around = format!(
        "Bag Attributes\n  friendlyName: x\nsubject=CN = Test\n{intermediate}\nissuer=CN = Test\n{root}# end\n"
    );
    let relabelled =
        with_label(&format!("{intermediate}{root}"), "CERTIFICATE", "X509 CERTIFICATE");
    let long_lines = with_line_width(intermediate, 76) + &with_line_width(root, 1000);
    let joined = format!("{}{root}", intermediate.trim_end());
    let invisible = format!("\u{200b}{intermediate}\u{feff}{root}\u{2060}");
    for text in [
        joined,
        invisible,
        crlf,
        carriage_returns,
        indented,
        with_byte_order_mark,
        with_text_around,
        long_lines,
        relabelled,
    ] {
        let chain = text.parse::<CaChain>().unwrap_or_else(|error| panic!("{error}: {text:?}"));
        assert_eq!(chain.pem(), normalized.pem(), "{text:?}");
    }
    assert_results(&[("Windows' line breaks", Client, &leaf.replace('\n', "\r\n"), None)]);
}

/// Returns a root, a certificate that the root issued, and a certificate that the second one
/// issued.
fn chain_of_three() -> [String; 3] {
    let keys = [(); 3].map(|()| KeyPair::generate().unwrap());
    let [root, policy, issuing] = ["Root", "Policy", "Issuing"].map(ca_params);
    let [root_key, policy_key, issuing_key] = keys;
    let root_pem = root.self_signed(&root_key).unwrap().pem();
    let policy_pem = policy.signed_by(&policy_key, &Issuer::new(root, root_key)).unwrap().pem();
    let issuing_pem =
        issuing.signed_by(&issuing_key, &Issuer::new(policy, policy_key)).unwrap().pem();
    [root_pem, policy_pem, issuing_pem]
}

/// Acceptance rows: F72.
#[test]
fn ca_certificates_that_are_not_one_chain_need_no_order() {
    let root_key = KeyPair::generate().unwrap();
    let root = ca_params("Root");
    let root_pem = root.self_signed(&root_key).unwrap().pem();
    let issuer = Issuer::new(root, root_key);
    let [one, two, three] = ["One", "Two", "Three"].map(|name| {
        ca_params(name).signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().pem()
    });
    let other_root = TestCertificates::new().root;
    for set in [
        format!("{one}{two}{three}{root_pem}"),
        format!("{one}{root_pem}{two}{three}"),
        format!("{root_pem}{other_root}{one}"),
    ] {
        assert_eq!(chain_status(&set), ChainStatus::Complete);
    }
    let incomplete = format!("{one}{two}{other_root}");
    assert!(matches!(chain_status(&incomplete), ChainStatus::IssuerMissing { .. }));
}

/// A new root has its own certificate, and a certificate that an older root issued. With the
/// certificate of its own, the certificate of the older root is not needed.
#[test]
fn a_chain_with_a_cross_signed_root_is_complete() {
    let (old_key, new_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let (old, new) = (ca_params("Old Root"), ca_params("New Root"));
    let old_pem = old.self_signed(&old_key).unwrap().pem();
    let new_pem = new.self_signed(&new_key).unwrap().pem();
    let cross_pem = new.signed_by(&new_key, &Issuer::new(old, old_key)).unwrap().pem();
    let issuer = Issuer::new(new, new_key);
    let issuing =
        ca_params("Issuing").signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().pem();
    for set in [
        format!("{new_pem}{cross_pem}"),
        format!("{issuing}{cross_pem}{new_pem}"),
        format!("{issuing}{new_pem}{cross_pem}{old_pem}"),
        format!("{issuing}{cross_pem}{old_pem}"),
    ] {
        assert_eq!(chain_status(&set), ChainStatus::Complete);
    }
    let status = chain_status(&format!("{issuing}{cross_pem}"));
    assert!(
        matches!(&status, ChainStatus::IssuerMissing { issuer, .. } if issuer == "CN=Old Root")
    );
}

#[test]
fn a_ca_certificate_without_key_cert_sign_is_rejected() {
    let mut params = ca_params("Root");
    params.key_usages = vec![KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    let without = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
    params.key_usages = Vec::new();
    let unstated = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
    let whole = TestCertificates::new().root;
    let lacking = |position| Some(PemError::NoCertificateSigning { position });
    assert_results(&[
        ("no keyCertSign", Ca, &without, lacking(1)),
        ("no keyCertSign in the second", Ca, &format!("{whole}{without}"), lacking(2)),
        ("no key usage", Ca, &unstated, None),
    ]);
}

/// Chains that OpenSSL accepts. The name of each is the algorithm of its signatures.
const OPENSSL_CHAINS: [(&str, &str); 12] = [
    ("brainpool", include_str!("data/brainpool.pem")),
    ("ed25519", include_str!("data/ed25519.pem")),
    ("ed448", include_str!("data/ed448.pem")),
    ("p256-sha512", include_str!("data/p256-sha512.pem")),
    ("p384-sha512", include_str!("data/p384-sha512.pem")),
    ("p521-sha256", include_str!("data/p521-sha256.pem")),
    ("p521-sha512", include_str!("data/p521-sha512.pem")),
    ("rsa-md5", include_str!("data/rsa-md5.pem")),
    ("rsa-pss-salt20", include_str!("data/rsa-pss-salt20.pem")),
    ("rsa-pss-sha384", include_str!("data/rsa-pss-sha384.pem")),
    ("rsa-sha1", include_str!("data/rsa-sha1.pem")),
    ("rsa1024", include_str!("data/rsa1024.pem")),
];

/// Acceptance rows: F72.
#[test]
fn chains_with_every_signature_algorithm_are_complete() {
    for (name, chain) in OPENSSL_CHAINS {
        assert_eq!(chain_status(chain), ChainStatus::Complete, "{name}");
    }
    // A root with the same subject and another key is not the issuer. This is true also for an
    // algorithm whose signatures this crate cannot verify.
    for (chain, other_root) in [
        (include_str!("data/p521-sha512.pem"), include_str!("data/p521-sha512.other.pem")),
        (include_str!("data/ed448.pem"), include_str!("data/ed448.other.pem")),
    ] {
        const END: &str = "-----END CERTIFICATE-----\n";
        let (issued, _root) = chain.split_once(END).unwrap();
        let status = chain_status(&format!("{issued}{END}{other_root}"));
        assert!(matches!(status, ChainStatus::IssuerMissing { .. }), "{status:?}");
    }
}

/// Returns the certificate with `width` base64 characters in each line.
fn with_line_width(pem: &str, width: usize) -> String {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let lines: Vec<_> =
        base64.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// Acceptance rows: F72.
#[test]
fn a_missing_issuer_or_a_wrong_order_in_a_chain_is_reported() {
    let TestCertificates { root, intermediate, .. } = &TestCertificates::new();
    let other_root = TestCertificates::new().root;
    assert_eq!(chain_status(root), ChainStatus::Complete);
    assert_eq!(chain_status(&format!("{intermediate}{root}")), ChainStatus::Complete);
    assert_eq!(chain_status(&format!("{root}{intermediate}")), ChainStatus::Complete);
    assert_eq!(chain_status(&format!("{root}{other_root}")), ChainStatus::Complete);
    let is_issuer_missing = |pem: &str| matches!(chain_status(pem), ChainStatus::IssuerMissing { issuer, .. } if issuer.contains("Test Root"));
    assert!(is_issuer_missing(intermediate));
    // A root with the subject of the issuer and another key is not the issuer.
    assert!(is_issuer_missing(&format!("{intermediate}{other_root}")));
    let [root, policy, issuing] = &chain_of_three();
    assert_eq!(chain_status(&format!("{issuing}{policy}{root}")), ChainStatus::Complete);
    let out_of_order = format!("{policy}{root}{issuing}");
    assert!(
        matches!(chain_status(&out_of_order), ChainStatus::OutOfOrder { subject } if subject.contains("Issuing"))
    );
    assert_eq!(
        ca_params("x")
            .self_signed(&KeyPair::generate().unwrap())
            .unwrap()
            .pem()
            .parse::<CaChain>()
            .unwrap()
            .subjects(),
        ["CN=x"]
    );
}
