//! Cases with an invalid CA certificate, client certificate or private key.

use serde_json::{Value, json};

use super::{REGISTER_PATH, ScapFixture};
use crate::{
    SECRET,
    case::{InvalidRequestCase, post, with_member},
};

/// Replaces the label of PEM blocks, such as `PRIVATE KEY`.
fn replace_pem_label(pem: &str, from: &str, to: &str) -> String {
    let label = |place: &str, name: &str| format!("-----{place} {name}-----");
    pem.replace(&label("BEGIN", from), &label("BEGIN", to))
        .replace(&label("END", from), &label("END", to))
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn certificate_cases(fixture: &ScapFixture) -> Vec<InvalidRequestCase> {
    let (ca_pem, leaf, key) =
        (fixture.chain.pem(), fixture.client.certificate.clone(), fixture.client.key.clone());
    let base64_only: String = leaf.lines().filter(|line| !line.starts_with('-')).collect();
    let cut_off = |pem: &str| pem.get(..pem.len() * 2 / 3).unwrap_or_default().to_owned();
    let secret_key = format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n");
    let legacy_encrypted = replace_pem_label(&key, "PRIVATE KEY", "RSA PRIVATE KEY").replace(
        "BEGIN RSA PRIVATE KEY-----\n",
        "BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n",
    );
    let (ca, certificate, user_key) = ("certificateAuthority", "userCertificate", "userKey");
    let values: Vec<(&'static str, &'static str, Value, &'static str)> = vec![
        (ca, "empty", "".into(), "must be the CA certificates in PEM"),
        (ca, "a sentence", "see attachment".into(), "it has no -----BEGIN"),
        (ca, "a secret", SECRET.into(), "it has no -----BEGIN"),
        (ca, "DER in Base64", base64_only.clone().into(), "openssl x509 -inform der"),
        (ca, "without line breaks", ca_pem.replace('\n', "").into(), "has lost its line breaks"),
        (ca, "with \\n", ca_pem.replace('\n', "\\n").into(), "has lost its line breaks"),
        (ca, "cut off", cut_off(&ca_pem).into(), "is cut off"),
        (ca, "a client certificate", leaf.clone().into(), "(CA:TRUE)"),
        (
            ca,
            "followed by a client certificate",
            format!("{ca_pem}{leaf}").into(),
            "number 3 is a server or client certificate",
        ),
        (ca, "a key", key.clone().into(), "contains a private key"),
        (ca, "followed by a key", format!("{ca_pem}{key}").into(), "contains a private key"),
        (
            ca,
            "PKCS#7",
            replace_pem_label(&ca_pem, "CERTIFICATE", "PKCS7").into(),
            "openssl pkcs7 -print_certs",
        ),
        (
            ca,
            "a certificate request",
            replace_pem_label(&ca_pem, "CERTIFICATE", "CERTIFICATE REQUEST").into(),
            "send the certificate that was issued for it",
        ),
        (ca, "null", Value::Null, "must be a string, not null"),
        (ca, "a list", json!([ca_pem]), "must be a string, not a list"),
        (ca, "too long", format!("{}{ca_pem}", "x".repeat(40_000)).into(), "is too long"),
        (certificate, "empty", "".into(), "must be the client's certificate in PEM"),
        (certificate, "the key", key.clone().into(), "send the key as userKey"),
        (certificate, "both", format!("{leaf}{key}").into(), "send the key as userKey"),
        (
            certificate,
            "a CA certificate",
            fixture.chain.root_pem().into(),
            "put the client's certificate first",
        ),
        (
            certificate,
            "its issuer first",
            format!("{}{leaf}", fixture.chain.intermediate_pem()).into(),
            "put the client's certificate first",
        ),
        (
            certificate,
            "followed by the root",
            format!("{leaf}{}", fixture.chain.root_pem()).into(),
            "number 2 did not issue the one before it",
        ),
        (certificate, "cut off", cut_off(&leaf).into(), "is cut off"),
        (certificate, "DER in Base64", base64_only.into(), "openssl x509 -inform der"),
        (
            certificate,
            "an HTML page",
            "-----BEGIN CERTIFICATE-----\n<html>\n-----END CERTIFICATE-----".into(),
            "is not Base64",
        ),
        (
            certificate,
            "no certificate",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----".into(),
            "contains no X.509 certificate",
        ),
        (certificate, "a number", 7.into(), "must be a string, not a number"),
        (user_key, "empty", "".into(), "must be the client's private key in PEM"),
        (user_key, "a secret", SECRET.into(), "it has no -----BEGIN"),
        (user_key, "a secret with PEM labels", secret_key.into(), "cannot be used"),
        (user_key, "the certificate", leaf.clone().into(), "send it as userCertificate"),
        (user_key, "both", format!("{key}{leaf}").into(), "send it as userCertificate"),
        (user_key, "two keys", format!("{key}{key}").into(), "contains 2 private keys"),
        (
            user_key,
            "encrypted",
            replace_pem_label(&key, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY").into(),
            "is encrypted (PKCS#8)",
        ),
        (
            user_key,
            "encrypted in the old format",
            legacy_encrypted.into(),
            "is encrypted (Proc-Type: 4,ENCRYPTED)",
        ),
        (
            user_key,
            "of SSH",
            replace_pem_label(&key, "PRIVATE KEY", "OPENSSH PRIVATE KEY").into(),
            "an SSH private key",
        ),
        (
            user_key,
            "the public half",
            replace_pem_label(&key, "PRIVATE KEY", "PUBLIC KEY").into(),
            "a public key",
        ),
        (user_key, "cut off", cut_off(&key).into(), "is cut off"),
        (
            user_key,
            "without line breaks",
            key.replace('\n', " ").into(),
            "has lost its line breaks",
        ),
        (
            user_key,
            "the wrong label",
            replace_pem_label(&key, "PRIVATE KEY", "RSA PRIVATE KEY").into(),
            "cannot be used",
        ),
        (user_key, "a list", json!([key]), "must be a string, not a list"),
    ];
    let case =
        |(member, name, value, remedy): (&'static str, &'static str, Value, &'static str)| {
            let body = with_member(&fixture.valid_request(), member, value).to_string();
            post(&format!("{member}: {name}"), REGISTER_PATH, body)
                .expect_400(&[&format!("/{member}")], remedy)
        };
    values.into_iter().map(case).collect()
}
