//! The watch publishes an event 30, 14, 7 and 1 days before an access key or a certificate expires.

use std::time::Duration;

use gangway_model::{AuthMethod, Partition};

use crate::fixture::{EXPIRING, WatchedApp};

#[tokio::test]
async fn old_access_key_publishes_four_events() {
    let app = WatchedApp::start(Partition::Aws).await;
    let uid = app.register_account(AuthMethod::StaticCredentials, "prod").await;
    app.run().await;
    assert_eq!(app.event_details(EXPIRING), Vec::<serde_json::Value>::new());
    // In these steps, the access key becomes 90 days old.
    for days in [50, 10, 2, 15, 7, 3, 2, 1] {
        app.cloud().clock().advance(Duration::from_hours(24 * days));
        app.run().await;
        app.run().await;
    }
    let events = app.event_details(EXPIRING);
    let days: Vec<_> =
        events.iter().map(|detail| detail["daysLeft"].as_i64().expect("days")).collect();
    assert_eq!(days.len(), 4, "{events:#?}");
    assert!(days.is_sorted_by(|one, other| one > other), "{days:?}");
    assert_eq!(events[0]["credential"], "iam.key-age");
    assert!(events[0]["summary"].as_str().expect("a sentence").contains("prod"), "{events:#?}");
    // The function that lists accounts uses the time of its own clock, which was not advanced.
    assert_eq!(app.list_account_names("expiringWithin=30").await, Vec::<String>::new());
    assert_eq!(app.list_account_names("expiringWithin=90&sort=expires").await, ["prod"]);
    let changes = app.get(&format!("/v1/tenant/accounts/{uid}/history")).await;
    assert_eq!(changes.body["changes"].as_array().expect("changes").len(), 4, "{}", changes.text);
}

#[tokio::test]
async fn account_without_an_expiration_is_not_listed() {
    let app = WatchedApp::start(Partition::Aws).await;
    app.register_account(AuthMethod::Sts, "prod").await;
    app.run().await;
    assert_eq!(app.list_account_names("expiringWithin=3650").await, Vec::<String>::new());
    assert_eq!(app.list_account_names("sort=expires").await, ["prod"]);
}
