//! Invalid requests of stacks: the reason names the property, or the message is dead-lettered.

use gangway_model::Partition;
use serde_json::{Value, json};

use crate::fixture::{StackApp, account_properties};

#[tokio::test(flavor = "multi_thread")]
async fn invalid_property_is_named_in_the_reason() {
    let app = StackApp::start(Partition::Aws).await;
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let cases: [(&str, Value, &str, &str); 10] = [
        ("Name", Value::Null, "/Name", "Name must be a string"),
        ("Name", json!("a".repeat(100_000)), "/Name", "Name must"),
        ("RoleArn", json!("SpectroCloudRole"), "/RoleArn", "RoleArn must be"),
        ("RoleArn", json!(["a"]), "/RoleArn", "not a list"),
        ("Scope", json!({"Project": 7}), "/Scope/Project", "must be a string"),
        ("PolicyArns", json!("a,b"), "/PolicyArns", "must be a list"),
        ("PermissionProfile", json!("all"), "/PermissionProfile", "PermissionProfile must"),
        ("WaivedChecks", json!(["iam.key-age"]), "/WaivedChecks/0", "WaivableChecks"),
        ("Colour", json!("red"), "/Colour", "Colour is unknown"),
        ("SecretAccessKey", json!(secret), "/SecretAccessKey", "should be replaced"),
    ];
    for (name, value, pointer, text) in cases {
        let mut wrong = account_properties(app.customer(), "prod");
        wrong[name] = value;
        let mut stack = app.new_stack_resource();
        let reason = stack.create(&wrong, app.poller()).await.unwrap_err();
        assert!(reason.contains(&format!("/ResourceProperties{pointer}: ")), "{name}: {reason}");
        assert!(reason.contains(text) && !reason.contains(secret), "{name}: {reason}");
    }
    let mut stack = app.new_stack_resource();
    let reason = stack.create(&json!({}), app.poller()).await.unwrap_err();
    assert!(reason.contains("/Name: ") && reason.contains("/RoleArn: "), "all at once: {reason}");
    app.assert_untouched();
    assert!(app.dead_messages().is_empty());
    assert!(!app.logs().contains(secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn message_that_is_no_request_goes_to_the_dead_letter_queue() {
    let app = StackApp::start(Partition::AwsUsGov).await;
    let stack = app.new_stack_resource();
    let topic = app.deployment().topic("StackTopic").unwrap();
    let with = |member: &str, value: Value| {
        let mut body =
            stack.request("Create", None, &account_properties(app.customer(), "prod")).body;
        body[member] = value;
        topic.notification("", &body, "2026-11-24T02:15:06.123Z")
    };
    let other_region = stack.stack_id.replace("us-gov-west-1", "us-gov-east-1");
    let other_partition = stack.stack_id.replace("aws-us-gov", "aws");
    let bodies = [
        "none".to_owned(),
        "{}".to_owned(),
        stack.request("Create", None, &json!({})).body.to_string(),
        topic.notification("", &json!({"RequestType": "Create"}), "2026-11-24T02:15:06.123Z"),
        with("RequestType", json!("Destroy")),
        with("RequestId", json!("../..")),
        with("LogicalResourceId", json!("a|b")),
        with("StackId", json!("StackSet-gangway")),
        with("StackId", json!(other_region)),
        with("StackId", json!(other_partition)),
        with("StackId", json!(stack.stack_id.replace(":stack/", ":changeSet/"))),
    ];
    for (number, body) in bodies.iter().enumerate() {
        app.queue().send(body);
        app.handle_all_messages().await;
        let dead = app.dead_messages();
        assert_eq!(dead.len(), number + 1, "{body}");
        assert!(!dead.last().unwrap().attributes["reason"].is_empty());
    }
    app.assert_untouched();
}
