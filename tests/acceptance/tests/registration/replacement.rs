//! `PUT` replaces the account with this uid.

use gangway_model::AuthMethod;
use std::time::Duration;

use acceptance::{
    PARTITIONS, TestApp,
    methods::{for_each, for_each_open, other_method, project_route, route},
    with,
};
use local_cloud::{Effect, Fault};
use serde_json::json;

use crate::state::{State, assert_receipt_is_true, current_value, secret_document, write_calls};

#[tokio::test]
async fn keys_of_another_aws_account_delete_the_old_secret() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let first = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        let request = app.request(method, app.second_customer(), "prod");
        let replaced = app.put(&format!("{}/{}", route(method), first.uid()), &request).await;
        assert_eq!((replaced.status, replaced.outcome()), (200, "updated"), "{}", replaced.text);
        assert_eq!(replaced.uid(), first.uid());
        assert_eq!(replaced.text_at("/awsAccountId"), app.second_customer().account.id());
        let state = State::snapshot(&app, "prod");
        let (secret, new) = (state.secret(), secret_document(&app.second_customer().keys));
        assert_eq!(current_value(secret), new);
        assert_eq!(secret.tags["gangway:aws-account"], app.second_customer().account.id());
        let old = state.secrets.iter().find(|one| one.deleted).expect("the old secret");
        assert_eq!(old.arn, first.text_at("/secretArn"));
        assert_eq!(old.tags["gangway:state"], "retired");
        assert_eq!(state.account()["body"]["spec"]["secretKey"], new["secretAccessKey"]);
        let again = app.put(&format!("{}/{}", route(method), first.uid()), &request).await;
        assert_eq!(again.outcome(), "unchanged", "{}", again.text);
        assert_eq!(State::snapshot(&app, "prod"), state);
    })
    .await;
}

#[tokio::test]
async fn new_keys_of_the_same_account_keep_its_secret() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let request = app.request(method, app.customer(), "prod");
        let first = app.post(&route(method), &request).await;
        let key = app.customer().user.create_access_key();
        let renewed =
            with(request.clone(), &json!({"accessKeyId": key.id, "secretAccessKey": key.secret}));
        let replaced = app.put(&format!("{}/{}", route(method), first.uid()), &renewed).await;
        assert_eq!((replaced.status, replaced.outcome()), (200, "updated"), "{}", replaced.text);
        let state = State::snapshot(&app, "prod");
        assert_eq!(state.secrets.len(), 1);
        assert_eq!(state.secret().arn, first.text_at("/secretArn"));
        assert_eq!(current_value(state.secret()), secret_document(&key));
    })
    .await;
}

#[tokio::test]
async fn put_with_another_role_updates_the_account() {
    for_each(&PARTITIONS, &[AuthMethod::Sts], |app: TestApp, method| async move {
        let first = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        let request = app.request(method, app.second_customer(), "prod");
        let replaced = app.put(&format!("{}/{}", route(method), first.uid()), &request).await;
        assert_eq!((replaced.status, replaced.outcome()), (200, "updated"), "{}", replaced.text);
        let state = State::snapshot(&app, "prod");
        let arn = app.second_customer().role.arn();
        assert_eq!(state.account()["body"]["spec"]["sts"]["arn"], arn.as_str());
        assert_eq!(state.account()["uid"], first.uid());
        let again = app.put(&format!("{}/{}", route(method), first.uid()), &request).await;
        assert_eq!(again.outcome(), "unchanged", "{}", again.text);
    })
    .await;
}

#[tokio::test]
async fn changing_the_method_leaves_no_unused_secret() {
    for_each_open(|app: TestApp, method| async move {
        let first = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        let other = other_method(method);
        let request = app.request(other, app.customer(), "prod");
        let replaced = app.put(&format!("{}/{}", route(other), first.uid()), &request).await;
        assert_eq!((replaced.status, replaced.outcome()), (200, "updated"), "{}", replaced.text);
        assert_eq!(replaced.uid(), first.uid());
        assert_receipt_is_true(&app, other, "prod", &replaced);
        // A replacement with the first method restores the secret that was marked for deletion.
        let back = app
            .put(
                &format!("{}/{}", route(method), first.uid()),
                &app.request(method, app.customer(), "prod"),
            )
            .await;
        assert_eq!((back.status, back.outcome()), (200, "updated"), "{}", back.text);
        assert_receipt_is_true(&app, method, "prod", &back);
    })
    .await;
}

