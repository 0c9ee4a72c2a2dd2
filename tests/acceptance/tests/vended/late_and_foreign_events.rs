//! Events that must not register an account: of another source or sender, replayed, late, or with a
//! project that no setting allows.

use gangway_model::Partition;
use local_cloud::{
    aws::organizations::AccountState,
    fixtures::{VendedAccount, VendingSource, event_sender},
};
use serde_json::{Value, json};

use crate::{
    fixture::{MANAGED_TAG, PALETTE_ROLE, VendingApp},
    sweep::{count, deploy_sweep, sweep},
};

fn removal_setting() -> (&'static str, String) {
    ("GANGWAY_OFFBOARDING", "remove".to_owned())
}

/// Creates an AWS account, without sending its events.
fn vend(app: &VendingApp) -> VendedAccount {
    let organization = app.organization();
    organization.vend(VendingSource::Organizations, "team", &organization.sandbox)
}

/// Returns an event that asks to onboard the account, with these members changed.
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
async fn vending_events_of_other_senders_reach_no_queue() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let app = VendingApp::start(partition).await;
        let vended = vend(&app);
        let (bus, own) = (&app.deployment().bus, &app.deployment().gangway_account);
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
            let put = bus.put_event_as(&sender, event).await;
            assert!(put.is_none_or(|result| result.queues.is_empty()), "{sender}");
        }
        assert!(app.queue().is_empty());
        let put = bus.put_event_as(&sender, &event).await.expect("the sender may put events");
        assert_eq!(put.queues, [app.queue().arn()]);
        app.process_all().await;
        app.assert_registered(&vended.account);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replayed_late_and_unlisted_project_events_are_dead_lettered() {
    let app = VendingApp::start(Partition::Aws).await;
    // Palette has this project, but no setting lets events name it.
    app.cloud().palette().records().tenants[0].projects[0].name = "Secrets".to_owned();
    let cases = [
        ("replay-name", "restore-monday", "replayed"),
        ("time", "2025-01-01T00:00:00Z", "older than 24 hours"),
        ("project", "Secrets", "eventprojects"),
    ];
    for (member, value, reason) in cases {
        let vended = vend(&app);
        app.put_events(&[onboard_event(&app, &vended, &[(member, value.into())])]).await;
        app.process_all().await;
        app.assert_untouched(&vended.account);
        app.assert_dead_lettered(vended.account.id(), reason);
    }
}

/// The account is opened again before the message of the sweep is handled.
#[tokio::test(flavor = "multi_thread")]
async fn sweep_message_about_a_reopened_account_removes_nothing() {
    let app =
        VendingApp::start_with_settings(Partition::Aws, |_organization| vec![removal_setting()])
            .await;
    let vended = vend(&app);
    app.put_events(&[onboard_event(&app, &vended, &[])]).await;
    app.process_all().await;
    let registered = app.assert_registered(&vended.account);
    drop(app.organization().close(&vended.account));
    app.poller().pause();
    let response = sweep(&deploy_sweep(&app, &[removal_setting()]), json!({})).await;
    assert_eq!(count(&response, "offboarding"), 1, "{response:#}");
    app.organization().api.set_state(vended.account.id(), AccountState::Active);
    app.poller().resume();
    app.process_all().await;
    assert_eq!(app.assert_registered(&vended.account), registered);
    app.wait_for_log("is ACTIVE again").await;
    assert_eq!(app.dead_messages(), []);
}

