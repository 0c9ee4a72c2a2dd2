//! Outcome events and the notifications that people get about them.

use acceptance::{
    TestApp,
    methods::{for_each_open, route},
    outcome_events::assert_sample,
    with,
};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{
    CloudOptions, Effect, Fault,
    fixtures::{API_KEY_SECRET, EVENT_SOURCE},
    palette::ADMIN_KEY,
};
use serde_json::{Value, json};

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const CORRELATION_ID: &str = "6a7e8feb-b491-4cf7-a9f1-bf3703467718";

/// Asserts the detail type and the outcome of the last outcome event. Returns its detail.
fn assert_last_event(app: &TestApp, kind: &str, outcome: &str) -> Value {
    let event = app.outcome_events().pop().expect("an event");
    assert_eq!(event["detail-type"], format!("Gangway Account {kind}"), "{event:#}");
    assert_eq!(event["source"], "gangway");
    assert_eq!(event["detail"]["outcome"], outcome, "{event:#}");
    event["detail"].clone()
}

#[tokio::test]
async fn every_change_over_http_is_published() {
    for_each_open(|app: TestApp, method| async move {
        let mut request = app.request(method, app.customer(), "prod");
        let receipt = app.register(method, &request).await;
        receipt.assert_status(201);
        let detail = assert_last_event(&app, "Registered", "created");
        let account = app.customer().account.id();
        for (member, expected) in [
            ("version", json!(1)),
            ("trigger", json!("http")),
            ("operation", json!("register")),
            ("scope", json!("tenant")),
            ("name", json!("prod")),
            ("uid", json!(receipt.uid())),
            ("awsAccountId", json!(account)),
            ("method", json!(method.id())),
            ("ready", json!(true)),
        ] {
            assert_eq!(detail[member], expected, "{member} of {detail:#}");
        }
        assert_eq!(detail["secretArn"].as_str(), receipt.body["secretArn"].as_str());

        app.register(method, &request).await.assert_status(200);
        assert_eq!(assert_last_event(&app, "Registered", "unchanged")["uid"], receipt.uid());
        request["description"] = "Payments".into();
        app.register(method, &request).await.assert_status(200);
        assert_eq!(assert_last_event(&app, "Updated", "updated")["operation"], "register");
        let uid = receipt.uid();
        let replacement = with(request, &json!({"description": "Sales"}));
        let path = format!("{}/{uid}", route(method));
        app.put(&path, &replacement).await.assert_status(200);
        assert_eq!(assert_last_event(&app, "Updated", "updated")["operation"], "replace");
        app.delete(&format!("/v1/tenant/accounts/{uid}")).await.assert_status(204);
        let removed = assert_last_event(&app, "Removed", "removed");
        assert_eq!((&removed["uid"], &removed["name"]), (&json!(uid), &json!("prod")));
        assert_eq!(removed["awsAccountId"], account);
        assert_eq!(app.outcome_events().len(), 5);
    })
    .await;
}

#[tokio::test]
async fn rejection_is_published_with_its_remedy() {
    for_each_open(|app: TestApp, method| async move {
        let request = app.request(method, app.customer(), "prod");
        // A validation changes nothing, so no event is published.
        app.validate(method, &with(request.clone(), &json!({"colour": 1}))).await;
        assert!(app.outcome_events().is_empty());

        app.register(method, &with(request.clone(), &json!({"colour": 1})))
            .await
            .assert_status(400);
        let detail = assert_last_event(&app, "Rejected", "rejected");
        assert_eq!(detail["errors"][0]["pointer"], "/colour", "{detail:#}");
        assert_eq!(detail["problem"], "urn:gangway:problem:validation-error");

        app.customer().detach_policy(gangway_policies::PolicyDocument::Nodes);
        app.register(method, &request).await.assert_status(422);
        let detail = assert_last_event(&app, "Rejected", "rejected");
        let failed = detail["checks"].as_array().expect("checks");
        assert!(failed.iter().any(|check| check["id"] == "iam.actions-allowed"), "{detail:#}");
        let summary = detail["summary"].as_str().expect("a sentence");
        for part in
            ["The registration of account prod", "was rejected", "Remedy: ", "docs/checks.md#"]
        {
            assert!(summary.contains(part), "{part}: {summary}");
        }
        // The audit log group gets the whole event.
        let event = app.outcome_events().pop().expect("an event");
        let targets = app.deployment().bus.list_target_inputs(&event);
        let audit = targets.iter().find(|(arn, _)| arn.contains(":log-group:/aws/events/"));
        assert_eq!(audit.expect("the audit log group").1, event);

        // A failure of Palette is not final, because the same request may succeed later. It is not
        // published.
        let count = app.outcome_events().len();
        let fault = Effect::Unavailable;
        app.cloud().fault(Fault::on("palette", "*", fault));
        assert!(app.register(method, &request).await.status >= 500);
        assert_eq!(app.outcome_events().len(), count);
    })
    .await;
}

