//! Access keys that Gangway must not rotate or delete: an event is published, and the key stays.

use std::time::Duration;

use acceptance::{methods::route, with};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault};
use serde_json::json;

use crate::fixture::{CREDENTIAL_ROTATED, ROTATION_FAILED, ROTATION_FUNCTION, RotatingApp};

#[tokio::test]
async fn user_without_iam_permissions_is_registered_without_rotation() {
    let app = RotatingApp::start(Partition::Aws).await;
    app.user().inline("RotateOwnKeys", &json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": app.user().arn() }],
    }));
    let uid = app.register_account().await;
    let report = app.post(&format!("/v1/tenant/accounts/{uid}/validate"), &json!(null)).await;
    assert!(report.failed().contains(&"iam.key-rotatable".to_owned()), "{:#}", report.body);
    assert_eq!(report.ready(), Some(true));
    let secrets = app.deployment().gangway_account.secrets();
    assert!(secrets.iter().all(|secret| secret.rotation_enabled.is_none()));
    let refused = app.post_rotate(&uid).await;
    refused.assert_status(422);
    for part in ["iam:DeleteAccessKey, iam:UpdateAccessKey", "\\\"Resource\\\":", "Remedy"] {
        assert!(refused.text.contains(part), "{part}: {}", refused.text);
    }
    assert_eq!(app.user_keys().len(), 1);
}

#[tokio::test]
async fn second_key_of_the_user_is_never_deleted() {
    let app = RotatingApp::start(Partition::Aws).await;
    let uid = app.register_and_test_rotation().await;
    app.request_rotation(&uid).await;
    let other = app.user().create_access_key();
    for _try in 0..2 {
        let attempts = app.attempt_rotations().await;
        assert!(!attempts[0].is_done);
        let (step, _) = attempts[0].error.as_ref().expect("an error");
        assert_eq!(*step, "createSecret");
        assert_eq!(app.user_keys().len(), 2);
        assert!(app.user_keys().iter().all(|(_, is_active)| *is_active));
    }
    let events = app.event_details(ROTATION_FAILED);
    assert_eq!(events.len(), 1, "published once: {events:#?}");
    let reason = events[0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("second access key") && reason.contains("delete it"), "{reason}");
    assert!(!reason.contains(&other.id), "ids are shortened: {reason}");
    let refused = app.post_rotate(&uid).await;
    refused.assert_status(422);
    assert!(refused.text.contains("second access key"), "{}", refused.text);
    // After the second key is deleted, the next attempt succeeds.
    app.user().delete_key(&other);
    assert!(app.attempt_rotations().await[0].is_done, "{}", app.logs());
    app.assert_only_palettes_key_is_active("without the other key");
    assert_eq!(app.event_details(CREDENTIAL_ROTATED).len(), 1);
}

/// Starts a rotation, and makes the function crash just before `CreateAccessKey`, after it has
/// recorded that it will create a key.
async fn crash_before_creating_the_key(app: &RotatingApp, uid: &str) {
    app.request_rotation(uid).await;
    let signal =
        app.deployment().functions.get(ROTATION_FUNCTION).expect("the function").crash_signal();
    let fault = Fault::on("iam", "CreateAccessKey", Effect::DisconnectBefore);
    app.cloud().fault(fault.nth(1).crashing(signal));
    assert!(!app.attempt_rotations().await[0].is_done);
    app.cloud().faults().clear();
    assert_eq!(app.user_keys().len(), 1);
}

#[tokio::test]
async fn key_that_somebody_creates_after_an_interrupted_rotation_is_kept() {
    let app = RotatingApp::start(Partition::Aws).await;
    let uid = app.register_and_test_rotation().await;
    crash_before_creating_the_key(&app, &uid).await;
    app.cloud().clock().advance(Duration::from_secs(30));
    let other = app.user().create_access_key();
    assert!(!app.attempt_rotations().await[0].is_done);
    assert!(
        app.user_keys().contains(&(other.id.clone(), true)),
        "{:?}\n{}",
        app.user_keys(),
        app.logs()
    );
    let events = app.event_details(ROTATION_FAILED);
    let reason = events[0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("nothing proves") && reason.contains("delete it"), "{reason}");
    app.user().delete_key(&other);
    assert!(app.attempt_rotations().await[0].is_done, "{}", app.logs());
    app.assert_only_palettes_key_is_active("without the other key");
}

