//! Requests over HTTP while a rotation of the same account is running.

use acceptance::{methods::route, with};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault};
use serde_json::json;

use crate::fixture::{CREDENTIAL_ROTATED, ROTATION_FAILED, ROTATION_FUNCTION, RotatingApp};

/// Requests a rotation, and runs its steps up to and including `last`.
async fn rotate_until(app: &RotatingApp, uid: &str, last: &str) {
    app.request_rotation(uid).await;
    let due = app.due_rotation();
    for step in ["createSecret", "setSecret", "testSecret"] {
        app.run_step(&due, step).await.expect("a step");
        if step == last {
            break;
        }
    }
}

#[tokio::test]
async fn replacement_during_a_rotation_keeps_the_key_of_the_caller() {
    for after in ["createSecret", "setSecret", "testSecret"] {
        let app = RotatingApp::start(Partition::Aws).await;
        let uid = app.register_and_test_rotation().await;
        rotate_until(&app, &uid, after).await;
        // The caller sends the key of another user.
        let other = app.second_customer();
        let method = AuthMethod::StaticCredentials;
        let request = app.request(method, other, "prod");
        app.put(&format!("{}/{uid}", route(method)), &request).await.assert_status(200);
        for _try in 0..3 {
            app.attempt_rotations().await;
        }
        let (id, _) = app.palette_key();
        assert_eq!(id, other.keys.id, "after {after}");
        assert!(app.user_keys().len() <= 2, "after {after}: {:?}", app.user_keys());
    }
}

#[tokio::test]
async fn same_key_during_a_rotation_keeps_the_account_working() {
    for after in ["createSecret", "setSecret", "testSecret"] {
        let app = RotatingApp::start(Partition::Aws).await;
        let uid = app.register_and_test_rotation().await;
        rotate_until(&app, &uid, after).await;
        let method = AuthMethod::StaticCredentials;
        let request = app.request(method, app.customer(), "prod");
        let request = with(request, &json!({"description": "sent again"}));
        app.post(&route(method), &request).await.assert_status(200);
        app.assert_palettes_key_works(&format!("after {after} and a request"));
        for _try in 0..4 {
            app.attempt_rotations().await;
            app.assert_palettes_key_works(&format!("after {after} and an attempt"));
        }
        app.assert_only_palettes_key_is_active(&format!("after {after}, at the end"));
    }
}

#[tokio::test]
async fn repeated_step_creates_one_key() {
    let app = RotatingApp::start(Partition::Aws).await;
    let uid = app.register_and_test_rotation().await;
    app.request_rotation(&uid).await;
    let due = app.due_rotation();
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
        app.run_step(&due, step).await.expect("a step");
        app.run_step(&due, step).await.expect("the same step");
        app.assert_palettes_key_works(step);
    }
    app.assert_only_palettes_key_is_active("at the end");
    assert_eq!(app.event_details(CREDENTIAL_ROTATED).len(), 1);
    assert!(app.deployment().functions.get(ROTATION_FUNCTION).is_some());
}

/// Makes the function crash just before its next call of this operation.
fn crash_before(app: &RotatingApp, operation: &'static str) {
    let signal =
        app.deployment().functions.get(ROTATION_FUNCTION).expect("the function").crash_signal();
    let fault = Fault::on("*", operation, Effect::DisconnectBefore).external_calls_only();
    app.cloud().fault(fault.nth(1).crashing(signal));
}

#[tokio::test]
async fn account_that_is_deleted_during_a_rotation_leaves_no_new_key() {
    for after in ["", "CreateAccessKey", "createSecret", "setSecret", "testSecret"] {
        let app = RotatingApp::start(Partition::Aws).await;
        let uid = app.register_and_test_rotation().await;
        let before = app.user_keys();
        app.request_rotation(&uid).await;
        let due = app.due_rotation();
        if after == "CreateAccessKey" {
            // The function crashes after `CreateAccessKey`, so nobody knows the secret of the new
            // key.
            crash_before(&app, "PutSecretValue");
            app.run_step(&due, "createSecret").await.expect_err("the function ends");
            app.cloud().faults().clear();
            assert_eq!(app.user_keys().len(), 2);
        } else if !after.is_empty() {
            for step in ["createSecret", "setSecret", "testSecret"] {
                app.run_step(&due, step).await.expect("a step");
                if step == after {
                    break;
                }
            }
        }
        app.delete(&format!("/v1/tenant/accounts/{uid}")).await.assert_status(204);
        for _try in 0..2 {
            app.attempt_rotations().await;
        }
        assert_eq!(app.user_keys(), before, "after {after}\n{}", app.logs());
        assert_eq!(app.account_names(), Vec::<String>::new(), "after {after}");
        assert_eq!(app.active_secrets(), Vec::<String>::new(), "after {after}");
        assert_eq!(
            app.event_details(ROTATION_FAILED),
            Vec::<serde_json::Value>::new(),
            "after {after}"
        );
    }
}

#[tokio::test]
async fn deletion_during_a_rotation_is_completed_after_any_crash() {
    for call in 1..=9 {
        let app = RotatingApp::start(Partition::Aws).await;
        let uid = app.register_and_test_rotation().await;
        let before = app.user_keys();
        app.request_rotation(&uid).await;
        app.run_step(&app.due_rotation(), "createSecret").await.expect("a new key");
        app.delete(&format!("/v1/tenant/accounts/{uid}")).await.assert_status(204);
        let signal =
            app.deployment().functions.get(ROTATION_FUNCTION).expect("the function").crash_signal();
        let fault = Fault::on("*", "*", Effect::DisconnectAfter).external_calls_only();
        app.cloud().fault(fault.nth(call).crashing(signal));
        app.attempt_rotations().await;
        app.cloud().faults().clear();
        app.attempt_rotations().await;
        assert_eq!(app.user_keys(), before, "call {call}\n{}", app.logs());
        assert_eq!(app.active_secrets(), Vec::<String>::new(), "call {call}");
    }
}
