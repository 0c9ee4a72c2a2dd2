//! Secrets are stored only in Palette and in Secrets Manager.

use acceptance::{
    HttpResponse, PARTITIONS, TestApp,
    evidence::Evidence,
    methods::{OPEN_METHODS, route},
    with,
};
use gangway_policies::PolicyDocument;
use local_cloud::{Effect, Fault, palette::SecretsOnRead};
use serde_json::{Value, json};

use gangway_model::AuthMethod;

/// Asserts that no secret is in responses, logs, Palette or AWS, except where it belongs.
fn assert_no_leak(app: &TestApp, responses: &[HttpResponse]) {
    let mut evidence = Evidence::default();
    for response in responses {
        evidence.add_response(response);
    }
    evidence.add_partition(app.cloud(), app.deployment());
    evidence.assert_no_leak();
}

/// Registers, validates, lists and replaces accounts with each method, also with invalid requests
/// and faults. Returns every response.
async fn run_lifecycle(app: &TestApp) -> Vec<HttpResponse> {
    let (customer, palette) = (app.customer(), app.cloud().palette());
    let mut responses = Vec::new();
    palette.configure(|behaviour| behaviour.errors_repeat_secrets = true);
    for method in OPEN_METHODS {
        let name = format!("prod-{}", method.id());
        let request = app.request(method, customer, &name);
        // The request is invalid: it has a secret in a member that is not for secrets.
        let secret = &customer.keys.secret;
        for wrong in [
            json!({"colour": secret}),
            json!({"description": secret, "name": secret}),
            json!({"privateCloudGateway": secret}),
            json!({secret.as_str(): 1}),
            json!({"policyArns": [secret]}),
        ] {
            responses.push(app.register(method, &with(request.clone(), &wrong)).await);
        }
        // Checks fail, and Palette's error messages repeat what Palette received.
        customer.detach_policy(PolicyDocument::Controller);
        customer.trust_with_wrong_external_id();
        customer.deactivate_access_key();
        responses.push(app.validate(method, &request).await);
        responses.push(app.register(method, &request).await);
        responses.push(app.post("/v1/policies", &without_name(&request)).await);
        customer.attach_policy(PolicyDocument::Controller);
        customer.trust_palette();
        customer.activate_access_key();
        if method == AuthMethod::StaticCredentials {
            let wrong = json!({"secretAccessKey": app.second_customer().keys.secret});
            responses.push(app.register(method, &with(request.clone(), &wrong)).await);
        }
        // Palette fails, before or after it has created the account.
        for effect in [Effect::InternalError, Effect::HtmlPage, Effect::DisconnectAfter] {
            let fault = Fault::on("palette", "POST /v1/cloudaccounts/aws", effect);
            app.cloud().fault(fault.once());
            responses.push(app.register(method, &request).await);
            app.cloud().faults().clear();
        }
        for service in ["iam", "sts", "secretsmanager"] {
            app.cloud().fault(Fault::on(service, "*", Effect::HtmlPage));
            responses.push(app.register(method, &request).await);
            app.cloud().faults().clear();
        }
        let receipt = app.register(method, &request).await;
        assert!([200, 201].contains(&receipt.status), "{receipt:?}");
        let uid = receipt.uid().to_owned();
        responses.push(receipt);
        responses
            .push(app.register(method, &app.request(method, app.second_customer(), &name)).await);
        let path = format!("/v1/tenant/accounts/{uid}");
        for secrets in [SecretsOnRead::Plain, SecretsOnRead::Masked] {
            palette.configure(|behaviour| behaviour.secrets = secrets);
            responses.push(app.get("/v1/tenant/accounts").await);
            responses.push(app.get(&path).await);
            responses.push(app.post(&format!("{path}/validate"), &json!({})).await);
            let again = with(request.clone(), &json!({"description": format!("{secrets:?}")}));
            responses.push(app.put(&format!("{}/{uid}", route(method)), &again).await);
        }
        palette.configure(|behaviour| behaviour.secrets = SecretsOnRead::Plain);
        responses.push(app.get(&format!("/v1/tenant/accounts/{uid}/policies")).await);
    }
    responses.push(app.get("/v1/sts/trust").await);
    responses.push(app.get("/v1/tenant/private-cloud-gateways").await);
    responses
}

fn without_name(request: &Value) -> Value {
    let mut request = request.clone();
    request.as_object_mut().expect("an object").remove("name");
    request
}

/// Acceptance rows: F15.
#[tokio::test]
async fn secret_access_key_is_in_no_response_log_or_annotation() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let responses = run_lifecycle(&app).await;
        assert_no_leak(&app, &responses);
        assert!(app.logs().lines().count() > 20, "the functions write logs");
    }
}

/// Acceptance rows: F95.
#[tokio::test]
async fn secrets_are_stored_only_in_secrets_manager_with_the_stacks_key() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        let responses = run_lifecycle(&app).await;
        assert_eq!(app.account_names(), ["prod-static-credentials", "prod-sts"]);
        let name = format!("gangway/{partition}/{}/prod-static-credentials", customer.account.id());
        assert_eq!(app.active_secrets(), [name]);
        for secret in app.deployment().gangway_account.secrets() {
            if secret.name.starts_with(&format!("gangway/{partition}/")) {
                assert!(secret.kms_key.is_some_and(|key| key.contains(":kms:")), "{}", secret.name);
            }
        }
        // Palette receives the key in its own member.
        let keys = app.palette_body("prod-static-credentials");
        assert_eq!(keys["spec"]["secretKey"], *customer.keys.secret);
        assert_no_leak(&app, &responses);
        for account in
            [&customer.account, &app.second_customer().account, &app.deployment().palette]
        {
            assert!(account.secrets().is_empty(), "a secret outside of Gangway's own account");
        }
    }
}

/// Acceptance rows: F95.
#[tokio::test]
async fn event_with_an_access_key_is_rejected() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        let detail = with(
            app.request(AuthMethod::StaticCredentials, customer, "prod"),
            &json!({"method": AuthMethod::StaticCredentials.id()}),
        );
        // No rule matches an event with a key, so that no queue stores the key.
        assert!(app.send_event(&detail).await.is_empty());
        let response = app.invoke_with_event(AuthMethod::StaticCredentials, &detail).await;
        let response = response.expect("an answer, not to be delivered again");
        assert_eq!(response["outcome"], "rejected", "{response:#}");
        assert_eq!(response["problem"]["errors"][0]["pointer"], "/secretAccessKey");
        let expected = acceptance::text(&response["problem"]["errors"][0], "detail");
        assert!(expected.contains("secretArn") && expected.contains("replaced"), "{expected}");
        let mut evidence = Evidence::default();
        evidence.add("the answer to the event", response.to_string());
        evidence.add_partition(app.cloud(), app.deployment());
        evidence.assert_no_leak();
        app.assert_untouched();
    }
}
