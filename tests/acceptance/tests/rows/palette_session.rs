//! The API key of Palette, the list of accounts, and requests with every member.

use acceptance::{
    PARTITIONS, TestApp,
    methods::{OPEN_METHODS, route},
    with,
};
use local_cloud::{
    fixtures::API_KEY_SECRET,
    palette::{ADMIN_KEY, InvalidKeyResponse, MEMBER_KEY},
};
use serde_json::{Value, json};

use gangway_model::AuthMethod;

/// Acceptance rows: F01.
#[tokio::test]
async fn api_key_without_tenant_administrator_is_reported() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        app.deployment().put_secret(API_KEY_SECRET, MEMBER_KEY).await;
        for method in OPEN_METHODS {
            let more = json!({"privateCloudGateway": "dc-east"});
            let request = with(app.request(method, app.customer(), "prod"), &more);
            let report = app.assert_blocked(method, &request).await;
            report.assert_check("palette.session", "failed", "Palette", "tenant administrator");
            assert_eq!(report.check("palette.session")["severity"], "blocker");
            // Checks without data from Palette do not pass.
            for id in ["palette.name-available", "palette.gateway-registered", "palette.validation"]
            {
                assert_ne!(report.check(id)["outcome"], "passed", "{id}");
            }
            assert_eq!(report.check("palette.session")["covers"], json!(["C01"]));
        }
        let list = app.get("/v1/tenant/accounts").await;
        list.assert_status(500);
        assert_eq!(list.text_at("/type"), "urn:gangway:problem:upstream-denied");
        app.assert_untouched();
    }
}

/// Acceptance rows: F01.
#[tokio::test]
async fn unknown_api_key_is_reported_and_a_new_one_is_used_at_once() {
    for partition in PARTITIONS {
        for (method, refused_key) in OPEN_METHODS
            .into_iter()
            .zip([InvalidKeyResponse::Unauthorized, InvalidKeyResponse::NotFoundWithKey])
        {
            let app = TestApp::start(partition).await;
            app.cloud().palette().configure(|behaviour| behaviour.invalid_key = refused_key);
            app.deployment().put_secret(API_KEY_SECRET, "pk-of-nobody-0123456789").await;
            let request = app.request(method, app.customer(), "prod");
            let report = app.assert_blocked(method, &request).await;
            report.assert_check("palette.session", "failed", "Palette", "PALETTE_API_KEY_SECRET");
            assert!(!report.text.contains("pk-of-nobody"), "{}", report.text);
            assert!(!app.logs().contains("pk-of-nobody"));
            // The instance that has read the old API key serves this request.
            app.deployment().put_secret(API_KEY_SECRET, ADMIN_KEY).await;
            let starts = app
                .deployment()
                .functions
                .get(method.id())
                .map(|function| function.cold_start_times().len());
            let receipt = app.post(&route(method), &request).await;
            receipt.assert_status(201);
            let now = app
                .deployment()
                .functions
                .get(method.id())
                .map(|function| function.cold_start_times().len());
            assert_eq!(now, starts, "a new instance");
        }
    }
}

/// Acceptance rows: F02.
#[tokio::test]
async fn tenant_accounts_are_listed_by_page_without_secrets() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let (first, second) = (app.customer(), app.second_customer());
        let empty = app.get("/v1/tenant/accounts").await;
        empty.assert_status(200);
        assert_eq!(empty.body, json!({"accounts": []}));
        app.assert_registered(
            AuthMethod::StaticCredentials,
            &app.request(AuthMethod::StaticCredentials, first, "one"),
        )
        .await;
        app.assert_registered(AuthMethod::Sts, &app.request(AuthMethod::Sts, second, "two")).await;
        let all = app.get("/v1/tenant/accounts").await;
        all.assert_status(200);
        assert_eq!(listed_names(&all.body), ["one", "two"]);
        assert!(!all.text.contains(&first.keys.secret), "{}", all.text);
        let page = app.get("/v1/tenant/accounts?limit=1").await;
        assert_eq!(listed_names(&page.body), ["one"]);
        let next = page.text_at("/next");
        assert!(!next.is_empty(), "{:#}", page.body);
        let rest = app.get(&format!("/v1/tenant/accounts?limit=1&next={next}")).await;
        assert_eq!(listed_names(&rest.body), ["two"]);
        assert_eq!(rest.text_at("/next"), "");
        let invalid = app.get("/v1/tenant/accounts?limit=51").await;
        assert!([400, 422].contains(&invalid.status), "{invalid:?}");
        assert_eq!(invalid.pointers(), ["/limit"]);
    }
}

/// Acceptance rows: F03.
#[tokio::test]
async fn every_member_is_accepted_over_http_and_by_event() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let customer = app.customer();
            let policy = customer.account.managed_policy_arn("SecurityAudit");
            let more = json!({
                "description": "Payments, production",
                "partition": partition.id(),
                "scope": {"project": "Payments"},
                "policyArns": [policy],
                "privateCloudGateway": "dc-east",
                "permissionProfile": "core",
            });
            let request = with(app.request(method, customer, "prod"), &more);
            let receipt = app.assert_registered(method, &request).await;
            let again = app.send_event(&build_event_detail(method, &app, request).await).await;
            let [delivery] = again.as_slice() else { panic!("one function: {again:?}") };
            assert_eq!(delivery.package, method.id());
            let response = delivery.outcome.as_ref().expect("a response");
            assert_eq!(response["outcome"], "unchanged", "{response:#}");
            assert_eq!(response["uid"], receipt.uid());
            let body = app.palette_body("prod");
            assert_eq!(body["metadata"]["annotations"]["scope"], "project");
            assert_eq!(app.account_names(), ["prod"]);
        }
    }
}

/// Returns the detail of a registration event for this request. Access keys are in an incoming
/// secret.
async fn build_event_detail(method: AuthMethod, app: &TestApp, request: Value) -> Value {
    let mut detail = with(request, &json!({"method": method.id()}));
    if method == AuthMethod::StaticCredentials {
        let members = detail.as_object_mut().expect("an object");
        let keys = ["accessKeyId", "secretAccessKey"]
            .map(|name| (name.to_owned(), members.remove(name).unwrap_or_default()));
        let keys: Value = serde_json::Map::from_iter(keys).into();
        let name = "gangway/incoming/projects/Payments/prod";
        let arn = app.deployment().put_secret(name, &keys.to_string()).await;
        members.insert("secretArn".to_owned(), arn.into());
    }
    detail
}

/// Returns the account names in a list response.
pub(crate) fn listed_names(list: &Value) -> Vec<&str> {
    let accounts = list["accounts"].as_array().map(Vec::as_slice).unwrap_or_default();
    accounts.iter().map(|account| acceptance::text(account, "name")).collect()
}
