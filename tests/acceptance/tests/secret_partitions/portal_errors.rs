//! Every error of the access portal is reported with its remedy.

use acceptance::{
    TestApp,
    classified::{CLASSIFIED_PARTITIONS, portal, portal_access},
    methods::for_each,
    with,
};
use local_cloud::{
    Effect, Fault,
    access_portal::{CredentialSource, Entitlement, FixedResponse, OPERATION},
    certificates::CertificateIssuer,
};
use serde_json::{Value, json};

use gangway_model::AuthMethod;

/// Acceptance rows: F85.
#[tokio::test]
async fn every_portal_error_is_reported_with_its_remedy() {
    for_each(&CLASSIFIED_PARTITIONS, &[AuthMethod::Scap], |app: TestApp, method: AuthMethod| async move {
        let request = app.request(method, app.customer(), "prod");
        let instead = |status, content_type: &str, body: &str| {
            let (content_type, body) = (content_type.to_owned(), body.to_owned());
            let response = FixedResponse { status, content_type, body };
            portal(app.deployment()).configure(|behaviour| behaviour.fixed_response = Some(response));
        };
        let json = "application/json";
        let keys =
            r#"{"Credentials":{"AccessKeyId":"ASIAX","SecretAccessKey":"s","SessionToken":"t"}}"#;
        for (status, content_type, body, observed, remedy) in [
            (200, "text/html", "<html>Log in</html>", "page (HTTP 200)", "NPE"),
            (200, "text/html", keys, "page (HTTP 200)", "NPE"),
            (401, "text/html", "<html>", "page (HTTP 401)", "NPE"),
            (
                400,
                json,
                r#"{"status":400,"message":"Invalid role"}"#,
                "HTTP 400: Invalid role",
                "agency, account and role",
            ),
            (403, json, r#"{"status":403,"message":"Not you"}"#, "HTTP 403: Not you", "NPE"),
            (
                200,
                json,
                r#"{"status":400,"message":"Invalid role"}"#,
                "HTTP 400: Invalid role",
                "agency, account and role",
            ),
            (
                404,
                json,
                r#"{"success":false,"message":"API not enabled."}"#,
                "switched off",
                "enable its API",
            ),
            (200, json, "{\"Cred", "no Credentials", "correct the URL"),
            (200, json, "[]", "no Credentials", "correct the URL"),
            (
                200,
                json,
                r#"{"Credentials":{"AccessKeyId":"ASIAX"}}"#,
                "no Credentials",
                "correct the URL",
            ),
            (302, "text/html", "", "redirects (HTTP 302)", "correct the URL"),
        ] {
            instead(status, content_type, body);
            let report = app.assert_blocked(method, &request).await;
            report.assert_check("portal.keys", "failed", observed, remedy);
            assert_eq!(report.failed(), ["portal.keys"], "{body}: {:#}", report.body);
            report.assert_check("aws.identity-valid", "unverified", "no keys", "portal.keys");
            report.assert_check("palette.validation", "not-applicable", "", "");
        }
        for status in [500, 503] {
            instead(status, json, r#"{"status":500,"message":"Later"}"#);
            let failed = app.register(method, &request).await;
            failed.assert_status(502);
            assert!(failed.text_at("/detail").contains("access portal"), "{:#}", failed.body);
        }
        app.assert_untouched();
        portal(app.deployment()).configure(|behaviour| behaviour.fixed_response = None);
        portal(app.deployment()).configure(|behaviour| behaviour.enabled = false);
        app.assert_blocked(method, &request).await.assert_check(
            "portal.keys",
            "failed",
            "API not enabled",
            "enable its API",
        );
        portal(app.deployment()).configure(|behaviour| behaviour.enabled = true);
        app.assert_registered(method, &request).await;
    })
    .await;
}

/// Acceptance rows: F85.
#[tokio::test]
async fn missing_token_or_expiry_is_reported_and_the_account_registers() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let (customer, access) = (app.customer(), portal_access(app.customer()));
            let good = app.request(method, customer, "prod");
            let portal = portal(app.deployment());
            portal.configure(|behaviour| behaviour.returns_expiration = false);
            let receipt = app.assert_registered(method, &good).await;
            receipt.assert_check("portal.key-lifetime", "unverified", "60 minutes", "45 minutes");
            // AWS rejects temporary keys without their token.
            portal.configure(|behaviour| behaviour.returns_token = false);
            let another = with(good.clone(), &json!({"name": "no-token"}));
            let report = app.assert_blocked(method, &another).await;
            report.assert_check(
                "portal.key-lifetime",
                "failed",
                "no session token",
                "keys of a role",
            );
            report.assert_check("aws.identity-valid", "failed", "", "");
            portal.configure(|behaviour| behaviour.returns_token = true);
            // An emulator of the portal issues access keys of an IAM user, which need no session
            // token.
            portal.add_entitlement(Entitlement {
                common_name: access.common_name.clone(),
                agency: "Emulated".to_owned(),
                account_name: access.account_name.clone(),
                account: customer.account.clone(),
                role: access.role_name.to_owned(),
                credentials: CredentialSource::User(customer.user.clone()),
            });
            let emulated = with(good, &json!({"name": "emulated", "agency": "Emulated"}));
            let receipt = app.assert_registered(method, &emulated).await;
            receipt.assert_check(
                "portal.key-lifetime",
                "failed",
                "no session token",
                "keys of a role",
            );
            assert_eq!(receipt.check("portal.key-lifetime")["severity"], "warning");
        },
    )
    .await;
}

