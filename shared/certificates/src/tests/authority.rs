//! CA certificates.

use rcgen::{CertificateParams, IsCa, KeyPair};

use super::{
    Place::{Authority, Certificate},
    judge,
    maker::{Made, authority, client, relabelled},
};
use crate::{CaChain, ChainStatus, Expected, PemError, PemLabel};

fn links(pem: &str) -> ChainStatus {
    pem.parse::<CaChain>().unwrap().chain_status()
}

/// Rows: F72.
#[test]
fn only_certificates_of_authorities_are_authorities() {
    let Made { root, intermediate, leaf, key } = &Made::new();
    let chain = format!("{intermediate}{root}");
    let with_leaf = format!("{chain}{leaf}");
    let with_key = format!("{chain}{key}");
    let holds = |found| Some(PemError::WrongLabel { wanted: Expected::CaCertificates, found });
    let own = KeyPair::generate().unwrap();
    let mut undecided = CertificateParams::default();
    undecided.is_ca = IsCa::ExplicitNoCa;
    let self_signed = undecided.self_signed(&own).unwrap().pem();
    let request = client("npe").serialize_request(&own).unwrap().pem().unwrap();
    judge(&[
        ("a root", Authority, root, None),
        ("an intermediate alone", Authority, intermediate, None),
        ("the chain", Authority, &chain, None),
        ("the root first", Authority, &format!("{root}{intermediate}"), None),
        ("a certificate twice", Authority, &format!("{chain}{root}"), None),
        ("a client's", Authority, leaf, Some(PemError::NotCaCertificate { position: 1 })),
        (
            "a client's among them",
            Authority,
            &with_leaf,
            Some(PemError::NotCaCertificate { position: 3 }),
        ),
        (
            "self-signed, no authority",
            Authority,
            &self_signed,
            Some(PemError::NotCaCertificate { position: 1 }),
        ),
        ("a private key", Authority, key, Some(PemError::KeyAmongCaCertificates)),
        ("a private key behind them", Authority, &with_key, Some(PemError::KeyAmongCaCertificates)),
        (
            "armour with a break in it",
            Authority,
            "-----BEGIN \nCERTIFICATE-----",
            Some(PemError::Truncated { position: 1 }),
        ),
        ("a request", Authority, &request, holds(PemLabel::Request)),
        ("a public key", Authority, &own.public_key_pem(), holds(PemLabel::PublicKey)),
        (
            "a revocation list",
            Authority,
            &relabelled(root, "CERTIFICATE", "X509 CRL"),
            holds(PemLabel::Revocations),
        ),
        ("PKCS#7", Authority, &relabelled(root, "CERTIFICATE", "PKCS7"), holds(PemLabel::Pkcs7)),
        (
            "OpenSSL's trusted form",
            Authority,
            &relabelled(root, "CERTIFICATE", "TRUSTED CERTIFICATE"),
            holds(PemLabel::TrustedCertificate),
        ),
        (
            "anything",
            Authority,
            &relabelled(root, "CERTIFICATE", "PGP MESSAGE"),
            holds(PemLabel::Other),
        ),
    ]);
}

#[test]
fn what_is_untidy_is_written_down_in_one_form() {
    let Made { root, intermediate, leaf, .. } = &Made::new();
    let tidy = format!("{intermediate}{root}").parse::<CaChain>().unwrap();
    let windows = format!("{intermediate}{root}").replace('\n', "\r\n");
    let mac = format!("{intermediate}{root}").replace('\n', "\r");
    let indented = format!("{intermediate}\n\n{root}").replace('\n', "  \n\t ");
    let marked = format!("\u{feff}\n{intermediate}{root}\n\n");
    let talkative = format!(
        "Bag Attributes\n  friendlyName: x\nsubject=CN = Test\n{intermediate}\nissuer=CN = Test\n{root}# end\n"
    );
    let relabelled =
        relabelled(&format!("{intermediate}{root}"), "CERTIFICATE", "X509 CERTIFICATE");
    let wide = rewrapped(intermediate, 76) + &rewrapped(root, 1000);
    for text in [windows, mac, indented, marked, talkative, wide, relabelled] {
        let chain = text.parse::<CaChain>().unwrap_or_else(|fault| panic!("{fault}: {text:?}"));
        assert_eq!(chain.pem(), tidy.pem(), "{text:?}");
    }
    judge(&[("Windows' line breaks", Certificate, &leaf.replace('\n', "\r\n"), None)]);
}

fn rewrapped(pem: &str, width: usize) -> String {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let lines: Vec<_> =
        base64.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// Rows: F72.
#[test]
fn a_chain_is_whole_up_to_its_root_and_in_order() {
    let Made { root, intermediate, .. } = &Made::new();
    let stranger = Made::new().root;
    assert_eq!(links(root), ChainStatus::Complete);
    assert_eq!(links(&format!("{intermediate}{root}")), ChainStatus::Complete);
    assert_eq!(links(&format!("{root}{intermediate}")), ChainStatus::Complete);
    assert_eq!(links(&format!("{root}{stranger}")), ChainStatus::Complete);
    let missing = |pem: &str| matches!(links(pem), ChainStatus::IssuerMissing { issuer, .. } if issuer.contains("Test Root"));
    assert!(missing(intermediate));
    // The issuer's name alone is not enough: the key must match too.
    assert!(missing(&format!("{intermediate}{stranger}")));
    let apart = format!("{root}{stranger}{intermediate}");
    assert!(
        matches!(links(&apart), ChainStatus::OutOfOrder { subject } if subject.contains("Intermediate"))
    );
    assert_eq!(
        authority("x")
            .self_signed(&KeyPair::generate().unwrap())
            .unwrap()
            .pem()
            .parse::<CaChain>()
            .unwrap()
            .subjects(),
        ["CN=x"]
    );
}
