//! A `PUT` replaces the client certificate with which Palette fetches credentials from the access
//! portal.

use acceptance::{
    TestApp,
    classified::{CLASSIFIED_PARTITIONS, portal, portal_access},
    methods::for_each,
    with,
};
use local_cloud::{certificates::CertificateSpec, palette::PortalToken};
use serde_json::{Value, json};

use gangway_model::AuthMethod;

/// Returns the credentials that Palette got when it last called the access portal, or none if that
/// failed.
fn last_portal_token(app: &TestApp) -> Option<PortalToken> {
    let records = app.cloud().palette().records();
    records.find_account("prod").expect("an account").portal_token.clone().expect("a try")
}

/// Acceptance rows: F86.
#[tokio::test]
async fn new_certificate_replaces_the_old_one_before_expiry() {
    for_each(&CLASSIFIED_PARTITIONS, &[AuthMethod::Scap], |app: TestApp, method: AuthMethod| async move {
        let (customer, portal) = (app.customer(), portal(app.deployment()));
        let entity = &portal_access(customer).common_name;
        let short = portal.issue(&CertificateSpec::client(entity).with_validity_days(-300, 12));
        let shown = |issued: &local_cloud::certificates::IssuedCertificate| {
            json!({"userCertificate": issued.certificate, "userKey": issued.key})
        };
        let first = with(app.request(method, customer, "prod"), &shown(&short));
        let receipt = app.assert_registered(method, &first).await;
        receipt.assert_check("certificates.client-lasts", "failed", "expires on", "PUT the account");
        let (uid, palette) = (receipt.uid().to_owned(), app.cloud().palette());
        let before = last_portal_token(&app).expect("keys");

        // Another tool has set a policy, which no request of Gangway names.
        let policy = r#"{"Version": "2012-10-17", "Statement": []}"#;
        palette.records().accounts[0].body["spec"]["secretSpec"]["policy"] = json!(policy);

        let fresh = portal.issue(&CertificateSpec::client(entity));
        let renewed = with(first.clone(), &shown(&fresh));
        app.deployment().functions.stop_idle_instances();
        let path = format!("/v1/tenant/accounts/scap/{uid}");
        let put = app.put(&path, &renewed).await;
        put.assert_status(200);
        assert_eq!((put.outcome(), put.uid()), ("updated", &*uid), "{:#}", put.body);
        put.assert_check("certificates.client-lasts", "passed", "", "");
        let again = app.put(&path, &renewed).await;
        assert_eq!((again.status, again.outcome()), (200, "unchanged"), "{:#}", again.body);

        // There is still one account and one secret; the secret's current value has the new key.
        assert_eq!((app.account_names().len(), app.active_secrets().len()), (1, 1));
        let secret = app.deployment().gangway_account.secret(&app.active_secrets()[0]).expect("a secret");
        let current = secret.current.expect("a value");
        let kept: Value = serde_json::from_str(&current).expect("JSON");
        assert_eq!(kept["userKey"], *fresh.key);
        // The current version may keep its pending label.
        assert!(secret.pending.is_none_or(|pending| pending == current));
        assert_eq!(secret.tags["gangway:palette-uid"], uid);
        let stored = app.palette_body("prod")["spec"]["secretSpec"].clone();
        assert_eq!((&stored["tls"]["key"], &stored["policy"]), (&json!(*fresh.key), &json!(policy)));

        // The old certificate is revoked; Palette uses the new one.
        portal.revoke(&short);
        assert!(palette.refresh_portal_token(&uid).await);
        let after = last_portal_token(&app).expect("keys");
        assert!(after.generated >= before.generated);
        portal.revoke(&fresh);
        assert!(!palette.refresh_portal_token(&uid).await && last_portal_token(&app).is_none());
        let report = assert_put_is_rejected(&app, &path, &renewed).await;
        report.assert_check("portal.keys", "failed", "page (HTTP 200)", "identity team");
    })
    .await;
}

#[tokio::test]
async fn changing_keys_to_a_portal_updates_the_secret_tags() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let customer = app.customer();
            let keys = app.request(AuthMethod::StaticCredentials, customer, "prod");
            let receipt = app.assert_registered(AuthMethod::StaticCredentials, &keys).await;
            let method_tag = || {
                let kept = app.active_secrets();
                let [name] = kept.as_slice() else { panic!("one secret: {kept:?}") };
                let secret = app.deployment().gangway_account.secret(name).expect("a secret");
                secret.tags["gangway:method"].clone()
            };
            assert_eq!(method_tag(), "static-credentials");
            app.deployment().functions.stop_idle_instances();
            let path = format!("/v1/tenant/accounts/scap/{}", receipt.uid());
            let put = app.put(&path, &app.request(method, customer, "prod")).await;
            put.assert_status(200);
            assert_eq!(method_tag(), "scap");
        },
    )
    .await;
}

/// Acceptance rows: F86.
#[tokio::test]
async fn expiry_of_keys_is_reported_and_is_that_of_palettes_keys() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            portal(app.deployment()).configure(|behaviour| behaviour.lifetime = 900);
            app.cloud().clock().freeze();
            let request = app.request(method, app.customer(), "prod");
            let receipt = app.assert_registered(method, &request).await;
            let seen = receipt.check("portal.key-lifetime");
            let expected = seen["observed"].as_str().expect("text");
            let known = ["13", "14", "15"].map(|left| format!("they expire in {left} minutes"));
            assert!(known.iter().any(|known| known == expected), "{expected}");
            let token = last_portal_token(&app).expect("keys");
            assert_eq!(token.expires, local_cloud::clock::iso8601(token.generated + 900));
            portal(app.deployment()).configure(|behaviour| behaviour.lifetime = 0);
            let report = app.validate(method, &with(request, &json!({"name": "other"}))).await;
            report.assert_check("portal.key-lifetime", "failed", "already expired", "NTP");
            report.assert_check("aws.identity-valid", "failed", "", "");
        },
    )
    .await;
}

/// Asserts that a PUT is rejected with a report and changes nothing.
async fn assert_put_is_rejected(
    app: &TestApp,
    path: &str,
    request: &Value,
) -> acceptance::HttpResponse {
    let before = app.palette_body("prod");
    app.deployment().functions.stop_idle_instances();
    let refused = app.put(path, request).await;
    refused.assert_status(422);
    assert_eq!(app.palette_body("prod"), before);
    refused
}
