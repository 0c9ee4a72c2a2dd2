//! Deletion of an account and of its secret.

use acceptance::{
    TestApp,
    methods::{for_each_open, route},
};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault, palette::NotFoundCall};
use serde_json::json;

use crate::state::{State, assert_receipt_is_true};

#[tokio::test]
async fn registering_a_deleted_account_again_restores_its_secret() {
    for_each_open(|app: TestApp, method| async move {
        let request = app.request(method, app.customer(), "prod");
        let first = app.post(&route(method), &request).await;
        let path = format!("/v1/tenant/accounts/{}", first.uid());
        let removed = app.delete(&path).await;
        assert_eq!((removed.status, &*removed.text), (204, ""));
        app.assert_untouched();
        if method == AuthMethod::StaticCredentials {
            let state = State::snapshot(&app, "prod");
            assert!(state.secrets[0].deleted, "{state:#?}");
            assert_eq!(state.secrets[0].tags["gangway:state"], "retired");
        }
        let again = app.delete(&path).await;
        assert_eq!(again.status, 404, "{}", again.text);
        assert_eq!(app.get(&path).await.status, 404);

        app.deployment().functions.stop_idle_instances();
        let back = app.post(&route(method), &request).await;
        assert_eq!((back.status, back.outcome()), (201, "created"), "{}", back.text);
        assert_ne!(back.uid(), first.uid());
        assert_eq!(back.text_at("/secretArn"), first.text_at("/secretArn"));
        assert_receipt_is_true(&app, method, "prod", &back);
        let unchanged = app.post(&route(method), &request).await;
        assert_eq!(unchanged.outcome(), "unchanged", "{}", unchanged.text);
    })
    .await;
}

#[tokio::test]
async fn secret_is_kept_when_palette_refuses_the_deletion() {
    for_each_open(|app: TestApp, method| async move {
        let first = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        app.cloud().palette().records().accounts[0].in_use = true;
        let before = State::snapshot(&app, "prod");
        let path = format!("/v1/tenant/accounts/{}", first.uid());
        let refused = app.delete(&path).await;
        assert_eq!(refused.status, 409, "{}", refused.text);
        assert_eq!(refused.text_at("/type"), "urn:gangway:problem:not-permitted-now");
        for words in ["in use", "delete the clusters"] {
            assert!(refused.text_at("/detail").contains(words), "{}", refused.text);
        }
        let event = app.outcome_events().pop().expect("an event");
        assert_eq!(event["detail"]["outcome"], "rejected", "{event:#}");
        assert_eq!(State::snapshot(&app, "prod"), before);
        app.cloud().palette().records().accounts[0].in_use = false;
        assert_eq!(app.delete(&path).await.status, 204);
        app.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn interrupted_deletion_is_completed_by_the_next_request() {
    let app = TestApp::start(Partition::AwsUsGov).await;
    let method = AuthMethod::StaticCredentials;
    let first = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
    let path = format!("/v1/tenant/accounts/{}", first.uid());
    app.cloud().fault(Fault::on("secretsmanager", "DeleteSecret", Effect::Unavailable));
    let failed = app.delete(&path).await;
    assert_eq!(failed.status, 502, "{}", failed.text);
    assert!(app.account_names().is_empty() && app.active_secrets().len() == 1);
    app.cloud().faults().clear();
    assert_eq!(app.delete(&path).await.status, 204);
    app.assert_untouched();
    assert_eq!(app.delete(&path).await.status, 404);
}

/// Everybody who may create secrets can give a secret the tags that Gangway uses.
#[tokio::test]
async fn secrets_of_other_clients_with_gangways_tags_are_ignored() {
    let app = TestApp::start(Partition::Aws).await;
    let method = AuthMethod::StaticCredentials;
    let first = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
    let stored = State::snapshot(&app, "prod");
    let tags = stored.secret().tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
    let tags: Vec<_> = tags.collect();
    let foreign = ["other-team/x", "gangway/aws-team/x", "gangway/incoming/tenant/x"];
    for name in foreign {
        let new = json!({
            "Name": name, "SecretString": "{}", "Tags": tags, "ClientRequestToken": "f".repeat(32),
        });
        let created = app.deployment().administrator().secrets_manager("CreateSecret", &new).await;
        assert_eq!(created.expect("a response").status, 200);
    }
    let removed = app.delete(&format!("/v1/tenant/accounts/{}", first.uid())).await;
    assert_eq!(removed.status, 204, "{}", removed.text);
    assert!(app.account_names().is_empty());
    let secret = |name: &str| app.deployment().gangway_account.secret(name).expect("a secret");
    assert!(secret(&stored.secret().name).deleted);
    for name in foreign {
        let secret = secret(name);
        assert!(!secret.deleted && secret.tags["gangway:state"] == "registered", "{secret:?}");
    }
}

#[tokio::test]
async fn secret_is_kept_when_a_stale_reader_reports_the_account_as_deleted() {
    use NotFoundCall::{DeleteAccount, GetAccount, ListAccounts};
    let app = TestApp::start(Partition::Aws).await;
    let method = AuthMethod::StaticCredentials;
    let first = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
    let before = State::snapshot(&app, "prod");
    let path = format!("/v1/tenant/accounts/{}", first.uid());
    let hide_account_from = |calls: &'static [NotFoundCall]| {
        app.deployment().functions.stop_idle_instances();
        app.cloud().palette().configure(|palette| palette.not_found_calls = calls);
    };
    for calls in [
        &[GetAccount][..],
        &[DeleteAccount],
        &[DeleteAccount, ListAccounts],
        &[DeleteAccount, GetAccount],
    ] {
        hide_account_from(calls);
        let refused = app.delete(&path).await;
        assert_eq!(refused.status, 502, "{calls:?}: {}", refused.text);
        assert!(refused.text_at("/detail").contains("again"), "{}", refused.text);
        assert_eq!(State::snapshot(&app, "prod"), before, "{calls:?}");
    }
    hide_account_from(&[ListAccounts]);
    assert_eq!(app.delete(&path).await.status, 204);
    app.assert_untouched();
}
