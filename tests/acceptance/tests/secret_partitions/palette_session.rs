//! The API key of Palette, the list of accounts, and requests with every member.

use acceptance::{TestApp, methods::for_each_classified, text, with};
use local_cloud::{fixtures::API_KEY_SECRET, palette::MEMBER_KEY};
use serde_json::json;

use gangway_model::AuthMethod;

/// Acceptance rows: F01.
#[tokio::test]
async fn api_key_without_tenant_administrator_is_reported() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        app.deployment().put_secret(API_KEY_SECRET, MEMBER_KEY).await;
        let request = app.request(method, app.customer(), "prod");
        let report = app.assert_blocked(method, &request).await;
        report.assert_check("palette.session", "failed", "Palette", "tenant administrator");
        for id in ["palette.name-available", "palette.validation"] {
            assert_ne!(report.check(id)["outcome"], "passed", "{id}");
        }
        app.get("/v1/tenant/accounts").await.assert_status(500);
        app.assert_untouched();
    })
    .await;
}

/// Acceptance rows: F02, F23.
#[tokio::test]
async fn registered_account_is_listed_without_secrets() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let customer = app.customer();
        let receipt = app.assert_registered(method, &app.request(method, customer, "prod")).await;
        receipt.assert_check("palette.account-readable", "passed", "", "");
        let list = app.get("/v1/tenant/accounts").await;
        let shown = app.get(&format!("/v1/tenant/accounts/{}", receipt.uid())).await;
        shown.assert_status(200);
        assert_eq!(list.body["accounts"], json!([shown.body]));
        for (pointer, expected) in [
            ("/uid", receipt.uid()),
            ("/name", "prod"),
            ("/method", method.id()),
            ("/partition", app.partition().id()),
            ("/awsAccountId", customer.account.id()),
            ("/scope", "tenant"),
            ("/permissionProfile", "core-eks"),
            ("/state", "Running"),
        ] {
            assert_eq!(shown.text_at(pointer), expected, "{pointer}");
        }
        assert!(!list.text.contains("PRIVATE KEY") && !list.text.contains(&customer.keys.secret));
        app.delete(&format!("/v1/tenant/accounts/{}", receipt.uid())).await.assert_status(204);
        assert_eq!(app.get("/v1/tenant/accounts").await.body["accounts"], json!([]));
        app.assert_untouched();
    })
    .await;
}

/// Acceptance rows: F03.
#[tokio::test]
async fn every_member_is_accepted_over_http_and_by_event() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let customer = app.customer();
        let mut more = json!({
            "description": "Mapping, production",
            "partition": app.partition().id(),
            "scope": {"project": "Payments"},
            "policyArns": [customer.account.managed_policy_arn("SecurityAudit")],
            "privateCloudGateway": "dc-east",
            "permissionProfile": "core",
        });
        if method == AuthMethod::Scap {
            let everything = json!({"Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
            let boundary = customer.account.policy("Ceiling", &everything);
            more = with(more, &json!({"rolePrefix": "TEAM_", "permissionBoundaryArn": boundary}));
        }
        let request = with(app.request(method, customer, "prod"), &more);
        let receipt = app.assert_registered(method, &request).await;
        let folder = "projects/Payments";
        let detail = app.request_with_secret(method, customer, folder, "prod").await;
        let detail = with(detail, &more);
        let detail = with(detail, &json!({"method": method.id()}));
        // EventBridge delivers at least once: the second time the incoming secret is restored.
        for _delivery in 0..2 {
            let deliveries = app.send_event(&detail).await;
            let [delivery] = deliveries.as_slice() else { panic!("one function: {deliveries:?}") };
            assert_eq!(delivery.package, method.id());
            let response = delivery.outcome.as_ref().expect("a response");
            assert_eq!(text(response, "outcome"), "unchanged", "{response:#}");
            assert_eq!(text(response, "uid"), receipt.uid());
        }
        assert_eq!(app.palette_body("prod")["metadata"]["annotations"]["scope"], "project");
        assert_eq!(app.account_names(), ["prod"]);
    })
    .await;
}
