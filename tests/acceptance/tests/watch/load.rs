//! Many accounts, with calls that fail and messages that are delivered more than once. `make bench`
//! does the same with 10,000 accounts.

use std::collections::BTreeMap;

use gangway_model::Partition;
use local_cloud::{Effect, Fault};
use serde_json::json;

use crate::fixture::{READINESS_CHANGED, WATCH_FUNCTION, WatchedApp};

const ACCOUNTS: usize = 60;

/// How many runs are made at most. In so many runs each account is checked twice, although calls
/// fail.
const MAX_RUNS: usize = 8;

/// Starts a run whose messages are all delivered twice, and handles its messages.
async fn run_with_copies(app: &WatchedApp) {
    app.start_run_with_copies().await;
    app.poller().drain(12).await;
}

/// Returns, for each account, the number of events that announce this readiness.
fn count_events(app: &WatchedApp, ready: bool) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for detail in app.event_details(READINESS_CHANGED) {
        if detail["ready"] == ready {
            let uid = detail["uid"].as_str().expect("a uid").to_owned();
            *counts.entry(uid).or_default() += 1;
        }
    }
    counts
}

/// Runs the watch until there is an event about every account. Asserts that there is only one for
/// each.
async fn assert_each_change_is_published_once(app: &WatchedApp, ready: bool) {
    for _ in 0..MAX_RUNS {
        run_with_copies(app).await;
        if count_events(app, ready).len() == ACCOUNTS {
            break;
        }
    }
    // Another run publishes no event.
    app.cloud().faults().clear();
    run_with_copies(app).await;
    let counts = count_events(app, ready);
    assert_eq!(counts.len(), ACCOUNTS, "an event is lost");
    assert!(counts.values().all(|count| *count == 1), "an event was put twice: {counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_published_once_despite_faults_and_duplicates() {
    let app = WatchedApp::start(Partition::Aws).await;
    app.cloud().palette().configure(|behaviour| behaviour.rate_limited = false);
    let lambda = app.deployment().functions.get(WATCH_FUNCTION).expect("the function");
    lambda.set_variable("PALETTE_REQUESTS_PER_SECOND", "1000");
    let role = app.customer().role.arn();
    let spec = json!({
        "credentialType": "sts", "partition": "aws", "policyARNs": [], "sts": {"arn": role},
    });
    for number in 0..ACCOUNTS {
        app.create_in_palette(&format!("account-{number}"), &spec);
    }
    app.run().await;
    assert_eq!(app.event_outcomes(), []);
    for (seed, ready) in [(1, false), (2, true)] {
        if ready {
            app.customer().trust_palette();
        } else {
            app.customer().trust_with_wrong_external_id();
        }
        app.cloud().fault(Fault::on("*", "*", Effect::InternalError).at_random(20, seed));
        assert_each_change_is_published_once(&app, ready).await;
    }
}
