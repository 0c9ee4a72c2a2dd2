//! An outage of Palette or AWS changes no state and puts no event.

use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault};

use crate::fixture::WatchedApp;

#[tokio::test]
async fn outage_of_palette_is_counted_and_told_to_nobody() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.registered(AuthMethod::Sts, "prod").await;
    app.run().await;
    let before = app.readiness(&uid).await;
    app.cloud().fault(Fault::on(
        "palette",
        "POST /v1/clouds/aws/account/validate",
        Effect::Unavailable,
    ));
    for _ in 0..2 {
        app.run().await;
    }
    app.cloud().faults().clear();
    assert_eq!(app.told_outcomes(), []);
    assert_eq!(app.readiness(&uid).await, before);
    assert_eq!(app.metric("AccountsNotChecked").len(), 2, "one for each run");
    assert_eq!(app.deployment().queue("WatchDlq").expect("the queue").len(), 0);
    app.run().await;
    assert_eq!(app.told_outcomes(), []);
}

#[tokio::test]
async fn failure_of_the_deployment_is_not_one_of_the_accounts() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.registered(AuthMethod::Sts, "prod").await;
    app.run().await;
    // Palette has no source account for STS any more.
    app.cloud().palette().records().sts_sources.remove("aws");
    for _ in 0..3 {
        app.run().await;
    }
    assert_eq!(app.readiness(&uid).await["ready"], true);
    assert_eq!(app.told_outcomes(), []);
    assert!(!app.metric("AccountsNotChecked").is_empty());
}

#[tokio::test]
async fn table_that_cannot_be_read_leaves_the_accounts_visible() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.registered(AuthMethod::Sts, "prod").await;
    app.run().await;
    app.cloud().fault(Fault::on("dynamodb", "*", Effect::InternalError));
    let account = app.account(&uid).await;
    assert_eq!(account.body["name"], "prod");
    assert!(account.body.get("readiness").is_none(), "{}", account.text);
    let list = app.get("/v1/tenant/accounts").await;
    list.assert_status(200);
    let filtered = app.get("/v1/tenant/accounts?ready=true").await;
    assert!([502, 503].contains(&filtered.status), "{}", filtered.text);
}
