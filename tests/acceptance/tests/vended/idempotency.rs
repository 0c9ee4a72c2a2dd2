//! Several events about one AWS account register it once.

use gangway_model::Partition;
use local_cloud::fixtures::VendingSource;

use crate::fixture::VendingApp;

#[tokio::test(flavor = "multi_thread")]
async fn repeated_events_change_nothing() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let app = VendingApp::start(partition).await;
        let organization = app.organization();
        let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
        app.put_events(&vended.events).await;
        app.process_all().await;
        let first = app.assert_registered(&vended.account);
        let (role, policies) = (app.palette_role(&vended.account), vended.account.policies());
        app.cloud().calls().clear();
        for _time in 0..10 {
            app.put_events(&vended.events[2..]).await;
        }
        app.process_all().await;
        assert_eq!(app.assert_registered(&vended.account), first);
        assert_eq!(app.write_calls(), Vec::<String>::new(), "{partition}");
        assert_eq!(
            (app.palette_role(&vended.account), vended.account.policies()),
            (role, policies)
        );
        assert_eq!(app.dead_messages(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_event_types_at_once_register_an_account_once() {
    let app = VendingApp::start(Partition::Aws).await;
    let organization = app.organization();
    let vended = organization.vend(VendingSource::Aft, "team", &organization.sandbox);
    app.poller().pause();
    app.put_events(&vended.events[..3]).await;
    app.queue().send(&vended.events[3].to_string());
    app.put_events(&organization.update_managed_account(&vended)).await;
    app.put_events(&[organization.custom_event("onboard", vended.account.id())]).await;
    app.poller().resume();
    app.process_all().await;
    app.assert_registered(&vended.account);
    assert_eq!(app.dead_messages(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_type_registers_its_account() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let app = VendingApp::start(partition).await;
        let organization = app.organization();
        for kind in [VendingSource::ControlTower, VendingSource::Organizations, VendingSource::Aft]
        {
            for place in 0.. {
                let vended = organization.vend(kind, "team", &organization.production);
                let Some(event) = vended.events.get(place) else { break };
                // This event alone does not register a created account.
                if event["detail"]["eventName"] == "AccountJoinedOrganization" {
                    continue;
                }
                // The payload of Account Factory for Terraform arrives by an SNS topic, not by the
                // event bus.
                if event.get("detail").is_some() {
                    app.put_events(std::slice::from_ref(event)).await;
                } else {
                    app.queue().send(&event.to_string());
                }
                app.process_all().await;
                app.assert_registered(&vended.account);
            }
        }
        assert_eq!(app.dead_messages(), []);
    }
}
