//! `POST /v1/tenant/accounts/{uid}/validate` validates a registered account again.

use acceptance::{
    HttpResponse, PARTITIONS, TestApp,
    methods::{for_each, for_each_open, route},
    with,
};
use gangway_model::AuthMethod;
use local_cloud::palette::{KeptAnnotations, SecretsOnRead};
use serde_json::{Value, json};

use crate::{listing::create_in_palette, state::write_calls};

/// Validates a registered account again, and asserts that nothing is changed. Returns the report.
async fn revalidate(app: &TestApp, uid: &str) -> HttpResponse {
    // A new instance does not wait for Palette's rate limit.
    app.deployment().functions.stop_idle_instances();
    app.cloud().calls().clear();
    let report = app.post(&format!("/v1/tenant/accounts/{uid}/validate"), &json!({})).await;
    assert_eq!(report.status, 200, "{}", report.text);
    assert_eq!(write_calls(app), Vec::<String>::new());
    report
}

/// Returns the ids of the failed checks with severity `blocker`.
fn failed_blocker_ids(report: &HttpResponse) -> Vec<String> {
    let mut failed = report.checks();
    failed.retain(|check| check["outcome"] == "failed" && check["severity"] == "blocker");
    failed.iter().map(|check| check["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn healthy_account_is_ready_and_reports_its_method() {
    for_each_open(|app: TestApp, method| async move {
        let receipt = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        let report = revalidate(&app, receipt.uid()).await;
        assert_eq!(report.ready(), Some(true), "{}", report.text);
        assert_eq!(report.text_at("/method"), method.id());
        assert_eq!(report.text_at("/awsAccountId"), app.customer().account.id());
        assert_eq!(report.check("palette.validation")["outcome"], "passed");
        if method == AuthMethod::StaticCredentials {
            for check in ["vault.secret-in-use", "vault.secret-matches-palette"] {
                assert_eq!(report.check(check)["outcome"], "passed", "{}", report.text);
            }
        }
        assert!(!report.text.contains(&app.customer().keys.secret));
    })
    .await;
}

#[tokio::test]
async fn deactivated_key_is_reported() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let receipt = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        app.customer().deactivate_access_key();
        let report = revalidate(&app, receipt.uid()).await;
        assert_eq!(report.ready(), Some(false), "{}", report.text);
        assert_eq!(failed_blocker_ids(&report), ["aws.identity-valid"], "{}", report.text);
        app.customer().activate_access_key();
        assert_eq!(revalidate(&app, receipt.uid()).await.ready(), Some(true));
    })
    .await;
}

#[tokio::test]
async fn broken_trust_policy_is_reported() {
    for_each(&PARTITIONS, &[AuthMethod::Sts], |app: TestApp, method| async move {
        let receipt = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        app.customer().trust_with_wrong_external_id();
        let report = revalidate(&app, receipt.uid()).await;
        assert_eq!(report.ready(), Some(false), "{}", report.text);
        assert!(
            failed_blocker_ids(&report).contains(&"palette.validation".to_owned()),
            "{}",
            report.text
        );
        app.customer().trust_palette();
        app.customer().delete_inspection_role();
        // Palette can still assume the role. Without the inspection role, Gangway leaves checks
        // unverified.
        let report = revalidate(&app, receipt.uid()).await;
        assert_eq!(report.ready(), Some(true), "{}", report.text);
        let unverified = report.checks().iter().any(|check| check["outcome"] == "unverified");
        assert!(unverified, "{}", report.text);
    })
    .await;
}