/// After the `PUT`, Palette returns the account as it was before, as a replica that lags behind
/// does.
#[tokio::test]
async fn stale_reads_leave_no_unused_secret() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let first = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        let late = Effect::StaleReads(Duration::from_secs(10));
        app.cloud().fault(Fault::on("palette", "PUT /v1/cloudaccounts/aws/{uid}", late).once());
        let other = other_method(method);
        let request = app.request(other, app.customer(), "prod");
        let replaced = app.put(&format!("{}/{}", route(other), first.uid()), &request).await;
        assert_eq!((replaced.status, replaced.outcome()), (200, "updated"), "{}", replaced.text);
        assert_receipt_is_true(&app, other, "prod", &replaced);
    })
    .await;
}

#[tokio::test]
async fn renaming_an_account_renames_its_secret() {
    for_each_open(|app: TestApp, method| async move {
        let first = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        let request = app.request(method, app.customer(), "payments");
        let renamed = app.put(&format!("{}/{}", route(method), first.uid()), &request).await;
        assert_eq!((renamed.status, renamed.outcome()), (200, "updated"), "{}", renamed.text);
        assert_eq!((renamed.uid(), renamed.text_at("/name")), (first.uid(), "payments"));
        assert_receipt_is_true(&app, method, "payments", &renamed);
        let old = State::snapshot(&app, "prod");
        assert!(old.accounts.is_empty() && old.active().is_empty(), "{old:#?}");
        assert_eq!(app.account_names(), ["payments"]);
        let again = app.post(&route(method), &request).await;
        assert_eq!((again.uid(), again.outcome()), (first.uid(), "unchanged"), "{}", again.text);
    })
    .await;
}

#[tokio::test]
async fn put_with_the_name_of_another_account_is_a_conflict() {
    for_each_open(|app: TestApp, method| async move {
        let first = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        let second =
            app.post(&route(method), &app.request(method, app.second_customer(), "test")).await;
        let before = (State::snapshot(&app, "prod"), State::snapshot(&app, "test"));
        app.cloud().calls().clear();
        let request = app.request(method, app.second_customer(), "prod");
        let response = app.put(&format!("{}/{}", route(method), second.uid()), &request).await;
        assert_eq!(response.status, 409, "{}", response.text);
        assert!(response.text_at("/detail").contains(first.uid()), "{}", response.text);
        assert_eq!(write_calls(&app), Vec::<String>::new());
        assert_eq!((State::snapshot(&app, "prod"), State::snapshot(&app, "test")), before);
    })
    .await;
}

#[tokio::test]
async fn put_with_an_unknown_uid_is_not_found() {
    for_each_open(|app: TestApp, method| async move {
        let project = {
            let records = app.cloud().palette().records();
            records.tenants[0].projects[1].uid.clone()
        };
        let request = app.request(method, app.customer(), "prod");
        for (uid, status) in [("65f000ffffffffffffffffff", 404), ("no_uid", 400)] {
            let response = app.put(&format!("{}/{}", route(method), uid), &request).await;
            assert_eq!(response.status, status, "{uid}: {}", response.text);
        }
        app.assert_untouched();

        let tenants = app.post(&route(method), &request).await;
        let projects = app.post(&project_route(&project, method), &request).await;
        let before = State::snapshot(&app, "prod");
        app.deployment().functions.stop_idle_instances();
        app.cloud().calls().clear();
        // An account of a project is not visible from the tenant.
        let response = app.put(&format!("{}/{}", route(method), projects.uid()), &request).await;
        assert_eq!(response.status, 404, "{}", response.text);
        // Palette shows the tenant's account in a project as well.
        let path = format!("{}/{}", project_route(&project, method), tenants.uid());
        let response = app.put(&path, &request).await;
        assert_eq!(response.status, 404, "{}", response.text);
        assert_eq!(write_calls(&app), Vec::<String>::new());
        assert_eq!(State::snapshot(&app, "prod"), before);
    })
    .await;
}
