//! Requests during a rotation.

use acceptance::{methods::route, with};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault};
use serde_json::json;

use crate::fixture::{FAILED, FUNCTION, ROTATED, RotatingApp};

/// Asks for a rotation, and carries out its steps up to this one.
async fn rotate_until(app: &RotatingApp, uid: &str, last: &str) {
    app.ask(uid).await;
    let due = app.due();
    for step in ["createSecret", "setSecret", "testSecret"] {
        app.step(&due, step).await.expect("a step");
        if step == last {
            break;
        }
    }
}

#[tokio::test]
async fn replacement_during_a_rotation_wins() {
    for after in ["createSecret", "setSecret", "testSecret"] {
        let app = RotatingApp::start(Partition::Aws).await;
        let uid = app.registered_and_tested().await;
        rotate_until(&app, &uid, after).await;
        // The caller sends the key of another user.
        let other = app.second_customer();
        let method = AuthMethod::StaticCredentials;
        let request = app.request(method, other, "prod");
        app.put(&format!("{}/{uid}", route(method)), &request).await.assert_status(200);
        for _try in 0..3 {
            app.attempt().await;
        }
        let (id, _) = app.palette_key();
        assert_eq!(id, other.keys.id, "after {after}");
        assert!(app.keys().len() <= 2, "after {after}: {:?}", app.keys());
    }
}

#[tokio::test]
async fn same_key_during_a_rotation_keeps_the_account_working() {
    for after in ["createSecret", "setSecret", "testSecret"] {
        let app = RotatingApp::start(Partition::Aws).await;
        let uid = app.registered_and_tested().await;
        rotate_until(&app, &uid, after).await;
        let method = AuthMethod::StaticCredentials;
        let request = app.request(method, app.customer(), "prod");
        let request = with(request, &json!({"description": "sent again"}));
        app.post(&route(method), &request).await.assert_status(200);
        app.assert_works(&format!("after {after} and a request"));
        for _try in 0..4 {
            app.attempt().await;
            app.assert_works(&format!("after {after} and an attempt"));
        }
        app.assert_settled(&format!("after {after}, at the end"));
    }
}

#[tokio::test]
async fn two_deliveries_of_a_step_make_one_key() {
    let app = RotatingApp::start(Partition::Aws).await;
    let uid = app.registered_and_tested().await;
    app.ask(&uid).await;
    let due = app.due();
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
        app.step(&due, step).await.expect("a step");
        app.step(&due, step).await.expect("the same step");
        app.assert_works(step);
    }
    app.assert_settled("at the end");
    assert_eq!(app.told(ROTATED).len(), 1);
    assert!(app.deployment().functions.get(FUNCTION).is_some());
}

/// Ends the attempt of a step before it makes a call.
fn end_before(app: &RotatingApp, operation: &'static str) {
    let signal = app.deployment().functions.get(FUNCTION).expect("the function").crash_signal();
    let fault = Fault::on("*", operation, Effect::DisconnectBefore).external_calls_only();
    app.cloud().fault(fault.nth(1).crashing(signal));
}

#[tokio::test]
async fn account_that_is_deleted_during_a_rotation_leaves_no_new_key() {
    for after in ["", "CreateAccessKey", "createSecret", "setSecret", "testSecret"] {
        let app = RotatingApp::start(Partition::Aws).await;
        let uid = app.registered_and_tested().await;
        let before = app.keys();
        app.ask(&uid).await;
        let due = app.due();
        if after == "CreateAccessKey" {
            // The new key is made, and nobody knows its secret.
            end_before(&app, "PutSecretValue");
            app.step(&due, "createSecret").await.expect_err("the function ends");
            app.cloud().faults().clear();
            assert_eq!(app.keys().len(), 2);
        } else if !after.is_empty() {
            for step in ["createSecret", "setSecret", "testSecret"] {
                app.step(&due, step).await.expect("a step");
                if step == after {
                    break;
                }
            }
        }
        app.delete(&format!("/v1/tenant/accounts/{uid}")).await.assert_status(204);
        for _try in 0..2 {
            app.attempt().await;
        }
        assert_eq!(app.keys(), before, "after {after}\n{}", app.logs());
        assert_eq!(app.account_names(), Vec::<String>::new(), "after {after}");
        assert_eq!(app.active_secrets(), Vec::<String>::new(), "after {after}");
        assert_eq!(app.told(FAILED), Vec::<serde_json::Value>::new(), "after {after}");
    }
}

#[tokio::test]
async fn deletion_during_a_rotation_is_completed_whatever_call_fails() {
    for call in 1..=9 {
        let app = RotatingApp::start(Partition::Aws).await;
        let uid = app.registered_and_tested().await;
        let before = app.keys();
        app.ask(&uid).await;
        app.step(&app.due(), "createSecret").await.expect("a new key");
        app.delete(&format!("/v1/tenant/accounts/{uid}")).await.assert_status(204);
        let signal = app.deployment().functions.get(FUNCTION).expect("the function").crash_signal();
        let fault = Fault::on("*", "*", Effect::DisconnectAfter).external_calls_only();
        app.cloud().fault(fault.nth(call).crashing(signal));
        app.attempt().await;
        app.cloud().faults().clear();
        app.attempt().await;
        assert_eq!(app.keys(), before, "call {call}\n{}", app.logs());
        assert_eq!(app.active_secrets(), Vec::<String>::new(), "call {call}");
    }
}
