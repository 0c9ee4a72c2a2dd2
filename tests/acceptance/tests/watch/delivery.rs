//! No event is lost, and none is put twice, whatever is delivered again.

use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault};

use crate::fixture::WatchedApp;

/// Registers an account, and breaks it so that the next run confirms it.
async fn about_to_be_told(app: &WatchedApp) -> String {
    let uid = app.registered(AuthMethod::Sts, "prod").await;
    app.run().await;
    app.customer().trust_with_wrong_external_id();
    app.run().await;
    assert_eq!(app.told_outcomes(), []);
    uid
}

#[tokio::test]
async fn message_that_is_delivered_again_tells_nothing_again() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = about_to_be_told(&app).await;
    app.start_run_with_copies().await;
    app.finish().await;
    assert_eq!(app.told_outcomes().len(), 1);
    assert_eq!(app.readiness(&uid).await["ready"], false);
    app.run().await;
    assert_eq!(app.told_outcomes().len(), 1);
}

#[tokio::test]
async fn message_delivered_twice_in_the_first_run_does_not_confirm() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.registered(AuthMethod::Sts, "prod").await;
    app.run().await;
    app.customer().trust_with_wrong_external_id();
    app.start_run_with_copies().await;
    app.finish().await;
    assert_eq!(app.told_outcomes(), []);
    assert_eq!(app.readiness(&uid).await["ready"], true);
}

#[tokio::test]
async fn event_that_the_bus_refuses_is_put_later_and_once() {
    let app = WatchedApp::start(Partition::Aws).await;
    about_to_be_told(&app).await;
    app.cloud().fault(Fault::on("events", "PutEvents", Effect::InternalError).times(12));
    app.run().await;
    app.cloud().faults().clear();
    app.run().await;
    assert_eq!(app.told_outcomes().len(), 1, "{}", app.watch_log());
}

#[tokio::test]
async fn function_that_ends_before_it_publishes_tells_the_change_later_and_once() {
    let app = WatchedApp::start(Partition::Aws).await;
    about_to_be_told(&app).await;
    let lambda = app.deployment().functions.get(crate::fixture::WATCH).expect("the function");
    let ends = Fault::on("events", "PutEvents", Effect::DisconnectBefore).once();
    app.cloud().fault(ends.crashing(lambda.crash_signal()));
    app.run().await;
    app.run().await;
    assert_eq!(app.told_outcomes().len(), 1, "{}", app.watch_log());
}

#[tokio::test]
async fn two_runs_at_once_tell_a_change_once() {
    let app = WatchedApp::start(Partition::Aws).await;
    about_to_be_told(&app).await;
    app.poller().pause();
    app.start_run().await;
    app.start_run().await;
    app.poller().resume();
    app.finish().await;
    assert_eq!(app.told_outcomes().len(), 1, "{}", app.watch_log());
}
