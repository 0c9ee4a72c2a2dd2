//! The client certificate and its key are checked before Gangway calls the access portal.

use acceptance::{
    TestApp,
    classified::{CLASSIFIED_PARTITIONS, portal, portal_access},
    methods::for_each,
    with,
};
use local_cloud::{
    access_portal::OPERATION,
    certificates::{
        CertificateIssuer, CertificateSpec, ExtendedKeyUsage, IssuedCertificate, KeyType,
    },
};
use serde_json::{Value, json};

use gangway_model::AuthMethod;

/// Returns the members of a request that contain this certificate and its key.
fn certificate_members(issued: &IssuedCertificate) -> Value {
    json!({"userCertificate": issued.certificate, "userKey": issued.key})
}

/// Acceptance rows: F78, F79.
#[tokio::test]
async fn certificates_with_every_key_type_are_accepted() {
    for_each(&CLASSIFIED_PARTITIONS, &[AuthMethod::Scap], |app: TestApp, method: AuthMethod| async move {
        let entity = portal_access(app.customer()).common_name.clone();
        let good = app.request(method, app.customer(), "prod");
        let portal = portal(app.deployment());
        for key in [KeyType::P256, KeyType::P384, KeyType::Rsa, KeyType::Ed25519] {
            let issued = portal.issue(&CertificateSpec { key_type: key, ..CertificateSpec::client(&entity) });
            let report = app.validate(method, &with(good.clone(), &certificate_members(&issued))).await;
            assert_eq!(report.ready(), Some(true), "{key:?}: {:#}", report.body);
            report.assert_check("certificates.key-matches", "passed", "", "");
            // The PEM text has Windows line breaks, white space around it, text before it, and the
            // intermediate certificate after it.
            let behind = issued.certificate.clone() + &portal.chain().intermediate_pem();
            let lenient = json!({
                "userCertificate": format!("subject=the entity\r\n{}\r\n \n", behind.replace('\n', "\r\n")),
                "userKey": format!("\n\n  {}\n\n", issued.key.trim().replace('\n', "\r\n")),
            });
            let report = app.validate(method, &with(good.clone(), &lenient)).await;
            assert_eq!(report.ready(), Some(true), "{key:?}: {:#}", report.body);
        }
        let nothing_said = portal.issue(&CertificateSpec { usages: Vec::new(), ..CertificateSpec::client(&entity) });
        app.assert_registered(method, &with(good, &certificate_members(&nothing_said))).await;
    })
    .await;
}

/// Acceptance rows: F78, F79.
#[tokio::test]
async fn invalid_certificates_are_reported_before_the_portal_is_called() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let entity = portal_access(app.customer()).common_name.clone();
            let good = app.request(method, app.customer(), "prod");
            let portal = portal(app.deployment());
            let of = |request: CertificateSpec| certificate_members(&portal.issue(&request));
            let other = portal.issue(&CertificateSpec::client(&entity));
            for (wrong, id, observed, remedy) in [
                (
                    of(CertificateSpec::client(&entity).with_validity_days(-400, -3)),
                    "certificates.client-valid",
                    "expired on",
                    "new certificate",
                ),
                (
                    of(CertificateSpec::client(&entity).with_validity_days(3, 400)),
                    "certificates.client-valid",
                    "not valid before",
                    "NTP",
                ),
                (
                    of(CertificateSpec {
                        usages: vec![ExtendedKeyUsage::Server],
                        ..CertificateSpec::client(&entity)
                    }),
                    "certificates.client-usage",
                    "do not allow",
                    "clientAuth",
                ),
                (
                    of(CertificateSpec {
                        usages: vec![ExtendedKeyUsage::CodeSigning],
                        ..CertificateSpec::client(&entity)
                    }),
                    "certificates.client-usage",
                    "do not allow",
                    "clientAuth",
                ),
                (
                    json!({"userKey": other.key}),
                    "certificates.key-matches",
                    "another certificate",
                    "userCertificate was issued for",
                ),
                (
                    json!({"userCertificate": other.certificate}),
                    "certificates.key-matches",
                    "public keys differ",
                    "certificate of this key",
                ),
            ] {
                app.cloud().calls().clear();
                let report = app.assert_blocked(method, &with(good.clone(), &wrong)).await;
                assert!(report.failed().contains(&id.to_owned()), "{id}: {:#}", report.body);
                report.assert_check(id, "failed", observed, remedy);
                report.assert_check("portal.keys", "unverified", "certificates", "");
                report.assert_check("palette.validation", "not-applicable", "", "");
                let requests = app.cloud().calls().count(portal.kind().service(), OPERATION);
                assert_eq!(requests, 0, "{id}: the portal is not called");
            }
            let soon = of(CertificateSpec::client(&entity).with_validity_days(-300, 12));
            let receipt = app.assert_registered(method, &with(good, &soon)).await;
            receipt.assert_check("certificates.client-lasts", "failed", "in 1", "PUT the account");
            assert_eq!(receipt.check("certificates.client-lasts")["severity"], "warning");
        },
    )
    .await;
}