#[tokio::test]
async fn second_key_that_was_used_is_kept() {
    let app = RotatingApp::start(Partition::Aws).await;
    let uid = app.register_and_test_rotation().await;
    crash_before_creating_the_key(&app, &uid).await;
    let other = app.user().create_access_key();
    let method = AuthMethod::StaticCredentials;
    let own = json!({ "accessKeyId": other.id, "secretAccessKey": other.secret });
    let used = with(app.request(method, app.customer(), "used"), &own);
    app.post(&format!("{}/validate", route(method)), &used).await.assert_status(200);
    assert!(!app.attempt_rotations().await[0].is_done);
    assert!(
        app.user_keys().contains(&(other.id.clone(), true)),
        "{:?}\n{}",
        app.user_keys(),
        app.logs()
    );
}

#[tokio::test]
async fn old_key_that_somebody_activated_is_kept() {
    let app = RotatingApp::start(Partition::Aws).await;
    let uid = app.register_and_test_rotation().await;
    app.rotate(&uid).await;
    let keys = app.user_keys().into_iter();
    let (old, _) = keys.into_iter().find(|(_, is_active)| !is_active).expect("an old key");
    app.user().activate_key(&old);
    app.request_rotation(&uid).await;
    assert!(!app.attempt_rotations().await[0].is_done);
    assert!(app.user_keys().contains(&(old, true)));
    let events = app.event_details(ROTATION_FAILED);
    assert!(events[0]["reason"].as_str().expect("a reason").contains("activated it again"));
    app.assert_palettes_key_works("with an old key that is active");
}

#[tokio::test]
async fn key_of_two_accounts_is_not_rotated() {
    let app = RotatingApp::start(Partition::Aws).await;
    let uid = app.register_and_test_rotation().await;
    let method = AuthMethod::StaticCredentials;
    let other = with(app.request(method, app.customer(), "other"), &json!({"rotation": false}));
    app.post(&route(method), &other).await.assert_status(201);
    app.request_rotation(&uid).await;
    assert!(!app.attempt_rotations().await[0].is_done);
    let events = app.event_details(ROTATION_FAILED);
    assert!(events[0]["reason"].as_str().expect("a reason").contains("another registered account"));
    assert_eq!(app.user_keys().len(), 1);
}

#[tokio::test]
async fn palette_gets_the_old_key_back_if_it_rejects_the_new_one() {
    let app = RotatingApp::start(Partition::Aws).await;
    let uid = app.register_and_test_rotation().await;
    let old = app.stored_key_id();
    app.request_rotation(&uid).await;
    let due = app.due_rotation();
    app.run_step(&due, "createSecret").await.expect("a new key");
    app.run_step(&due, "setSecret").await.expect("Palette takes it");
    let (new, _) = app.palette_key();
    assert_ne!(new, old);
    let keys = app.user().access_keys().into_iter();
    let (credentials, _) = keys.into_iter().find(|(key, _)| key.id == new).expect("the new key");
    app.user().deactivate_key(&credentials);
    let failed = app.run_step(&due, "testSecret").await.expect_err("a key that does not work");
    assert!(failed.contains("old access key again"), "{failed}");
    assert_eq!(app.palette_key().0, old);
    app.assert_palettes_key_works("after the new key was rejected");
    assert_eq!(app.event_details(ROTATION_FAILED).len(), 1);
    app.user().activate_key(&credentials.id);
    assert!(app.attempt_rotations().await[0].is_done, "{}", app.logs());
    app.assert_only_palettes_key_is_active("after the second attempt");
    assert_eq!(app.stored_key_id(), new, "no other key was made");
}
