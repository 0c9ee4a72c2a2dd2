//! Each change of readiness is published once, although messages are delivered twice and calls
//! fail.

use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault};

use crate::fixture::WatchedApp;

/// Registers an account, breaks its trust policy, and runs the watch once. The next run confirms
/// that the account is not ready. Returns the uid.
async fn register_and_break_account(app: &WatchedApp) -> String {
    let uid = app.register_account(AuthMethod::Sts, "prod").await;
    app.run().await;
    app.customer().trust_with_wrong_external_id();
    app.run().await;
    assert_eq!(app.event_outcomes(), []);
    uid
}

#[tokio::test]
async fn duplicate_message_publishes_one_event() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = register_and_break_account(&app).await;
    app.start_run_with_copies().await;
    app.handle_all_messages().await;
    assert_eq!(app.event_outcomes().len(), 1);
    assert_eq!(app.get_readiness(&uid).await["ready"], false);
    app.run().await;
    assert_eq!(app.event_outcomes().len(), 1);
}

#[tokio::test]
async fn duplicate_message_in_one_run_does_not_confirm_a_change() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.register_account(AuthMethod::Sts, "prod").await;
    app.run().await;
    app.customer().trust_with_wrong_external_id();
    app.start_run_with_copies().await;
    app.handle_all_messages().await;
    assert_eq!(app.event_outcomes(), []);
    assert_eq!(app.get_readiness(&uid).await["ready"], true);
}

#[tokio::test]
async fn event_that_the_bus_refuses_is_published_later_once() {
    let app = WatchedApp::start(Partition::Aws).await;
    register_and_break_account(&app).await;
    app.cloud().fault(Fault::on("events", "PutEvents", Effect::InternalError).times(12));
    app.run().await;
    app.cloud().faults().clear();
    app.run().await;
    assert_eq!(app.event_outcomes().len(), 1, "{}", app.watch_log());
}

#[tokio::test]
async fn crash_before_publishing_publishes_the_event_later_once() {
    let app = WatchedApp::start(Partition::Aws).await;
    register_and_break_account(&app).await;
    let lambda =
        app.deployment().functions.get(crate::fixture::WATCH_FUNCTION).expect("the function");
    let ends = Fault::on("events", "PutEvents", Effect::DisconnectBefore).once();
    app.cloud().fault(ends.crashing(lambda.crash_signal()));
    app.run().await;
    app.run().await;
    assert_eq!(app.event_outcomes().len(), 1, "{}", app.watch_log());
}

#[tokio::test]
async fn two_concurrent_runs_publish_a_change_once() {
    let app = WatchedApp::start(Partition::Aws).await;
    register_and_break_account(&app).await;
    app.poller().pause();
    app.start_run().await;
    app.start_run().await;
    app.poller().resume();
    app.handle_all_messages().await;
    assert_eq!(app.event_outcomes().len(), 1, "{}", app.watch_log());
}
