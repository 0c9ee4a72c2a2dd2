//! A change of readiness is published after two runs that agree.

use acceptance::TestApp;
use acceptance::methods::for_each;
use gangway_model::{AuthMethod, Partition};
use gangway_policies::PolicyDocument;
use serde_json::{Value, json};

use crate::fixture::{READINESS_CHANGED, WatchedApp};

#[tokio::test]
async fn change_of_the_trust_policy_is_published_after_two_runs() {
    for_each(&acceptance::PARTITIONS, &[AuthMethod::Sts], |app: TestApp, method| async move {
        let app = WatchedApp::new(app);
        let uid = app.register_account(method, "prod").await;
        app.run().await;
        assert_eq!(app.get_readiness(&uid).await["ready"], true);

        app.customer().trust_with_wrong_external_id();
        app.run().await;
        assert_eq!(app.event_outcomes(), []);
        let doubtful = app.get_readiness(&uid).await;
        assert_eq!(
            (&doubtful["ready"], &doubtful["unconfirmed"]["ready"]),
            (&json!(true), &json!(false))
        );
        app.run().await;
        let events = app.event_details(READINESS_CHANGED);
        let [broken] = events.as_slice() else { panic!("{events:#?}") };
        assert_eq!((&broken["ready"], &broken["previous"]), (&json!(false), &json!(true)));
        assert_eq!((&broken["name"], &broken["uid"]), (&json!("prod"), &json!(uid)));
        assert_eq!(broken["awsAccountId"], app.customer().account.id());
        let checks = broken["checks"].as_array().expect("checks");
        assert!(
            checks.iter().any(|check| check["id"] == "iam.trust-requires-external-id"
                || check["id"] == "palette.validation"),
            "{broken:#}"
        );
        assert!(checks.iter().all(|check| !check["remedy"].as_str().expect("a remedy").is_empty()));
        assert!(
            broken["summary"].as_str().expect("a sentence").contains("not ready"),
            "{broken:#}"
        );
        assert_eq!(app.list_account_names("ready=false").await, ["prod"]);
        assert_eq!(app.get_readiness(&uid).await["ready"], false);
        let history = app.get(&format!("/v1/tenant/accounts/{uid}/history")).await;
        history.assert_status(200);
        assert_eq!(history.body["changes"][0]["change"], "not-ready");

        app.run().await;
        assert_eq!(app.event_details(READINESS_CHANGED).len(), 1, "nothing has changed since");

        app.customer().trust_palette();
        app.run().await;
        app.run().await;
        let events = app.event_details(READINESS_CHANGED);
        let [_, repaired] = events.as_slice() else { panic!("{events:#?}") };
        assert_eq!((&repaired["ready"], &repaired["previous"]), (&json!(true), &json!(false)));
        assert_eq!(repaired["checks"], json!([]));
        assert_eq!(app.list_account_names("ready=true").await, ["prod"]);
        assert_eq!(app.list_account_names("ready=false").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn account_shows_the_last_report() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.register_account(AuthMethod::Sts, "prod").await;
    assert_eq!(app.get_readiness(&uid).await, Value::Null, "it was not checked again yet");
    app.run().await;
    let readiness = app.get_readiness(&uid).await;
    assert_eq!(readiness["report"]["ready"], true, "{readiness:#}");
    assert!(readiness["report"]["checks"].as_array().is_some_and(|checks| checks.len() > 10));
    assert!(readiness["lastChecked"].is_string() && readiness["since"].is_string());
    let list = app.get("/v1/tenant/accounts").await;
    assert_eq!(list.body["accounts"][0]["readiness"]["ready"], true, "{}", list.text);
    assert_eq!(list.body["accounts"][0]["readiness"]["report"], Value::Null);
}

#[tokio::test]
async fn account_of_another_scope_has_no_history() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.register_account(AuthMethod::Sts, "prod").await;
    app.run().await;
    let history = app.get(&format!("/v1/projects/Default/accounts/{uid}/history")).await;
    history.assert_status(404);
    let history = app.get("/v1/tenant/accounts/5f0c1a2b3c4d5e6f70818293/history").await;
    history.assert_status(404);
}

#[tokio::test]
async fn invalid_queries_are_rejected() {
    let app = WatchedApp::start(Partition::Aws).await;
    for (query, pointer) in [
        ("ready=maybe", "/ready"),
        ("expiringWithin=soon", "/expiringWithin"),
        ("expiringWithin=-1", "/expiringWithin"),
        ("sort=size", "/sort"),
        ("ready=true&next=abc", "/next"),
    ] {
        let refused = app.get(&format!("/v1/tenant/accounts?{query}")).await;
        assert!([400, 422].contains(&refused.status), "{query}: {}", refused.text);
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{}", refused.text);
    }
}

#[tokio::test]
async fn unverified_checks_do_not_change_the_readiness() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.register_account(AuthMethod::Sts, "prod").await;
    app.run().await;
    // Palette can still assume the role.
    app.customer().delete_inspection_role();
    for _ in 0..3 {
        app.run().await;
    }
    let readiness = app.get_readiness(&uid).await;
    assert_eq!(readiness["ready"], true, "{readiness:#}");
    let checks = readiness["checks"].as_array().expect("checks");
    assert!(checks.iter().any(|check| check["outcome"] == "unverified"), "{readiness:#}");
    assert_eq!(app.event_outcomes(), []);
}

#[tokio::test]
async fn detached_policy_is_published_with_its_remedy() {
    let app = WatchedApp::start(Partition::Aws).await;
    app.register_account(AuthMethod::Sts, "prod").await;
    app.run().await;
    app.customer().detach_policy(PolicyDocument::Controller);
    app.run().await;
    app.run().await;
    let events = app.event_details(READINESS_CHANGED);
    let [broken] = events.as_slice() else { panic!("{events:#?}") };
    let checks = broken["checks"].as_array().expect("checks");
    let denied = checks.iter().find(|check| check["id"] == "iam.actions-allowed");
    let remedy = denied.expect("the failed check")["remedy"].as_str().expect("a remedy");
    assert!(remedy.contains("PaletteControllerPolicy"), "{remedy}");
}
