//! Which accounts a run validates, and how many requests it makes.

use gangway_model::{AuthMethod, Partition};
use serde_json::json;

use crate::fixture::WatchedApp;

#[tokio::test]
async fn accounts_of_every_scope_are_checked() {
    let app = WatchedApp::start(Partition::Aws).await;
    app.register_account(AuthMethod::Sts, "tenant-account").await;
    let request = app.request(AuthMethod::Sts, app.second_customer(), "team-account");
    let receipt = app.post("/v1/projects/Payments/accounts/sts", &request).await;
    receipt.assert_status(201);
    app.run().await;
    let of_project = app.get("/v1/projects/Payments/accounts?ready=true").await;
    assert_eq!(of_project.body["accounts"][0]["name"], "team-account", "{}", of_project.text);
    assert_eq!(of_project.body["accounts"].as_array().expect("a list").len(), 1);
    assert_eq!(app.list_account_names("ready=true").await, ["tenant-account"]);
}

#[tokio::test]
async fn dry_run_counts_and_sends_nothing() {
    let app = WatchedApp::start(Partition::Aws).await;
    app.register_account(AuthMethod::Sts, "prod").await;
    let counted = app.invoke(&json!({"dryRun": true})).await;
    assert_eq!((&counted["outcome"], &counted["accounts"]), (&json!("counted"), &json!(1)));
    app.handle_all_messages().await;
    assert_eq!(app.list_account_names("sort=name").await, Vec::<String>::new());
    let one = app.invoke(&json!({"scopes": [{"project": "Payments"}]})).await;
    assert_eq!((&one["outcome"], &one["scopes"]), (&json!("started"), &json!(1)));
    app.handle_all_messages().await;
    assert_eq!(app.list_account_names("sort=name").await, Vec::<String>::new());
    app.invoke(&json!({"scopes": ["tenant"]})).await;
    app.handle_all_messages().await;
    assert_eq!(app.list_account_names("sort=name").await, ["prod"]);
}

#[tokio::test]
async fn invalid_fields_are_rejected() {
    let app = WatchedApp::start(Partition::Aws).await;
    for (fields, pointer) in [
        (json!({"scopes": "tenant"}), "/scopes"),
        (json!({"scopes": ["Tenant"]}), "/scopes/0"),
        (json!({"scopes": ["tenant", {"project": ""}]}), "/scopes/1/project"),
        (json!({"scopes": [1]}), "/scopes/0"),
        (json!({"dryRun": "yes"}), "/dryRun"),
        (json!({"scope": "tenant"}), "/scope"),
    ] {
        let refused = app.invoke(&fields).await;
        assert_eq!(refused["problem"]["errors"][0]["pointer"], pointer, "{fields}: {refused:#}");
    }
}

#[tokio::test]
async fn ready_account_costs_one_palette_request_and_few_iam_requests() {
    for method in [AuthMethod::Sts, AuthMethod::StaticCredentials] {
        let app = WatchedApp::start(Partition::Aws).await;
        app.register_account(method, "prod").await;
        app.run().await;
        app.cloud().calls().clear();
        app.run().await;
        let calls = app.cloud().calls().lines();
        let count = |part: &str| calls.iter().filter(|line| line.contains(part)).count();
        assert_eq!(count("account/validate"), 1, "{method}: {calls:#?}");
        assert_eq!(count("dynamodb PutItem"), 1, "{method}: only the report: {calls:#?}");
        assert!(count("SimulatePrincipalPolicy") <= 6, "{method}: {calls:#?}");
    }
}

#[tokio::test]
async fn empty_state_table_is_filled_by_one_run() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.register_account(AuthMethod::Sts, "prod").await;
    app.run().await;
    app.deployment().table("AccountStates").expect("the table").clear();
    assert_eq!(app.list_account_names("sort=name").await, Vec::<String>::new());
    app.run().await;
    assert_eq!(app.get_readiness(&uid).await["ready"], true);
    assert_eq!(app.event_outcomes(), []);
}

#[tokio::test]
async fn message_that_is_not_of_the_watch_goes_to_the_dead_letter_queue() {
    let app = WatchedApp::start(Partition::Aws).await;
    let queue = app.deployment().queue("WatchQueue").expect("the queue");
    for body in [
        "{}",
        "no JSON",
        r#"{"id": "1", "source": "gangway", "kind": "list-scope", "scope": "everything"}"#,
    ] {
        queue.send(body);
    }
    app.handle_all_messages().await;
    let dead = app.deployment().queue("WatchDlq").expect("the queue").messages();
    assert_eq!(dead.len(), 3, "{}", app.watch_log());
    let is_explained = |reason: &String| reason.contains("does not describe");
    assert!(dead.iter().all(|message| message.attributes.get("reason").is_some_and(is_explained)));
    assert!(app.poller().batches().iter().all(|batch| batch.failed.is_empty()));
}
