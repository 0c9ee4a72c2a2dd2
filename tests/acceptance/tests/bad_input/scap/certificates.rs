//! Wrong certificates and keys, member by member.

use serde_json::{Value, json};

use super::{Made, PATH};
use crate::{
    SECRET,
    case::{InvalidRequestCase, with},
};

fn relabelled(pem: &str, from: &str, to: &str) -> String {
    let label = |place: &str, name: &str| format!("-----{place} {name}-----");
    pem.replace(&label("BEGIN", from), &label("BEGIN", to))
        .replace(&label("END", from), &label("END", to))
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn certificates(made: &Made) -> Vec<InvalidRequestCase> {
    let (authority, leaf, key) =
        (made.chain.pem(), made.client.certificate.clone(), made.client.key.clone());
    let flat: String = leaf.lines().filter(|line| !line.starts_with('-')).collect();
    let half = |pem: &str| pem.get(..pem.len() * 2 / 3).unwrap_or_default().to_owned();
    let secret_key = format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n");
    let legacy = relabelled(&key, "PRIVATE KEY", "RSA PRIVATE KEY").replace(
        "BEGIN RSA PRIVATE KEY-----\n",
        "BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n",
    );
    let (ca, certificate, user_key) = ("certificateAuthority", "userCertificate", "userKey");
    let values: Vec<(&'static str, &'static str, Value, &'static str)> = vec![
        (ca, "empty", "".into(), "must be the certificates of the certification authorities"),
        (ca, "a sentence", "see attachment".into(), "it has no -----BEGIN"),
        (ca, "a secret", SECRET.into(), "it has no -----BEGIN"),
        (ca, "DER in Base64", flat.clone().into(), "openssl x509 -inform der"),
        (ca, "without line breaks", authority.replace('\n', "").into(), "has lost its line breaks"),
        (ca, "with \\n", authority.replace('\n', "\\n").into(), "has lost its line breaks"),
        (ca, "half", half(&authority).into(), "is cut off"),
        (ca, "a leaf", leaf.clone().into(), "(CA:TRUE)"),
        (
            ca,
            "a leaf behind it",
            format!("{authority}{leaf}").into(),
            "number 3 is that of a server or a client",
        ),
        (ca, "a key", key.clone().into(), "holds a private key"),
        (ca, "a key behind it", format!("{authority}{key}").into(), "holds a private key"),
        (
            ca,
            "PKCS#7",
            relabelled(&authority, "CERTIFICATE", "PKCS7").into(),
            "openssl pkcs7 -print_certs",
        ),
        (
            ca,
            "a request",
            relabelled(&authority, "CERTIFICATE", "CERTIFICATE REQUEST").into(),
            "send the certificate that was issued for it",
        ),
        (ca, "null", Value::Null, "must be a string, not null"),
        (ca, "a list", json!([authority]), "must be a string, not a list"),
        (ca, "too long", format!("{}{authority}", "x".repeat(40_000)).into(), "is too long"),
        (certificate, "empty", "".into(), "must be the client's certificate in PEM"),
        (certificate, "the key", key.clone().into(), "send that as userKey alone"),
        (certificate, "both", format!("{leaf}{key}").into(), "send that as userKey alone"),
        (certificate, "an authority", made.chain.root_pem().into(), "put the client's first"),
        (
            certificate,
            "its issuer first",
            format!("{}{leaf}", made.chain.intermediate_pem()).into(),
            "put the client's first",
        ),
        (
            certificate,
            "the root behind it",
            format!("{leaf}{}", made.chain.root_pem()).into(),
            "number 2 did not issue the one before it",
        ),
        (certificate, "half", half(&leaf).into(), "is cut off"),
        (certificate, "DER in Base64", flat.into(), "openssl x509 -inform der"),
        (
            certificate,
            "a page",
            "-----BEGIN CERTIFICATE-----\n<html>\n-----END CERTIFICATE-----".into(),
            "is not Base64",
        ),
        (
            certificate,
            "no certificate",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----".into(),
            "holds no X.509 certificate",
        ),
        (certificate, "a number", 7.into(), "must be a string, not a number"),
        (user_key, "empty", "".into(), "must be the client's private key in PEM"),
        (user_key, "a secret", SECRET.into(), "it has no -----BEGIN"),
        (user_key, "a secret in armour", secret_key.into(), "cannot be used"),
        (user_key, "the certificate", leaf.clone().into(), "send that as userCertificate"),
        (user_key, "both", format!("{key}{leaf}").into(), "send that as userCertificate"),
        (user_key, "two keys", format!("{key}{key}").into(), "holds 2 private keys"),
        (
            user_key,
            "encrypted",
            relabelled(&key, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY").into(),
            "is encrypted (PKCS#8)",
        ),
        (
            user_key,
            "encrypted as it was once",
            legacy.into(),
            "is encrypted (Proc-Type: 4,ENCRYPTED)",
        ),
        (
            user_key,
            "of SSH",
            relabelled(&key, "PRIVATE KEY", "OPENSSH PRIVATE KEY").into(),
            "a private key of SSH",
        ),
        (
            user_key,
            "the public half",
            relabelled(&key, "PRIVATE KEY", "PUBLIC KEY").into(),
            "a public key",
        ),
        (user_key, "half", half(&key).into(), "is cut off"),
        (
            user_key,
            "without line breaks",
            key.replace('\n', " ").into(),
            "has lost its line breaks",
        ),
        (
            user_key,
            "the wrong label",
            relabelled(&key, "PRIVATE KEY", "RSA PRIVATE KEY").into(),
            "cannot be used",
        ),
        (user_key, "a list", json!([key]), "must be a string, not a list"),
    ];
    let case =
        |(member, name, value, remedy): (&'static str, &'static str, Value, &'static str)| {
            let body = with(&made.right(), member, value).to_string();
            InvalidRequestCase::post(&format!("{member}: {name}"), PATH, body)
                .invalid(&[&format!("/{member}")], remedy)
        };
    values.into_iter().map(case).collect()
}
