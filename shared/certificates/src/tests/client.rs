//! Client certificates.

use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256};
use secrecy::SecretString;

use super::{
    Place::Certificate,
    judge,
    maker::{ALGORITHMS, Change, Made, relabelled},
};
use crate::{ClientCertificate, Expected, PemError, PemLabel, PrivateKey};

/// Rows: F78.
#[test]
fn a_clients_certificate_comes_first_and_alone_or_with_its_issuers() {
    let Made { root, intermediate, leaf, key } = &Made::new();
    let other = Made::new();
    let holds = |found| Some(PemError::WrongLabel { wanted: Expected::Certificate, found });
    judge(&[
        ("alone", Certificate, leaf, None),
        ("with its issuer", Certificate, &format!("{leaf}{intermediate}"), None),
        ("up to the root", Certificate, &format!("{leaf}{intermediate}{root}"), None),
        (
            "issuers swapped",
            Certificate,
            &format!("{leaf}{root}{intermediate}"),
            Some(PemError::OutOfOrder { position: 2 }),
        ),
        (
            "the issuer first",
            Certificate,
            &format!("{intermediate}{leaf}"),
            Some(PemError::CaCertificateForClient),
        ),
        ("the root alone", Certificate, root, Some(PemError::CaCertificateForClient)),
        (
            "a stranger behind it",
            Certificate,
            &format!("{leaf}{}", other.intermediate),
            Some(PemError::OutOfOrder { position: 2 }),
        ),
        (
            "itself twice",
            Certificate,
            &format!("{leaf}{leaf}"),
            Some(PemError::OutOfOrder { position: 2 }),
        ),
        (
            "two clients'",
            Certificate,
            &format!("{leaf}{}", other.leaf),
            Some(PemError::OutOfOrder { position: 2 }),
        ),
        ("the key in its place", Certificate, key, Some(PemError::KeyForCertificate)),
        ("both in one", Certificate, &format!("{leaf}{key}"), Some(PemError::KeyForCertificate)),
        (
            "an encrypted key",
            Certificate,
            &relabelled(key, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
            Some(PemError::KeyForCertificate),
        ),
        (
            "a request",
            Certificate,
            &relabelled(leaf, "CERTIFICATE", "CERTIFICATE REQUEST"),
            holds(PemLabel::Request),
        ),
    ]);
}

/// Rows: F78.
#[test]
fn extensions_say_whether_clients_may_show_it() {
    let server: Change = |it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let both: Change = |it| it.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    let any: Change = |it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any];
    let silent: Change = |it| {
        it.extended_key_usages.clear();
        it.key_usages.clear();
    };
    let no_signature: Change = |it| it.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
    for (case, change, expected) in [
        ("client", (|_| {}) as Change, true),
        ("server only", server, false),
        ("both", both, true),
        ("any", any, true),
        ("nothing said", silent, true),
        ("no signatures", no_signature, false),
    ] {
        let made = Made::with(&PKCS_ECDSA_P256_SHA256, change);
        let certificate: ClientCertificate = made.leaf.parse().unwrap();
        assert_eq!(certificate.allows_client_auth(), expected, "{case}");
    }
}

/// Rows: F79.
#[test]
fn a_key_is_that_of_its_certificate_and_of_no_other() {
    for (name, algorithm) in ALGORITHMS {
        let made = Made::with(algorithm, |_| {});
        let certificate: ClientCertificate = made.leaf.parse().unwrap();
        let key = PrivateKey::try_from(SecretString::from(made.key)).unwrap();
        assert!(certificate.matches_key(&key), "{name}");
        let (other, _) = ALGORITHMS.iter().find(|(other, _)| *other != name).unwrap();
        for stranger in [Made::with(algorithm, |_| {}), Made::new()] {
            let stranger = PrivateKey::try_from(SecretString::from(stranger.key)).unwrap();
            assert!(!certificate.matches_key(&stranger), "{name}, {other}");
        }
    }
}