/// Acceptance rows: F72, F85.
#[tokio::test]
async fn portal_with_an_untrusted_certificate_is_not_called() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let good = app.request(method, app.customer(), "prod");
            let portal = portal(app.deployment());
            for pem in [CertificateIssuer::new("Another CA").pem(), portal.chain().root_pem()] {
                app.cloud().calls().clear();
                let report = app
                    .assert_blocked(
                        method,
                        &with(good.clone(), &json!({"certificateAuthority": pem})),
                    )
                    .await;
                report.assert_check(
                    "portal.trusted",
                    "failed",
                    "UnknownIssuer",
                    "root and intermediates",
                );
                report.assert_check("portal.keys", "unverified", "not trusted", "portal.trusted");
                assert_eq!(app.cloud().calls().count(portal.kind().service(), OPERATION), 0);
            }
            // The root is sufficient if the portal sends its intermediate certificate.
            portal.configure(|behaviour| behaviour.sends_intermediate = true);
            let root = with(good, &json!({"certificateAuthority": portal.chain().root_pem()}));
            app.assert_registered(method, &root).await;
        },
    )
    .await;
}

/// Acceptance rows: F80, F85.
#[tokio::test]
async fn palette_validates_when_gangway_cannot_reach_the_portal() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let request = app.request(method, app.customer(), "prod");
            let kind = portal(app.deployment()).kind();
            // Gangway's call is the first one and fails; Palette's later call succeeds.
            app.cloud()
                .fault(Fault::on(kind.service(), OPERATION, Effect::DisconnectBefore).once());
            let report = app.validate(method, &request).await;
            assert_eq!(report.ready(), Some(true), "{:#}", report.body);
            report.assert_check(
                "portal.trusted",
                "unverified",
                "through Palette",
                "give the function a network path to it",
            );
            report.assert_check("portal.keys", "passed", "Palette fetched them", "");
            report.assert_check("aws.identity-is-role", "passed", "PROJECT_", "");
            let response = "https://localhost:9/".to_owned();
            let partition = app.partition().id().to_owned();
            app.cloud().palette().records().portals.insert(partition, response);
            app.cloud().fault(Fault::on(kind.service(), OPERATION, Effect::DisconnectBefore));
            let report = app.assert_blocked(method, &request).await;
            report.assert_check("portal.keys", "failed", "Palette received none", "");
            app.assert_untouched();
        },
    )
    .await;
}

/// Acceptance rows: F16, F84.
#[tokio::test]
async fn keys_of_another_account_or_invalid_keys_are_rejected() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let (customer, access) = (app.customer(), portal_access(app.customer()));
            let member = acceptance::classified::account_member(app.partition());
            let entitled = |account_name: &str, holder: CredentialSource| {
                portal(app.deployment()).add_entitlement(Entitlement {
                    common_name: access.common_name.clone(),
                    agency: access.agency.to_owned(),
                    account_name: account_name.to_owned(),
                    account: customer.account.clone(),
                    role: access.role_name.to_owned(),
                    credentials: holder,
                });
                let members: Value = json!({member: account_name});
                with(app.request(method, customer, "prod"), &members)
            };
            let foreign = entitled("999999999999", CredentialSource::Role(access.role.clone()));
            let report = app.assert_blocked(method, &foreign).await;
            report.assert_check(
                "aws.partition",
                "failed",
                "not 999999999999",
                "administrator of the access portal",
            );
            let gone = customer.account.role("PROJECT_Gone");
            let dead = entitled("gone", CredentialSource::Role(gone.clone()));
            gone.delete();
            let report = app.assert_blocked(method, &dead).await;
            report.assert_check("aws.identity-valid", "failed", "", "portal");
            app.assert_untouched();
        },
    )
    .await;
}
