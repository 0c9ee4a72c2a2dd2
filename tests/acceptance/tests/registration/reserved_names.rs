//! Only the vended account itself can get the account name that the name template gives to it.

use acceptance::{
    HttpResponse, PARTITIONS, TestApp,
    methods::{for_each, for_each_open, route},
    with,
};
use gangway_model::{AuthMethod, Partition};
use local_cloud::fixtures::PodIdentityCase;
use serde_json::json;

/// The account name that is reserved for another AWS account.
const RESERVED_NAME: &str = "aws-510000000001";

/// Asserts that the name is the only invalid member, and that the response has a remedy.
fn assert_name_rejected(response: &HttpResponse) {
    response.assert_status(422);
    let errors = response.body["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1, "{}", response.text);
    assert_eq!(errors[0]["pointer"], "/name", "{}", response.text);
    let detail = errors[0]["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("aws-{accountId}"), "the rule is missing: {detail}");
    assert!(detail.contains("choose another name"), "the remedy is missing: {detail}");
}

#[tokio::test]
async fn name_of_another_vended_account_is_rejected() {
    for_each_open(|app: TestApp, method| async move {
        let request = app.request(method, app.customer(), RESERVED_NAME);
        assert_name_rejected(&app.validate(method, &request).await);
        assert_name_rejected(&app.register(method, &request).await);
        let in_project = with(request.clone(), &json!({"scope": {"project": "Payments"}}));
        assert_name_rejected(&app.register(method, &in_project).await);
        app.assert_untouched();

        // A replacement cannot give an account a reserved name.
        let other = app.request(method, app.customer(), "prod");
        let first = app.register(method, &other).await;
        first.assert_status(201);
        let path = format!("{}/{}", route(method), first.uid());
        app.deployment().functions.stop_idle_instances();
        assert_name_rejected(&app.put(&path, &request).await);
        assert_eq!(app.account_names(), ["prod"]);
    })
    .await;
}

/// Palette may compare names without regard to case, and the upper case of `ſ` is `S`.
#[tokio::test]
async fn every_spelling_of_a_reserved_name_is_rejected() {
    for_each_open(|app: TestApp, method| async move {
        for name in ["AWS-510000000001", "awſ-510000000001", "Awſ-510000000001"] {
            assert_name_rejected(
                &app.validate(method, &app.request(method, app.customer(), name)).await,
            );
        }
        app.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn event_with_the_name_of_a_vended_account_is_rejected() {
    for_each(&PARTITIONS, &[AuthMethod::Sts], |app: TestApp, method| async move {
        let request = app.request(method, app.customer(), RESERVED_NAME);
        let event = with(request, &json!({"method": method.id()}));
        let deliveries = app.send_event(&event).await;
        let outcome = deliveries[0].outcome.as_ref().expect("no error");
        assert_eq!(outcome["outcome"], "rejected", "{outcome}");
        assert_eq!(outcome["problem"]["errors"][0]["pointer"], "/name", "{outcome}");
        app.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn pod_identity_cannot_take_the_name_of_a_vended_account() {
    let app = TestApp::start(Partition::Aws).await;
    let mut request = app
        .deployment()
        .palette_cluster()
        .restore_for(PodIdentityCase::SameAccount)
        .request(PodIdentityCase::SameAccount);
    request["name"] = json!(RESERVED_NAME);
    assert_name_rejected(&app.post("/v1/tenant/accounts/pod-identity", &request).await);
    app.assert_untouched();
}

#[tokio::test]
async fn aws_account_keeps_its_own_name_and_can_be_replaced() {
    for_each(&PARTITIONS, &[AuthMethod::Sts], |app: TestApp, method| async move {
        let own = format!("aws-{}", app.customer().account.id());
        let request = app.request(method, app.customer(), &own);
        let first = app.assert_registered(method, &request).await;
        app.deployment().functions.stop_idle_instances();
        let again = app.post(&route(method), &request).await;
        assert_eq!(again.outcome(), "unchanged", "{}", again.text);

        // A replacement may change the method and the AWS account of an account with a reserved
        // name.
        let keys = app.request(AuthMethod::StaticCredentials, app.second_customer(), &own);
        let path = format!("{}/{}", route(AuthMethod::StaticCredentials), first.uid());
        let replaced = app.put(&path, &keys).await;
        replaced.assert_status(200);
        assert_eq!((replaced.outcome(), replaced.uid()), ("updated", first.uid()));
    })
    .await;
}

#[tokio::test]
async fn no_name_is_reserved_without_account_vending() {
    for_each(&PARTITIONS, &[AuthMethod::Sts], |app: TestApp, method| async move {
        let request = app.request(method, app.customer(), RESERVED_NAME);
        let event = with(request, &json!({"method": method.id()}));
        let deployed = app.deployment().redeploy(method.id(), |function| {
            let variable = function.environment.remove("GANGWAY_ACCOUNT_NAME_TEMPLATE");
            assert_eq!(variable.as_deref(), Some("aws-{accountId}"));
        });
        let (bus, kind) = (&app.deployment().bus, acceptance::REGISTRATION_REQUESTED);
        let event = bus.build_event(local_cloud::fixtures::EVENT_SOURCE, kind, &event);
        let receipt = deployed.expect("a function").invoke(&event).await.expect("a receipt");
        assert_eq!(receipt["outcome"], "created", "{receipt}");
    })
    .await;
}
