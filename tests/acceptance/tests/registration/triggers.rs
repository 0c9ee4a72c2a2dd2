//! A registration by an event has the same result as one over HTTP.

use acceptance::{
    REGISTRATION_REQUESTED, TestApp,
    methods::{for_each_open, route},
    with,
};
use gangway_model::AuthMethod;
use local_cloud::{
    Effect, Fault,
    fixtures::{API_KEY_SECRET, EVENT_SOURCE, event_sender},
    lambda::FunctionError,
    palette::ADMIN_KEY,
};
use serde_json::{Value, json};

use crate::state::{State, check_receipt, secret_document};

/// Returns the detail of a registration event. Access keys are in an incoming secret.
async fn build_event_detail(app: &TestApp, method: AuthMethod, name: &str) -> Value {
    let member = json!({"method": method.id()});
    if method == AuthMethod::Sts {
        with(app.request(method, app.customer(), name), &member)
    } else {
        let keys = secret_document(&app.customer().keys).to_string();
        let arn =
            app.deployment().put_secret(&format!("gangway/incoming/tenant/{name}"), &keys).await;
        with(json!({"name": name, "secretArn": arn}), &member)
    }
}

/// Sends an event, and returns the result of the only function that receives it.
async fn deliver(
    app: &TestApp,
    method: AuthMethod,
    detail: &Value,
) -> Result<Value, FunctionError> {
    let mut deliveries = app.send_event(detail).await;
    assert_eq!(deliveries.len(), 1, "{deliveries:?}");
    let delivery = deliveries.remove(0);
    assert_eq!(delivery.package, method.id());
    delivery.outcome
}

#[tokio::test]
async fn event_has_the_same_result_as_the_http_request() {
    for_each_open(|app: TestApp, method| async move {
        let members = json!({"description": "Payments", "permissionProfile": "core"});
        let event =
            with(build_event_detail(&app, method, "by-event").await.clone(), &members.clone());
        let receipt = deliver(&app, method, &event).await.expect("a receipt");
        assert_eq!(receipt["outcome"], "created", "{receipt}");
        let again = deliver(&app, method, &event).await.expect("a receipt");
        assert_eq!((&again["outcome"], &again["uid"]), (&json!("unchanged"), &receipt["uid"]));

        app.deployment().functions.stop_idle_instances();
        let http = with(app.request(method, app.customer(), "by-http"), &members.clone());
        let response = app.post(&route(method), &http).await;
        assert_eq!(response.status, 201, "{}", response.text);
        check_receipt(&app, method, "by-http", &response).expect("truth");
        let (mut event, mut http) = (receipt.clone(), response.body.clone());
        for receipt in [&mut event, &mut http] {
            for member in ["name", "uid", "secretArn", "report"] {
                receipt.as_object_mut().expect("a receipt").remove(member);
            }
        }
        assert_eq!(event, http);
        let ends = ["by-event", "by-http"].map(|name| State::snapshot(&app, name).normalized(name));
        assert_eq!(ends[0], ends[1]);
        // An HTTP request for the account that the event registered changes nothing.
        let same = with(app.request(method, app.customer(), "by-event"), &members);
        let response = app.post(&route(method), &same).await;
        assert_eq!(response.outcome(), "unchanged", "{}", response.text);
    })
    .await;
}

#[tokio::test]
async fn permanently_invalid_event_is_rejected_without_retry() {
    for_each_open(|app: TestApp, method| async move {
        let valid_event = build_event_detail(&app, method, "prod").await;
        // An event must not contain a secret access key.
        let secret = json!({"secretAccessKey": "x".repeat(40)});
        // The event, the problem type, and its status.
        for (event, kind, status) in [
            (with(valid_event.clone(), &json!({"name": "no\nname"})), "validation-error", 400),
            (with(valid_event.clone(), &json!({"surprise": 1})), "validation-error", 400),
            (
                with(valid_event.clone(), &json!({"scope": {"project": "Nowhere"}})),
                "unprocessable",
                422,
            ),
            (with(valid_event.clone(), &json!({"partition": "aws-iso"})), "unprocessable", 422),
            (with(valid_event.clone(), &secret), "unprocessable", 422),
        ] {
            let response = if event.get("secretAccessKey").is_some() {
                // No rule matches an event with a key, so that no queue stores the key.
                assert!(app.send_event(&event).await.is_empty());
                app.invoke_with_event(method, &event).await.expect("no error")
            } else {
                deliver(&app, method, &event).await.expect("no error")
            };
            assert_eq!(response["outcome"], "rejected", "{response}");
            assert_eq!(response["problem"]["status"], status, "{response}");
            let urn = format!("urn:gangway:problem:{kind}");
            assert_eq!(response["problem"]["type"], urn, "{response}");
            assert!(!response.to_string().contains(&"x".repeat(40)), "{response}");
        }
        app.customer().detach_policy(gangway_policies::PolicyDocument::Nodes);
        let response = deliver(&app, method, &valid_event).await.expect("no error");
        assert_eq!(response["problem"]["type"], "urn:gangway:problem:checks-failed", "{response}");
        assert_eq!(response["problem"]["report"]["ready"], false);
        app.assert_untouched();
    })
    .await;
}

