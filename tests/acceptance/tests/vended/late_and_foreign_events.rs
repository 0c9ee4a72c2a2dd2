//! Attacks by events: of another source or sender, replayed or late, or with a project of their own.

use gangway_model::Partition;
use local_cloud::fixtures::{VendedAccount, VendingSource, event_sender};
use serde_json::Value;

use crate::fixture::VendingApp;

/// A new account without an event of AWS.
fn vend(app: &VendingApp) -> VendedAccount {
    let organization = app.organization();
    organization.vend(VendingSource::Organizations, "team", &organization.sandbox)
}

fn onboard_event(app: &VendingApp, vended: &VendedAccount, changes: &[(&str, Value)]) -> Value {
    let mut event = app.organization().custom_event("onboard", vended.account.id());
    for (pointer, value) in changes {
        match event.pointer_mut(&format!("/detail/{pointer}")) {
            Some(member) => *member = value.clone(),
            None if *pointer == "project" => event["detail"]["project"] = value.clone(),
            None => event[*pointer] = value.clone(),
        }
    }
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn vending_events_of_others_reach_no_queue() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let app = VendingApp::start(partition).await;
        let vended = vend(&app);
        let (bus, own) = (&app.realm().bus, &app.realm().gangway_account);
        let sender = event_sender(partition, own);
        let event = onboard_event(&app, &vended, &[]);
        let foreign = onboard_event(&app, &vended, &[("source", "com.example.anybody".into())]);
        let mut with_key = event.clone();
        with_key["detail"]["secretAccessKey"] = "x".repeat(40).into();
        assert!(bus.put(&foreign).await.queues.is_empty());
        assert!(bus.put(&with_key).await.queues.is_empty());
        assert!(bus.put_on_default_bus(&event).await.queues.is_empty());
        for (sender, event) in
            [(sender.replace("EventSender", "Developer"), &event), (sender.clone(), &foreign)]
        {
            let put = bus.put_as(&sender, event).await;
            assert!(put.is_none_or(|result| result.queues.is_empty()), "{sender}");
        }
        assert!(app.queue().is_empty());
        let put = bus.put_as(&sender, &event).await.expect("the sender may put events");
        assert_eq!(put.queues, [app.queue().arn()]);
        app.process_all().await;
        app.assert_registered(&vended.account);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replayed_late_and_presumptuous_events_are_dead_letters() {
    let app = VendingApp::start(Partition::Aws).await;
    // A project that Palette has and no setting names.
    app.cloud().palette().records().tenants[0].projects[0].name = "Secrets".to_owned();
    let cases = [
        ("replay-name", "restore-monday", "replayed"),
        ("time", "2025-01-01T00:00:00Z", "older than 24 hours"),
        ("project", "Secrets", "eventprojects"),
    ];
    for (member, value, reason) in cases {
        let vended = vend(&app);
        app.put(&[onboard_event(&app, &vended, &[(member, value.into())])]).await;
        app.process_all().await;
        app.assert_untouched(&vended.account);
        app.assert_dead_lettered(vended.account.id(), reason);
    }
}
