//! Private keys. They are never printed.

use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Place::Key,
    judge,
    maker::{ALGORITHMS, Made, relabelled, unwrapped},
};
use crate::{Expected, PemError, PemLabel, PrivateKey};

/// Rows: F79.
#[test]
fn keys_of_every_kind_and_form_are_taken() {
    for (name, algorithm) in ALGORITHMS {
        let key = Made::with(algorithm, |_| {}).key;
        judge(&[
            (name, Key, &key, None),
            ("with Windows' line breaks", Key, &key.replace('\n', "\r\n"), None),
            ("indented", Key, &key.replace('\n', " \n\t "), None),
        ]);
        let label = match name {
            "RSA" => "RSA PRIVATE KEY",
            "Ed25519" => continue,
            _ => "EC PRIVATE KEY",
        };
        let older = unwrapped(&key, label);
        let parameters =
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        judge(&[
            (label, Key, &older, None),
            ("with its curve before it", Key, &format!("{parameters}{older}"), None),
        ]);
    }
}

/// Rows: F79.
#[test]
fn what_is_not_one_open_key_is_refused_with_the_reason() {
    let Made { leaf, key, root, .. } = &Made::new();
    let holds = |found| Some(PemError::WrongLabel { wanted: Expected::Key, found });
    let pkcs8 = relabelled(key, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let legacy = relabelled(key, "PRIVATE KEY", "RSA PRIVATE KEY").replace(
        "RSA PRIVATE KEY-----\n",
        "RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0123456789ABCDEF\n\n",
    );
    let short = super::maker::without_line(key, 1);
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    judge(&[
        ("encrypted PKCS#8", Key, &pkcs8, Some(PemError::Encrypted)),
        ("encrypted, the older way", Key, &legacy, Some(PemError::EncryptedLegacy)),
        ("encrypted, beside an open one", Key, &format!("{key}{pkcs8}"), Some(PemError::Encrypted)),
        ("two keys", Key, &format!("{key}{key}"), Some(PemError::SeveralKeys { count: 2 })),
        ("three keys", Key, &format!("{key}{key}{key}"), Some(PemError::SeveralKeys { count: 3 })),
        ("the certificate in its place", Key, leaf, Some(PemError::CertificateForKey)),
        ("an authority in its place", Key, root, Some(PemError::CertificateForKey)),
        ("both in one", Key, &format!("{key}{leaf}"), Some(PemError::CertificateForKey)),
        ("a line lost", Key, &short, Some(PemError::UnusableKey)),
        (
            "the wrong label",
            Key,
            &relabelled(key, "PRIVATE KEY", "RSA PRIVATE KEY"),
            Some(PemError::UnusableKey),
        ),
        (
            "a certificate under a key's label",
            Key,
            &relabelled(leaf, "CERTIFICATE", "PRIVATE KEY"),
            Some(PemError::UnusableKey),
        ),
        (
            "of DSA",
            Key,
            &relabelled(key, "PRIVATE KEY", "DSA PRIVATE KEY"),
            Some(PemError::UnusableKey),
        ),
        (
            "of SSH",
            Key,
            &relabelled(key, "PRIVATE KEY", "OPENSSH PRIVATE KEY"),
            holds(PemLabel::SshKey),
        ),
        (
            "the public half",
            Key,
            &relabelled(key, "PRIVATE KEY", "PUBLIC KEY"),
            holds(PemLabel::PublicKey),
        ),
        ("a curve alone", Key, parameters, holds(PemLabel::CurveParameters)),
    ]);
}

/// Rows: F95.
#[test]
fn a_key_is_not_shown_and_is_kept_in_one_form() {
    let pem = Made::new().key;
    let key = PrivateKey::try_from(SecretString::from(pem.replace('\n', "\r\n\r\n"))).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a sample")]
    let kept = key.pem().expose_secret();
    assert_eq!(kept, pem.replace("\r\n", "\n"));
    let shown = format!("{key:?} {:?} {:?}", key.pem(), key.signer());
    for line in pem.lines().filter(|line| !line.starts_with('-')) {
        assert!(!shown.contains(line), "{shown}");
    }
}