/// The administrator of a member account sets the scope tag of the role, so that the account would
/// be registered in another scope.
#[tokio::test(flavor = "multi_thread")]
async fn tag_of_a_member_account_never_decides_its_scope() {
    let app = VendingApp::start_with_settings(Partition::Aws, |organization| {
        vec![("GANGWAY_OU_SCOPE_MAP", format!("{}=project:Payments", organization.sandbox))]
    })
    .await;
    let other_project = {
        let records = app.cloud().palette().records();
        let mut projects = records.tenants[0].projects.iter();
        projects.find(|project| project.name == "Default").expect("a project").uid.clone()
    };
    for scope in ["tenant", &other_project, "6a0c1a2b3c4d5e6f70818293"] {
        // The administrator creates the role before the event arrives.
        let vended = vend(&app);
        let role = vended.account.role(PALETTE_ROLE);
        role.tag(MANAGED_TAG.0, MANAGED_TAG.1);
        role.tag("gangway:stack", "gangway");
        role.tag("gangway:scope", scope);
        app.put_events(&vended.events[..1]).await;
        app.process_all().await;
        assert_eq!(app.palette_accounts(&vended.account), [], "{scope}");
        app.assert_dead_lettered(vended.account.id(), "gangway:scope");
        // The administrator changes the tag after the account was registered.
        let vended = vend(&app);
        app.put_events(&vended.events[..1]).await;
        app.process_all().await;
        let registered = app.assert_registered(&vended.account);
        vended.account.role(PALETTE_ROLE).tag("gangway:scope", scope);
        app.put_events(&app.organization().update_managed_account(&vended)).await;
        app.process_all().await;
        assert_eq!(app.palette_accounts(&vended.account), [registered], "{scope}");
        app.assert_dead_lettered(vended.account.id(), "gangway:scope");
    }
}

/// An event registered the account in a project; the tag of its role names the tenant.
#[tokio::test(flavor = "multi_thread")]
async fn account_stays_in_the_scope_that_palette_has_it_in() {
    let app = VendingApp::start(Partition::Aws).await;
    let vended = vend(&app);
    app.put_events(&[onboard_event(&app, &vended, &[("project", "Payments".into())])]).await;
    app.process_all().await;
    let registered = app.assert_registered(&vended.account);
    assert!(registered.project.is_some());
    // A new account of the tenant has this tag.
    vended.account.role(PALETTE_ROLE).tag("gangway:scope", "tenant");
    app.put_events(&app.organization().update_managed_account(&vended)).await;
    app.process_all().await;
    assert_eq!(app.palette_accounts(&vended.account), [registered]);
    app.assert_dead_lettered(vended.account.id(), "gangway:scope");
}

/// Everybody who may publish to the topic can write any source and any id into the event.
#[tokio::test(flavor = "multi_thread")]
async fn notification_must_name_a_source_of_the_settings() {
    let app = VendingApp::start(Partition::Aws).await;
    let vended = vend(&app);
    let notification = |event: &Value, id: &str| {
        json!({
            "Type": "Notification",
            "MessageId": id,
            "TopicArn": "arn:aws:sns:us-east-1:777788889999:aft-notifications",
            "Message": event.to_string(),
        })
    };
    let last = || app.deployment().gangway_account.put_events().pop().expect("an event");
    for source in ["com.example.anybody", "gangway", ""] {
        let id = "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324";
        let event = onboard_event(&app, &vended, &[("source", source.into())]);
        app.queue().send(&notification(&event, id).to_string());
        app.process_all().await;
        app.assert_untouched(&vended.account);
        let dead = app.dead_messages().pop().expect("a dead letter");
        assert!(dead.attributes["reason"].contains("VendingEventSources"), "{dead:#?}");
        // The outcome event has the id of the notification, not the id that the event claims.
        let detail = &last()["detail"];
        assert_eq!(
            (&detail["outcome"], &detail["correlationId"]),
            (&json!("rejected"), &json!(id))
        );
        assert_eq!(detail["caller"]["eventSource"], "aft-notifications", "{detail:#}");
    }
    let event = onboard_event(&app, &vended, &[]);
    app.queue().send(&notification(&event, "3").to_string());
    app.process_all().await;
    app.assert_registered(&vended.account);
    assert_eq!(last()["detail"]["correlationId"], event["id"]);
}
