//! The log and the annotations name the event that caused a change.

use gangway_model::Partition;
use local_cloud::palette::KeptAnnotations;
use serde_json::{Value, json};

use crate::{
    fixture::VendingApp,
    sweep::{deploy_sweep, sweep, vend},
};

/// Returns the log lines about changes of accounts.
fn account_change_lines(logs: &str) -> Vec<Value> {
    let lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"] == "account changed").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_name_the_event_that_the_message_holds() {
    let app = VendingApp::start(Partition::Aws).await;
    app.cloud().palette().configure(|behaviour| behaviour.annotations = KeptAnnotations::All);
    let sandbox = app.organization().sandbox.clone();
    let accounts = vend(&app, 2, &sandbox);
    // One batch has both messages; each log line must name the event of its own account.
    let mut sent = Vec::new();
    for vended in &accounts {
        let event = app.organization().custom_event("onboard", vended.account.id());
        sent.push((vended.account.id().to_owned(), event["id"].clone(), event["source"].clone()));
        app.put_events(&[event]).await;
    }
    app.process_all().await;
    let lines = account_change_lines(&app.logs());
    assert_eq!(lines.len(), 2, "{lines:#?}");
    for (account, id, source) in &sent {
        let line = lines.iter().find(|line| line["awsAccountId"] == account.as_str());
        let line = line.unwrap_or_else(|| panic!("no line about {account}: {lines:#?}"));
        assert_eq!((&line["change"], &line["eventId"]), (&json!("created"), id), "{line:#}");
        assert_eq!((&line["eventSource"], &line["scope"]), (source, &json!("tenant")), "{line:#}");
        assert!(line["name"].is_string() && line["uid"].is_string(), "{line:#}");
    }
    let accounts = app.cloud().palette().records().accounts.clone();
    for account in &accounts {
        let annotations = account.body["metadata"]["annotations"].clone();
        let by = annotations["gangwayChangedBy"].as_str().unwrap_or_default().to_owned();
        let id = annotations["gangwayAwsAccountId"].as_str().unwrap_or_default();
        let (_, event, _) = sent.iter().find(|(account, ..)| account == id).expect("its event");
        assert!(by.starts_with(&format!("event {}", event.as_str().unwrap_or("?"))), "{by}");
    }

    // The log of the sweep names the event of its schedule.
    let lambda = deploy_sweep(&app, &[]);
    let schedule = json!({
        "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event", "source": "aws.events", "account": "123456789012",
        "time": "2026-11-24T00:00:00Z", "region": "us-east-1", "resources": [], "detail": {},
    });
    sweep(&lambda, schedule).await;
    let logs = lambda.logs().text();
    let completed = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let completed: Vec<_> =
        completed.filter(|line| line["message"] == "request completed").collect();
    assert_eq!(completed[0]["eventSource"], "aws.events", "{completed:#?}");
    assert_eq!(completed[0]["eventId"], "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "{completed:#?}");
}