/// Acceptance rows: F72, F78, F79.
#[tokio::test]
async fn invalid_pem_is_rejected_and_not_repeated() {
    for partition in CLASSIFIED_PARTITIONS {
        let app = TestApp::start(partition).await;
        let method = AuthMethod::Scap;
        let good = app.request(method, app.customer(), "prod");
        let text = |member: &str| acceptance::text(&good, member).to_owned();
        let (ca, cert, key) =
            (text("certificateAuthority"), text("userCertificate"), text("userKey"));
        let chain = CertificateIssuer::new("Another CA");
        let half = |pem: &str| pem.chars().take(pem.len() * 2 / 3).collect::<String>();
        let encrypted = key
            .replace("BEGIN PRIVATE", "BEGIN ENCRYPTED PRIVATE")
            .replace("END PRIVATE", "END ENCRYPTED PRIVATE");
        let legacy = key
            .replace(
                "PRIVATE KEY-----\n",
                "PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
            )
            .replace("BEGIN PRIVATE", "BEGIN RSA PRIVATE")
            .replace("END PRIVATE", "END RSA PRIVATE");
        let rows = [
            ("certificateAuthority", String::new(), "root and intermediates"),
            ("certificateAuthority", cert.clone(), "CA:TRUE"),
            ("certificateAuthority", format!("{ca}{cert}"), "number 3"),
            ("certificateAuthority", format!("{ca}{key}"), "private key"),
            ("certificateAuthority", half(&ca), "cut off"),
            ("userCertificate", String::new(), "client's certificate"),
            ("userCertificate", key.clone(), "private key"),
            ("userCertificate", chain.root_pem(), "is a CA certificate"),
            ("userCertificate", half(&cert), "cut off"),
            ("userCertificate", cert.replace('\n', " "), "line breaks"),
            ("userCertificate", format!("{cert}{}", chain.root_pem()), "did not issue"),
            ("userKey", String::new(), "private key"),
            ("userKey", cert.clone(), "certificate"),
            ("userKey", format!("{key}{key}"), "2 private keys"),
            ("userKey", half(&key), "cut off"),
            ("userKey", encrypted, "encrypted"),
            ("userKey", legacy, "encrypted"),
        ];
        let body = key.lines().nth(1).expect("Base64");
        for (member, pem, rule) in rows {
            let refused = app.register(method, &with(good.clone(), &json!({member: pem}))).await;
            refused.assert_status(400);
            assert_eq!(refused.pointers(), [format!("/{member}")], "{rule}: {:#}", refused.body);
            assert!(
                refused.text_at("/errors/0/detail").contains(rule),
                "{rule}: {:#}",
                refused.body
            );
            assert!(!refused.text.contains(body), "{}", refused.text);
        }
        assert!(!app.logs().contains(body));
        app.assert_untouched();
    }
}
