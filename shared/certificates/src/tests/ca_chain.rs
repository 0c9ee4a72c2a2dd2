//! CA certificates.

use rcgen::{CertificateParams, IsCa, KeyPair};

use super::{
    PemField::{Ca, Client},
    assert_results,
    fixtures::{TestCertificates, ca_params, client_params, with_label},
};
use crate::{CaChain, ChainStatus, Expected, PemError, PemLabel};

fn chain_status(pem: &str) -> ChainStatus {
    pem.parse::<CaChain>().unwrap().chain_status()
}

/// Rows: F72.
#[test]
fn only_ca_certificates_are_accepted() {
    let TestCertificates { root, intermediate, leaf, key } = &TestCertificates::new();
    let chain = format!("{intermediate}{root}");
    let with_leaf = format!("{chain}{leaf}");
    let with_key = format!("{chain}{key}");
    let wrong_label =
        |found| Some(PemError::WrongLabel { expected: Expected::CaCertificates, found });
    let key_pair = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::ExplicitNoCa;
    let self_signed = params.self_signed(&key_pair).unwrap().pem();
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
fn untidy_chains_are_normalized() {
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
    for text in [
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

fn with_line_width(pem: &str, width: usize) -> String {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let lines: Vec<_> =
        base64.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// Rows: F72.
#[test]
fn chains_must_be_complete_and_in_order() {
    let TestCertificates { root, intermediate, .. } = &TestCertificates::new();
    let other_root = TestCertificates::new().root;
    assert_eq!(chain_status(root), ChainStatus::Complete);
    assert_eq!(chain_status(&format!("{intermediate}{root}")), ChainStatus::Complete);
    assert_eq!(chain_status(&format!("{root}{intermediate}")), ChainStatus::Complete);
    assert_eq!(chain_status(&format!("{root}{other_root}")), ChainStatus::Complete);
    let is_issuer_missing = |pem: &str| matches!(chain_status(pem), ChainStatus::IssuerMissing { issuer, .. } if issuer.contains("Test Root"));
    assert!(is_issuer_missing(intermediate));
    // The issuer's name alone is not enough: the key must match too.
    assert!(is_issuer_missing(&format!("{intermediate}{other_root}")));
    let out_of_order = format!("{root}{other_root}{intermediate}");
    assert!(
        matches!(chain_status(&out_of_order), ChainStatus::OutOfOrder { subject } if subject.contains("Intermediate"))
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
