//! The reports about all accounts (HTML and CSV) that each run writes to a bucket.

use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault};

use crate::fixture::WatchedApp;

#[tokio::test]
async fn report_shows_accounts_that_fail_and_that_work_again() {
    let app = WatchedApp::start(Partition::Aws).await;
    app.register_account(AuthMethod::Sts, "prod").await;
    let request = app.request(AuthMethod::Sts, app.second_customer(), "team-account");
    app.post("/v1/projects/Payments/accounts/sts", &request).await.assert_status(201);
    app.run().await;
    let page = app.read_report_page();
    assert!(page.contains("<b>2</b> ready") && page.contains("Payments"), "{page}");
    assert!(!page.contains("<h2>Not ready</h2>"), "{page}");
    app.customer().trust_with_wrong_external_id();
    app.run().await;
    app.run().await;
    let page = app.read_report_page();
    assert!(page.contains("<b>1</b> not ready"), "{page}");
    assert!(page.contains("What to do:") && page.contains(">is not ready</td>"), "{page}");
    let table = app.read_report_table();
    let row = table.lines().find(|row| row.contains(",prod,")).expect("a row of the account");
    assert!(row.starts_with("tenant,Tenant,prod,") && row.contains("not-ready"), "{table}");
    app.customer().trust_palette();
    app.run().await;
    app.run().await;
    let page = app.read_report_page();
    assert!(page.contains(">is ready</td>") && page.contains("<b>2</b> ready"), "{page}");
    app.run().await;
    assert!(app.read_report_page().contains("Nothing has changed since"));
}

#[tokio::test]
async fn report_names_the_accounts_that_were_removed_since_the_last() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.register_account(AuthMethod::Sts, "prod").await;
    app.register_account(AuthMethod::Sts, "staging").await;
    app.run().await;
    app.delete(&format!("/v1/tenant/accounts/{uid}")).await.assert_status(204);
    app.run().await;
    let page = app.read_report_page();
    assert!(
        page.contains(">prod</td><td data-title=\"Change\">is not in Palette any more</td>"),
        "{page}"
    );
    assert!(page.contains("<b>1</b> accounts") && page.contains("<b>1</b> ready"), "{page}");
    assert!(!app.read_report_table().contains(",prod,"));
    assert_eq!(app.list_account_names("sort=name").await, ["staging"]);
    app.run().await;
    assert!(app.read_report_page().contains("Nothing has changed since"));
}

#[tokio::test]
async fn each_run_keeps_its_report() {
    let app = WatchedApp::start(Partition::AwsIso).await;
    app.register_account(AuthMethod::StaticCredentials, "prod").await;
    app.run().await;
    app.run().await;
    let keys = app.deployment().bucket("ReportsBucket").expect("the bucket").keys();
    let kept = keys.iter().filter(|key| !key.starts_with("reports/latest/")).count();
    assert_eq!((kept, keys.len()), (4, 6), "{keys:?}");
}

#[tokio::test]
async fn report_waits_until_every_account_was_checked() {
    let app = WatchedApp::start(Partition::Aws).await;
    app.register_account(AuthMethod::Sts, "prod").await;
    let validate = "POST /v1/clouds/aws/account/validate";
    app.cloud().fault(Fault::on("palette", validate, Effect::Unavailable));
    app.start_run().await;
    app.poller().drain(1).await;
    let bucket = app.deployment().bucket("ReportsBucket").expect("the bucket");
    assert_eq!(bucket.keys(), Vec::<String>::new(), "{}", app.watch_log());
    app.cloud().faults().clear();
    app.handle_all_messages().await;
    assert!(app.read_report_page().contains("<b>1</b> ready"));
}