#[tokio::test]
async fn stopped_gateway_is_reported() {
    for_each_open(|app: TestApp, method| async move {
        let request = app.request(method, app.customer(), "prod");
        let request = with(request.clone(), &json!({"privateCloudGateway": "dc-east"}));
        let receipt = app.post(&route(method), &request).await;
        assert_eq!(revalidate(&app, receipt.uid()).await.ready(), Some(true));
        {
            let mut records = app.cloud().palette().records();
            let gateways = &mut records.tenants[0].gateways;
            let gateway = gateways.iter_mut().find(|one| one.name == "dc-east");
            gateway.expect("that gateway").state = "Error".to_owned();
        }
        let report = revalidate(&app, receipt.uid()).await;
        assert_eq!(failed_blocker_ids(&report), ["palette.gateway-running"], "{}", report.text);
    })
    .await;
}

#[tokio::test]
async fn account_created_outside_gangway_is_checked_as_far_as_possible() {
    for_each_open(|app: TestApp, method| async move {
        app.set_kept_annotations(KeptAnnotations::All);
        let (customer, partition) = (app.customer(), app.partition().id());
        let spec = if method == AuthMethod::StaticCredentials {
            json!({
                "credentialType": "secret", "partition": partition, "policyARNs": [],
                "accessKey": customer.keys.id, "secretKey": customer.keys.secret,
            })
        } else {
            json!({
                "credentialType": "sts", "partition": partition, "policyARNs": [],
                "sts": {"arn": customer.role.arn()},
            })
        };
        let uid = create_in_palette(&app, None, &spec, "by-hand");
        let report = revalidate(&app, &uid).await;
        let noticed = report.body["notices"].to_string();
        if method == AuthMethod::StaticCredentials {
            // Gangway has no copy of the keys, so nothing shows whether they work.
            assert_eq!(report.body["ready"], Value::Null, "{}", report.text);
            assert_eq!(report.check("vault.secret-in-use")["outcome"], "unverified");
            assert!(noticed.contains("PUT the account with its credential"), "{noticed}");
        } else {
            assert_eq!(report.ready(), Some(true), "{}", report.text);
            assert_eq!(report.check("palette.validation")["outcome"], "passed");
        }
        assert!(noticed.contains("profile of this account is not recorded"), "{noticed}");
        // A registration with the same name and identity updates the account.
        app.deployment().functions.stop_idle_instances();
        let receipt = app.post(&route(method), &app.request(method, customer, "by-hand")).await;
        assert_eq!((receipt.uid(), receipt.outcome()), (&*uid, "updated"), "{}", receipt.text);
        let report = revalidate(&app, &uid).await;
        assert_eq!(report.ready(), Some(true), "{}", report.text);
        assert!(
            !report.body["notices"].to_string().contains("profile of this account is not recorded")
        );
    })
    .await;
}

#[tokio::test]
async fn missing_or_different_secret_is_reported() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let receipt = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        let key = app.customer().user.create_access_key();
        app.cloud().palette().records().accounts[0].body["spec"]["accessKey"] = json!(key.id);
        let report = revalidate(&app, receipt.uid()).await;
        assert_eq!(report.check("vault.secret-matches-palette")["outcome"], "failed");
        let masked = SecretsOnRead::MaskedWithoutAccessKeyId;
        app.cloud().palette().configure(|palette| palette.secrets = masked);
        let report = revalidate(&app, receipt.uid()).await;
        assert_eq!(report.check("vault.secret-matches-palette")["outcome"], "unverified");
        let arn = receipt.text_at("/secretArn");
        let deletion = json!({"SecretId": arn, "RecoveryWindowInDays": 7});
        let administrator = app.deployment().administrator();
        administrator.secrets_manager("DeleteSecret", &deletion).await.expect("a response");
        let report = revalidate(&app, receipt.uid()).await;
        if app.drops_annotations() {
            // Without annotations, only the secret recorded the id of the AWS account.
            assert_eq!(report.ready(), None, "{}", report.text);
            assert_eq!(report.check("vault.secret-in-use")["outcome"], "unverified");
        } else {
            assert_eq!(failed_blocker_ids(&report), ["vault.secret-in-use"], "{}", report.text);
        }
    })
    .await;
}
