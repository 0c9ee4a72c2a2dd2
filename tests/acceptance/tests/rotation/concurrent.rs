//! Requests during a rotation.

use acceptance::{methods::route, with};
use gangway_model::{AuthMethod, Partition};
use serde_json::json;

use crate::fixture::{FUNCTION, ROTATED, RotatingApp};

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

#[tokio::test]
async fn account_that_is_deleted_during_a_rotation_stays_deleted() {
    let app = RotatingApp::start(Partition::Aws).await;
    let uid = app.registered_and_tested().await;
    app.ask(&uid).await;
    let due = app.due();
    app.step(&due, "createSecret").await.expect("a new key");
    app.delete(&format!("/v1/tenant/accounts/{uid}")).await.assert_status(204);
    for step in ["setSecret", "testSecret", "finishSecret"] {
        app.step(&due, step).await.expect_err("there is no account");
    }
    assert_eq!(app.account_names(), Vec::<String>::new());
    assert_eq!(app.active_secrets(), Vec::<String>::new());
}
