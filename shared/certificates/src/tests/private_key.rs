use secrecy::{ExposeSecret as _, SecretString};

use super::{
    PemField::Key,
    assert_results,
    fixtures::{ALGORITHMS, TestCertificates, to_legacy_key, with_label},
};
use crate::{ExpectedContent, PemError, PemLabel, PrivateKey};

/// Acceptance rows: F79.
#[test]
fn private_keys_of_every_algorithm_and_format_are_accepted() {
    for (name, algorithm) in ALGORITHMS {
        let key = TestCertificates::with_algorithm(algorithm, |_| {}).key;
        assert_results(&[
            (name, Key, &key, None),
            ("with Windows' line breaks", Key, &key.replace('\n', "\r\n"), None),
            ("indented", Key, &key.replace('\n', " \n\t "), None),
        ]);
        let label = match name {
            "RSA" => "RSA PRIVATE KEY",
            "Ed25519" => continue,
            _ => "EC PRIVATE KEY",
        };
        let legacy_key = to_legacy_key(&key, label);
        let parameters =
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        assert_results(&[
            (label, Key, &legacy_key, None),
            ("with its curve before it", Key, &format!("{parameters}{legacy_key}"), None),
        ]);
    }
}

/// Acceptance rows: F79.
#[test]
fn a_text_that_is_not_one_unencrypted_private_key_is_rejected() {
    let TestCertificates { leaf, key, root, .. } = &TestCertificates::new();
    let wrong_label =
        |found| Some(PemError::WrongLabel { expected: ExpectedContent::Key, found, position: 1 });
    let pkcs8 = with_label(key, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let legacy = with_label(key, "PRIVATE KEY", "RSA PRIVATE KEY").replace(
        "RSA PRIVATE KEY-----\n",
        "RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0123456789ABCDEF\n\n",
    );
    let short = super::fixtures::without_line(key, 1);
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    assert_results(&[
        ("encrypted PKCS#8", Key, &pkcs8, Some(PemError::Encrypted)),
        ("encrypted, older format", Key, &legacy, Some(PemError::EncryptedLegacy)),
        (
            "encrypted, and one that is not",
            Key,
            &format!("{key}{pkcs8}"),
            Some(PemError::Encrypted),
        ),
        ("two keys", Key, &format!("{key}{key}"), Some(PemError::SeveralKeys { count: 2 })),
        ("three keys", Key, &format!("{key}{key}{key}"), Some(PemError::SeveralKeys { count: 3 })),
        ("the certificate in its place", Key, leaf, Some(PemError::CertificateForKey)),
        ("a CA certificate in its place", Key, root, Some(PemError::CertificateForKey)),
        ("both in one", Key, &format!("{key}{leaf}"), Some(PemError::CertificateForKey)),
        ("a line lost", Key, &short, Some(PemError::UnusableKey)),
        (
            "the wrong label",
            Key,
            &with_label(key, "PRIVATE KEY", "RSA PRIVATE KEY"),
            Some(PemError::UnusableKey),
        ),
        (
            "a certificate under a key's label",
            Key,
            &with_label(leaf, "CERTIFICATE", "PRIVATE KEY"),
            Some(PemError::UnusableKey),
        ),
        (
            "of DSA",
            Key,
            &with_label(key, "PRIVATE KEY", "DSA PRIVATE KEY"),
            Some(PemError::UnusableKey),
        ),
        (
            "of SSH",
            Key,
            &with_label(key, "PRIVATE KEY", "OPENSSH PRIVATE KEY"),
            wrong_label(PemLabel::SshKey),
        ),
        (
            "the public key",
            Key,
            &with_label(key, "PRIVATE KEY", "PUBLIC KEY"),
            wrong_label(PemLabel::PublicKey),
        ),
        ("curve parameters alone", Key, parameters, wrong_label(PemLabel::CurveParameters)),
    ]);
}

/// Acceptance rows: F95.
#[test]
fn a_private_key_is_normalized_and_not_printed_by_debug() {
    let pem = TestCertificates::new().key;
    let key = PrivateKey::try_from(SecretString::from(pem.replace('\n', "\r\n\r\n"))).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a sample")]
    let parsed = key.pem().expose_secret();
    assert_eq!(parsed, pem.replace("\r\n", "\n"));
    let debug = format!("{key:?} {:?} {:?}", key.pem(), key.signer());
    for line in pem.lines().filter(|line| !line.starts_with('-')) {
        assert!(!debug.contains(line), "{debug}");
    }
}
