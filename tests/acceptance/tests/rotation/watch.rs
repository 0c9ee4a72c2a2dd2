//! The watch validates an account while its access key is being rotated.

use std::time::Duration;

use gangway_model::Partition;
use serde_json::{Value, json};

use crate::fixture::{CREDENTIAL_ROTATED, RotatingApp};

const WATCH_FUNCTION: &str = "account-watch";

/// How often the clock is advanced at most until a run has ended.
const MAX_CLOCK_STEPS: usize = 12;

/// Starts a run of the watch, and leaves its messages in the queue until `handle_messages`.
async fn start_run(app: &RotatingApp) {
    app.deployment().poller(WATCH_FUNCTION).expect("a poller").pause();
    app.cloud().clock().advance(Duration::from_hours(1));
    let responses = app.deployment().run_schedules(WATCH_FUNCTION).await;
    assert!(responses.iter().all(Result::is_ok), "{responses:?}");
}

async fn handle_messages(app: &RotatingApp) {
    let poller = app.deployment().poller(WATCH_FUNCTION).expect("a poller");
    poller.resume();
    assert_eq!(poller.drain(MAX_CLOCK_STEPS).await, 0, "messages are left\n{}", app.logs());
}

/// Returns what the API shows of the account's readiness.
async fn get_readiness(app: &RotatingApp, uid: &str) -> Value {
    let account = app.get(&format!("/v1/tenant/accounts/{uid}")).await;
    account.assert_status(200);
    account.body["readiness"].clone()
}

/// Asserts that the watch has published no event, and that it knows the account as ready.
async fn assert_ready(app: &RotatingApp, uid: &str, when: &str) {
    let events = app.outcome_events().into_iter();
    let events: Vec<_> = events.filter(|event| event["detail"]["trigger"] == "watch").collect();
    assert_eq!(events, Vec::<Value>::new(), "{when}");
    let readiness = get_readiness(app, uid).await;
    assert_eq!(readiness["ready"], true, "{when}: {readiness:#}");
    app.assert_palettes_key_works(when);
}

#[tokio::test]
async fn rotation_in_progress_is_not_reported_as_not_ready() {
    let app = RotatingApp::start(Partition::Aws).await;
    let uid = app.register_and_test_rotation().await;
    start_run(&app).await;
    handle_messages(&app).await;
    app.request_rotation(&uid).await;
    let due = app.due_rotation();
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
        // The account is listed before the step and validated after it.
        start_run(&app).await;
        app.run_step(&due, step).await.expect("a step");
        handle_messages(&app).await;
        // Two more runs would confirm that the account is not ready.
        for _ in 0..2 {
            start_run(&app).await;
            handle_messages(&app).await;
        }
        assert_ready(&app, &uid, &format!("after {step}")).await;
    }
    app.assert_only_palettes_key_is_active("at the end");
    assert_eq!(app.event_details(CREDENTIAL_ROTATED).len(), 1);
    assert_eq!(get_readiness(&app, &uid).await["unconfirmed"], json!(null));
}
