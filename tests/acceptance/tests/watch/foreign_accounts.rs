//! Accounts that other tools created, and accounts that are deleted, do not stop a run.

use gangway_model::{AuthMethod, Partition};
use serde_json::{Value, json};

use crate::fixture::WatchedApp;

#[tokio::test]
async fn accounts_of_other_tools_have_a_readiness_and_a_reason() {
    let app = WatchedApp::start(Partition::Aws).await;
    let customer = app.customer();
    let role = json!({"credentialType": "sts", "partition": "aws", "policyARNs": [], "sts": {"arn": customer.role.arn()}});
    let invalid_role = json!({"credentialType": "sts", "partition": "aws", "policyARNs": [], "sts": {"arn": "role"}});
    let keys = json!({"credentialType": "secret", "partition": "aws", "policyARNs": [], "accessKey": customer.keys.id, "secretKey": customer.keys.secret});
    let elsewhere = json!({"credentialType": "sts", "partition": "aws-us-gov", "policyARNs": [], "sts": {"arn": "arn:aws-us-gov:iam::123456789012:role/Palette"}});
    let unknown = json!({"credentialType": "web-identity", "partition": "aws", "policyARNs": []});
    let nothing = json!({});
    let accounts = [
        ("by hand", &role, json!(true)),
        ("broken/rôle", &invalid_role, Value::Null),
        ("keys", &keys, Value::Null),
        ("gov", &elsewhere, Value::Null),
        ("unknown", &unknown, Value::Null),
        ("", &nothing, Value::Null),
    ];
    let accounts = accounts.map(|(name, spec, ready)| (app.create_in_palette(name, spec), ready));
    let uid = app.register_account(AuthMethod::Sts, "prod").await;
    app.run().await;
    assert_eq!(app.get_readiness(&uid).await["ready"], true);
    for (uid, ready) in &accounts {
        let readiness = app.get_readiness(uid).await;
        assert_eq!(&readiness["ready"], ready, "{readiness:#}");
        let is_explained = *ready == json!(true)
            || readiness["reason"].is_string()
            || readiness["unconfirmed"]["ready"] == false;
        assert!(is_explained, "{readiness:#}");
        assert!(readiness["lastChecked"].is_string());
    }
    assert_eq!(app.event_outcomes(), []);
    assert_eq!(app.deployment().queue("WatchDlq").expect("the queue").len(), 0);
}

#[tokio::test]
async fn account_whose_secret_is_gone_is_not_ready() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.register_account(AuthMethod::StaticCredentials, "prod").await;
    let [secret] = app.active_secrets().try_into().expect("one secret");
    let client = app.deployment().administrator();
    let deleted = json!({"SecretId": secret, "RecoveryWindowInDays": 7});
    let response = client.secrets_manager("DeleteSecret", &deleted).await.expect("a response");
    assert_eq!(response.code(), None, "{}", response.json());
    app.run().await;
    app.run().await;
    let readiness = app.get_readiness(&uid).await;
    assert_eq!(readiness["ready"], false, "{readiness:#}");
    assert_eq!(readiness["checks"][0]["id"], "vault.secret-in-use", "{readiness:#}");
}

#[tokio::test]
async fn account_that_is_removed_during_a_run_is_not_listed() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.register_account(AuthMethod::Sts, "prod").await;
    app.run().await;
    app.poller().pause();
    app.start_run().await;
    app.customer().trust_with_wrong_external_id();
    app.delete(&format!("/v1/tenant/accounts/{uid}")).await.assert_status(204);
    app.poller().resume();
    app.handle_all_messages().await;
    assert_eq!(app.list_account_names("sort=name").await, Vec::<String>::new());
    assert_eq!(app.event_outcomes(), []);
}
