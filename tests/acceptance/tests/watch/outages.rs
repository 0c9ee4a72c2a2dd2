//! An outage of Palette or AWS changes no state and puts no event.

use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault};

use crate::fixture::WatchedApp;

#[tokio::test]
async fn palette_outage_is_counted_and_publishes_no_event() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.register_account(AuthMethod::Sts, "prod").await;
    app.run().await;
    let before = app.get_readiness(&uid).await;
    app.cloud().fault(Fault::on(
        "palette",
        "POST /v1/clouds/aws/account/validate",
        Effect::Unavailable,
    ));
    for _ in 0..2 {
        app.run().await;
    }
    app.cloud().faults().clear();
    assert_eq!(app.event_outcomes(), []);
    assert_eq!(app.get_readiness(&uid).await, before);
    assert_eq!(app.metric_lines("AccountsNotChecked").len(), 2, "one for each run");
    assert_eq!(app.deployment().queue("WatchDlq").expect("the queue").len(), 0);
    app.run().await;
    assert_eq!(app.event_outcomes(), []);
}

#[tokio::test]
async fn failure_of_the_deployment_changes_no_readiness() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.register_account(AuthMethod::Sts, "prod").await;
    app.run().await;
    // Palette has no source account for STS any more.
    app.cloud().palette().records().sts_sources.remove("aws");
    for _ in 0..3 {
        app.run().await;
    }
    assert_eq!(app.get_readiness(&uid).await["ready"], true);
    assert_eq!(app.event_outcomes(), []);
    assert!(!app.metric_lines("AccountsNotChecked").is_empty());
}

#[tokio::test]
async fn accounts_are_shown_when_the_state_table_cannot_be_read() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.register_account(AuthMethod::Sts, "prod").await;
    app.run().await;
    app.cloud().fault(Fault::on("dynamodb", "*", Effect::InternalError));
    let account = app.get_account(&uid).await;
    assert_eq!(account.body["name"], "prod");
    assert!(account.body.get("readiness").is_none(), "{}", account.text);
    let list = app.get("/v1/tenant/accounts").await;
    list.assert_status(200);
    let filtered = app.get("/v1/tenant/accounts?ready=true").await;
    assert!([502, 503].contains(&filtered.status), "{}", filtered.text);
}
