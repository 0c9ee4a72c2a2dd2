use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256};
use secrecy::SecretString;

use super::{
    PemField::Client,
    assert_results,
    fixtures::{ALGORITHMS, Change, TestCertificates, with_label},
};
use crate::{ClientCertificate, ExpectedContent, PemError, PemLabel, PrivateKey};

/// Acceptance rows: F78.
#[test]
fn a_client_certificate_must_come_before_its_issuers() {
    let TestCertificates { root, intermediate, leaf, key } = &TestCertificates::new();
    let other = TestCertificates::new();
    let wrong_label = |found| {
        Some(PemError::WrongLabel { expected: ExpectedContent::Certificate, found, position: 1 })
    };
    assert_results(&[
        ("alone", Client, leaf, None),
        ("with its issuer", Client, &format!("{leaf}{intermediate}"), None),
        ("up to the root", Client, &format!("{leaf}{intermediate}{root}"), None),
        ("twice", Client, &format!("{leaf}{leaf}{intermediate}{intermediate}"), None),
        ("again at the end", Client, &format!("{leaf}{intermediate}{root}{leaf}"), None),
        (
            "twice, followed by another issuer",
            Client,
            &format!("{leaf}{leaf}{}", other.intermediate),
            Some(PemError::OutOfOrder { position: 3 }),
        ),
        (
            "issuers swapped",
            Client,
            &format!("{leaf}{root}{intermediate}"),
            Some(PemError::OutOfOrder { position: 2 }),
        ),
        (
            "the issuer first",
            Client,
            &format!("{intermediate}{leaf}"),
            Some(PemError::CaCertificateForClient),
        ),
        ("the root alone", Client, root, Some(PemError::CaCertificateForClient)),
        (
            "followed by another issuer",
            Client,
            &format!("{leaf}{}", other.intermediate),
            Some(PemError::OutOfOrder { position: 2 }),
        ),
        (
            "two clients'",
            Client,
            &format!("{leaf}{}", other.leaf),
            Some(PemError::OutOfOrder { position: 2 }),
        ),
        ("the key in its place", Client, key, Some(PemError::KeyForCertificate)),
        ("both in one", Client, &format!("{leaf}{key}"), Some(PemError::KeyForCertificate)),
        (
            "an encrypted key",
            Client,
            &with_label(key, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
            Some(PemError::KeyForCertificate),
        ),
        (
            "a request",
            Client,
            &with_label(leaf, "CERTIFICATE", "CERTIFICATE REQUEST"),
            wrong_label(PemLabel::CertificateRequest),
        ),
    ]);
}

/// Acceptance rows: F78.
#[test]
fn key_usage_extensions_allow_or_forbid_client_authentication() {
    let server: Change =
        |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let client_and_server: Change =
        |params| params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    let any: Change = |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any];
    let no_extensions: Change = |params| {
        params.extended_key_usages.clear();
        params.key_usages.clear();
    };
    let no_digital_signature: Change =
        |params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
    for (case, change, expected) in [
        ("client", (|_| {}) as Change, true),
        ("server only", server, false),
        ("both", client_and_server, true),
        ("any", any, true),
        ("nothing said", no_extensions, true),
        ("no signatures", no_digital_signature, false),
    ] {
        let certificates = TestCertificates::with_algorithm(&PKCS_ECDSA_P256_SHA256, change);
        let certificate: ClientCertificate = certificates.leaf.parse().unwrap();
        assert_eq!(certificate.allows_client_auth(), expected, "{case}");
    }
}

/// Acceptance rows: F79.
#[test]
fn a_private_key_matches_only_the_certificate_of_its_public_key() {
    for (name, algorithm) in ALGORITHMS {
        let certificates = TestCertificates::with_algorithm(algorithm, |_| {});
        let certificate: ClientCertificate = certificates.leaf.parse().unwrap();
        let key = PrivateKey::try_from(SecretString::from(certificates.key)).unwrap();
        assert!(certificate.matches_key(&key), "{name}");
        for other in [TestCertificates::with_algorithm(algorithm, |_| {}), TestCertificates::new()]
        {
            let other = PrivateKey::try_from(SecretString::from(other.key)).unwrap();
            assert!(!certificate.matches_key(&other), "{name}");
        }
    }
}