#[tokio::test]
async fn notification_is_one_sentence() {
    let topic = "arn:aws:sns:us-east-1:111122223333:operators";
    let app = TestApp::start_with_parameter(Partition::Aws, "NotificationTopicArn", topic).await;
    app.customer().detach_policy(gangway_policies::PolicyDocument::Nodes);
    let request = app.request(AuthMethod::Sts, app.customer(), "prod");
    app.register(AuthMethod::Sts, &request).await.assert_status(422);
    let event = app.outcome_events().pop().expect("an event");
    let targets = app.deployment().bus.list_target_inputs(&event);
    let (_, sentence) = targets.iter().find(|(arn, _)| arn == topic).expect("a notification");
    assert_eq!(*sentence, event["detail"]["summary"]);
    // A successful registration needs no action, so no notification is sent.
    app.customer().attach_policy(gangway_policies::PolicyDocument::Nodes);
    app.register(AuthMethod::Sts, &request).await.assert_status(201);
    let event = app.outcome_events().pop().expect("an event");
    let targets = app.deployment().bus.list_target_inputs(&event);
    assert!(!targets.iter().any(|(arn, _)| arn == topic), "{targets:?}");
}

#[tokio::test]
async fn request_ids_of_the_caller_are_in_response_event_and_log() {
    for_each_open(|app: TestApp, method| async move {
        let body = app.request(method, app.customer(), "by-http").to_string().into_bytes();
        let headers = [
            ("content-type", "application/json"),
            ("x-request-id", CORRELATION_ID),
            ("traceparent", TRACEPARENT),
        ];
        let response = app.send("POST", &route(method), &headers, Some(body)).await;
        response.assert_status(201);
        assert_eq!(response.header("x-request-id".parse().expect("a name")), CORRELATION_ID);
        assert_eq!(response.header("traceparent".parse().expect("a name")), TRACEPARENT);
        let detail = assert_last_event(&app, "Registered", "created");
        assert_eq!(
            (&detail["correlationId"], &detail["traceparent"]),
            (&json!(CORRELATION_ID), &json!(TRACEPARENT))
        );
        let logs = app.logs();
        let lines = logs.lines().filter(|line| line.contains(r#""message":"account changed""#));
        for line in lines {
            assert!(line.contains(&format!(r#""correlationId":"{CORRELATION_ID}""#)), "{line}");
            assert!(line.contains(TRACEPARENT), "{line}");
        }
        // An invalid id could be a secret, so Gangway does not repeat it.
        let secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYab";
        let headers = [("x-request-id", secret), ("traceparent", secret)];
        let response = app.send("GET", "/v1/tenant/accounts", &headers, None).await;
        assert!(!format!("{:?}", response.headers).contains(secret));
        assert!(!app.logs().contains(secret));
    })
    .await;
}

#[tokio::test]
async fn invocation_fails_when_its_outcome_event_is_not_published() {
    let app = TestApp::start(Partition::Aws).await;
    let method = AuthMethod::Sts;
    let detail = with(app.request(method, app.customer(), "prod"), &json!({"method": "sts"}));
    for effect in [
        Effect::Unavailable,
        Effect::Throttle,
        Effect::AwsError { status: 400, code: "AccessDeniedException" },
        Effect::DisconnectBefore,
        Effect::NoResponse,
    ] {
        app.cloud().faults().clear();
        app.cloud().fault(Fault::on("events", "PutEvents", effect));
        let mut deliveries = app.send_event(&detail).await;
        assert!(deliveries.remove(0).outcome.is_err(), "{effect:?}");
        assert!(app.outcome_events().is_empty());
        assert!(app.logs().contains(r#""EventsNotPublished":1"#), "{effect:?}");
        assert!(app.logs().contains(r#""message":"outcome event not published""#), "{effect:?}");
    }
    app.cloud().faults().clear();
    let mut deliveries = app.send_event(&detail).await;
    let receipt = deliveries.remove(0).outcome.expect("a receipt");
    let published = app.outcome_events().pop().expect("an event");
    assert_eq!(published["detail-type"], "Gangway Account Registered");
    assert_eq!(published["detail"]["uid"], receipt["uid"]);
    assert_eq!(published["detail"]["correlationId"], CORRELATION_ID);
    assert_eq!(published["detail"]["caller"]["eventSource"], EVENT_SOURCE);
}

#[tokio::test]
async fn http_request_succeeds_when_its_outcome_event_is_not_published() {
    let app = TestApp::start(Partition::Aws).await;
    let method = AuthMethod::Sts;
    for (effect, name) in [(Effect::Unavailable, "one"), (Effect::Throttle, "two")] {
        app.cloud().faults().clear();
        app.cloud().fault(Fault::on("events", "PutEvents", effect));
        let request = app.request(method, app.customer(), name);
        app.register(method, &request).await.assert_status(201);
    }
    assert!(app.outcome_events().is_empty());
    assert!(app.logs().contains(r#""EventsNotPublished":1"#));
}

#[tokio::test]
async fn rejected_event_is_published_with_its_correlation_id() {
    let app = TestApp::start(Partition::Aws).await;
    let method = AuthMethod::Sts;
    let detail = with(
        app.request(method, app.customer(), "no name"),
        &json!({"method": "sts", "roleArn": 1}),
    );
    app.send_event(&detail).await;
    let published = assert_last_event(&app, "Rejected", "rejected");
    assert_eq!(published["correlationId"], CORRELATION_ID);
    assert_eq!(published["trigger"], "event");
    // Palette does not accept the API key of the deployment. The operator can fix that, so the
    // event is retried and not rejected.
    app.deployment().put_secret(API_KEY_SECRET, "unknown-key").await;
    let detail = with(app.request(method, app.customer(), "prod"), &json!({"method": "sts"}));
    let count = app.outcome_events().len();
    app.deployment().functions.stop_idle_instances();
    assert!(app.send_event(&detail).await.remove(0).outcome.is_err());
    assert_eq!(app.outcome_events().len(), count);
    app.deployment().put_secret(API_KEY_SECRET, ADMIN_KEY).await;
}

/// The first request may have been interrupted after the deletion in Palette, before its event.
#[tokio::test]
async fn repeated_delete_publishes_that_the_account_is_absent() {
    for_each_open(|app: TestApp, method| async move {
        let receipt = app.register(method, &app.request(method, app.customer(), "prod")).await;
        let path = format!("/v1/tenant/accounts/{}", receipt.uid());
        app.cloud().fault(Fault::on("events", "PutEvents", Effect::Unavailable));
        app.delete(&path).await.assert_status(204);
        app.cloud().faults().clear();
        app.delete(&path).await.assert_status(404);
        let detail = assert_last_event(&app, "Removed", "absent");
        assert_eq!(detail["uid"], receipt.uid(), "{detail:#}");
        assert_eq!((&detail["operation"], &detail["scope"]), (&json!("delete"), &json!("tenant")));
        let sentence = format!("Account {} in scope tenant is not in Palette.", receipt.uid());
        assert_eq!(detail["summary"], sentence);
    })
    .await;
}

/// Returns the notification that the topic gets about the last outcome event, if it gets one.
fn find_last_notification(app: &TestApp) -> Option<Value> {
    let event = app.outcome_events().pop().expect("an event");
    let mut targets = app.deployment().bus.list_target_inputs(&event).into_iter();
    targets.find(|(arn, _)| arn == TOPIC).map(|(_, sentence)| sentence)
}

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:operators";

#[tokio::test]
async fn rejection_that_only_the_caller_can_correct_is_not_notified() {
    let app = TestApp::start_with_parameter(Partition::Aws, "NotificationTopicArn", TOPIC).await;
    let method = AuthMethod::Sts;
    let request = app.request(method, app.customer(), "prod");
    // The caller gets the response, and can correct the request.
    let typo = with(request.clone(), &json!({"colour": 1}));
    app.register(method, &typo).await.assert_status(400);
    assert_eq!(find_last_notification(&app), None);
    let other = request["roleArn"].as_str().expect("an ARN").replace("arn:aws:", "arn:aws-us-gov:");
    let elsewhere = with(request.clone(), &json!({"roleArn": other}));
    app.register(method, &elsewhere).await.assert_status(422);
    assert_eq!(find_last_notification(&app), None);
    app.delete("/v1/tenant/accounts/65f00015fa8cfc37711c2db9").await.assert_status(404);
    assert_eq!(find_last_notification(&app), None);
    // Nobody reads the response to an event, so people are notified.
    app.send_event(&with(typo, &json!({"method": "sts"}))).await;
    assert!(find_last_notification(&app).is_some());
    // A policy has to be changed in AWS, so people are notified.
    app.customer().detach_policy(gangway_policies::PolicyDocument::Nodes);
    app.register(method, &request).await.assert_status(422);
    assert!(find_last_notification(&app).is_some());
    // An event that an archive replays is not notified again.
    let mut replayed = app.outcome_events().pop().expect("an event");
    replayed["replay-name"] = "last-week".into();
    assert!(app.deployment().bus.list_target_inputs(&replayed).is_empty());
    app.customer().attach_policy(gangway_policies::PolicyDocument::Nodes);
    let receipt = app.register(method, &request).await;
    app.delete(&format!("/v1/tenant/accounts/{}", receipt.uid())).await.assert_status(204);
    assert!(find_last_notification(&app).is_some());
}

#[tokio::test]
async fn notification_omits_links_from_the_aws_account() {
    let app = TestApp::start_with_parameter(Partition::Aws, "NotificationTopicArn", TOPIC).await;
    app.customer().trust_with_external_id("https://evil.example/login@www.evil.example");
    let request = app.request(AuthMethod::Sts, app.customer(), "prod");
    app.register(AuthMethod::Sts, &request).await.assert_status(422);
    let detail = assert_last_event(&app, "Rejected", "rejected");
    assert!(detail["checks"].to_string().contains("https://evil.example"), "{detail:#}");
    let sentence = find_last_notification(&app).expect("a notification");
    let sentence = sentence.as_str().expect("a text");
    assert!(!sentence.contains("evil.example"), "{sentence}");
    assert!(sentence.contains("(link left out)"), "{sentence}");
    assert!(sentence.starts_with("The registration of account prod"), "{sentence}");
}

#[tokio::test]
async fn notification_links_to_the_check_that_it_names() {
    let url = "https://wiki.example.com/gangway";
    let parameters = [("NotificationTopicArn", TOPIC), ("DocumentationUrl", url)];
    let options = CloudOptions::default();
    let app = TestApp::start_with_options(Partition::Aws, options, &parameters).await;
    let request = app.request(AuthMethod::Sts, app.customer(), "prod");
    app.customer().trust_with_wrong_external_id();
    app.register(AuthMethod::Sts, &request).await.assert_status(422);
    let sentence = find_last_notification(&app).expect("a notification");
    let lines: Vec<_> = sentence.as_str().expect("a text").lines().collect();
    let [summary, link] = lines.as_slice() else { panic!("{sentence}") };
    let (_, check) = summary.split_once("docs/checks.md#").expect("the check");
    assert_eq!(*link, format!("{url}/checks.md#{check}"));
}

#[tokio::test]
async fn sample_events_equal_the_published_events() {
    let app = TestApp::start(Partition::Aws).await;
    let method = AuthMethod::Sts;
    let request = app.request(method, app.customer(), "prod");
    let event = with(request.clone(), &json!({"method": "sts"}));
    let ids = [
        (app.customer().account.id(), "123456789012"),
        (app.deployment().external_id.as_str(), "harbour-aws-65f0000478dde6e5fd29f054"),
    ];
    app.send_event(&with(event.clone(), &json!({"roleArn": 1, "region": "nowhere"}))).await;
    let detail = assert_last_event(&app, "Rejected", "rejected");
    assert_sample("rejected-invalid-members", &detail, &ids);
    app.customer().trust_with_wrong_external_id();
    app.send_event(&event).await;
    assert_sample("rejected-failed-check", &assert_last_event(&app, "Rejected", "rejected"), &ids);
    app.customer().trust_palette();
    app.send_event(&event).await;
    app.send_event(&event).await;
    assert_sample(
        "registered-unchanged",
        &assert_last_event(&app, "Registered", "unchanged"),
        &ids,
    );
    let uid = assert_last_event(&app, "Registered", "unchanged")["uid"].clone();
    let path = format!("/v1/tenant/accounts/{}", uid.as_str().expect("a uid"));
    app.delete(&path).await.assert_status(204);
    assert_sample("removed", &assert_last_event(&app, "Removed", "removed"), &ids);
    app.register(method, &with(request, &json!({"scope": {"project": "Payments"}})))
        .await
        .assert_status(201);
    let detail = assert_last_event(&app, "Registered", "created");
    let project = detail["scope"]["project"].as_str().expect("a project").to_owned();
    let ids = [ids[0], (&project, "5f0c1a2b3c4d5e6f70818293")];
    assert_sample("registered-created", &detail, &ids);
}