/// A dedicated bus, its resource policy and checks of the event's age reject each of these events.
#[tokio::test]
async fn event_of_wrong_source_or_sender_or_too_old_is_rejected() {
    for_each_open(|app: TestApp, method| async move {
        let deployment = app.deployment();
        let (bus, sender) =
            (&deployment.bus, event_sender(app.partition(), &deployment.gangway_account));
        let detail = build_event_detail(&app, method, "prod").await;
        let event = bus.build_event(EVENT_SOURCE, REGISTRATION_REQUESTED, &detail);
        let foreign = bus.build_event("com.example.anybody", REGISTRATION_REQUESTED, &detail);
        assert!(bus.put(&foreign).await.functions.is_empty(), "no rule has its source");
        assert!(bus.put_on_default_bus(&event).await.functions.is_empty(), "no rule is there");
        // IAM policies let these roles put events on every bus, but the policy of this bus does
        // not.
        let other = sender.replace("EventSender", "Developer");
        let elsewhere = "arn:aws:iam::999999999999:role/EventSender";
        for (sender, event) in [(other.as_str(), &event), (elsewhere, &event), (&sender, &foreign)]
        {
            let put = bus.put_event_as(sender, event).await;
            let reached = put.map(|result| result.functions.len()).unwrap_or_default();
            assert_eq!(reached, 0, "{sender}");
        }
        for (member, value) in [("replay-name", "restore"), ("time", "2025-01-01T00:00:00Z")] {
            let mut late = event.clone();
            late[member] = value.into();
            let mut put =
                bus.put_event_as(&sender, &late).await.expect("the sender may put events");
            let response = put.functions.remove(0).outcome.expect("no retry");
            assert_eq!(response["outcome"], "rejected", "{response}");
            assert_eq!(response["problem"]["errors"][0]["pointer"], format!("/{member}"));
        }
        // Palette has this project, but no setting lets events name it.
        app.cloud().palette().records().tenants[0].projects[0].name = "Secrets".to_owned();
        let project = with(detail.clone(), &json!({"scope": {"project": "Secrets"}}));
        let response = deliver(&app, method, &project).await.expect("no retry");
        assert_eq!(response["problem"]["errors"][0]["pointer"], "/scope/project", "{response}");
        app.assert_untouched();
        let mut put = bus.put_event_as(&sender, &event).await.expect("the sender may put events");
        let receipt = put.functions.remove(0).outcome.expect("a receipt");
        assert_eq!(receipt["outcome"], "created", "{receipt}");
    })
    .await;
}

/// Only the operator can fix this error, so the event must be retried and not discarded.
#[tokio::test]
async fn event_fails_when_the_palette_api_key_is_refused() {
    for_each_open(|app: TestApp, method| async move {
        let event = build_event_detail(&app, method, "prod").await;
        drop(app.deployment().put_secret(API_KEY_SECRET, "a key that nobody knows").await);
        app.deployment().functions.stop_idle_instances();
        let error = deliver(&app, method, &event).await.expect_err("an error");
        let FunctionError::Failed { kind, .. } = &error else { panic!("{error}") };
        assert_eq!(kind, "Gangway.Retryable");
        app.assert_untouched();
        drop(app.deployment().put_secret(API_KEY_SECRET, ADMIN_KEY).await);
        app.deployment().functions.stop_idle_instances();
        let receipt = deliver(&app, method, &event).await.expect("a receipt");
        assert_eq!(receipt["outcome"], "created", "{receipt}");
    })
    .await;
}

#[tokio::test]
async fn event_with_a_temporary_failure_is_retried_and_registers() {
    for_each_open(|app: TestApp, method| async move {
        let event = build_event_detail(&app, method, "prod").await;
        for (operation, effect) in [
            ("GET /v1/cloudaccounts/aws", Effect::Throttle),
            ("GET /v1/cloudaccounts/aws", Effect::Unavailable),
            // Palette also responds with 500 when it refuses a request, but an outage must not lose
            // an event.
            ("GET /v1/cloudaccounts/aws", Effect::InternalError),
            ("POST /v1/cloudaccounts/aws", Effect::DisconnectBefore),
        ] {
            app.deployment().functions.stop_idle_instances();
            app.cloud().fault(Fault::on("palette", operation, effect));
            let error = deliver(&app, method, &event).await.expect_err("an error");
            let FunctionError::Failed { kind, message } = &error else { panic!("{error}") };
            assert_eq!(kind, "Gangway.Retryable", "{message}");
            assert!(message.contains("Palette"), "{message}");
            assert!(app.account_names().is_empty());
            app.cloud().faults().clear();
        }
        app.deployment().functions.stop_idle_instances();
        let receipt = deliver(&app, method, &event).await.expect("a receipt");
        assert_eq!(receipt["outcome"], "created", "{receipt}");
        let state = State::snapshot(&app, "prod");
        assert_eq!(state.account()["uid"], receipt["uid"]);
        assert_eq!(state.active().len(), usize::from(method == AuthMethod::StaticCredentials));
    })
    .await;
}
