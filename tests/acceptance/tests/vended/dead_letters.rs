//! Messages that cannot succeed go to the dead-letter queue with a reason and block nothing.

use std::time::Duration;

use acceptance::{outcome_events::assert_sample, wait_until};
use gangway_model::Partition;
use local_cloud::{Effect, Fault, fixtures::VendingSource};
use serde_json::json;

use crate::fixture::{VendingApp, creation_event};

/// An age of an AWS account after its grace period.
const OLD: Duration = Duration::from_hours(3);

#[tokio::test(flavor = "multi_thread")]
async fn failing_messages_are_dead_lettered_and_the_rest_register() {
    let app = VendingApp::start(Partition::Aws).await;
    let organization = app.organization().with_age(OLD);
    let vend = |kind, name| organization.vend(kind, name, &organization.sandbox);
    let good =
        [vend(VendingSource::ControlTower, "one"), vend(VendingSource::Organizations, "two")];
    let invited = vend(VendingSource::Invited, "invited");
    let (suspended, closed) =
        (vend(VendingSource::ControlTower, "lost"), vend(VendingSource::ControlTower, "gone"));
    organization.suspend(&suspended.account);
    organization.close(&closed.account);
    app.poller().pause();
    for poison in ["no JSON", "[]", "null", "\"text\""] {
        app.queue().send(poison);
    }
    let mut strange = good[0].events[2].clone();
    strange["detail"]["serviceEventDetails"]["createManagedAccountStatus"]["account"]["accountId"] =
        json!("1234");
    app.put_events(&[strange]).await;
    for vended in [&invited, &suspended, &closed, &good[0], &good[1]] {
        app.put_events(&[creation_event(vended)]).await;
    }
    app.poller().resume();
    app.wait_until_idle().await;
    assert_eq!(app.queue().len(), 0, "nothing is left to be tried again");
    for vended in &good {
        app.assert_registered(&vended.account);
    }
    app.assert_dead_lettered(invited.account.id(), "role");
    app.assert_dead_lettered(suspended.account.id(), "suspended");
    app.assert_dead_lettered(closed.account.id(), "closed");
    for vended in [&invited, &suspended, &closed] {
        app.assert_untouched(&vended.account);
    }
    let dead = app.dead_messages();
    assert_eq!(dead.len(), 3 + 5, "{dead:#?}");
    assert!(dead.iter().all(|message| message.attributes.contains_key("reason")), "{dead:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_account_creation_is_only_logged() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let app = VendingApp::start(partition).await;
        app.put_events(&app.organization().fail_creation("team")).await;
        app.wait_until_idle().await;
        assert_eq!((app.queue().len(), app.dead_messages().len()), (0, 0));
        assert!(app.cloud().palette().records().accounts.is_empty());
        app.wait_for_log("EMAIL_ALREADY_EXISTS").await;
        let lines = || app.logs().matches("\"messageId\"").count();
        assert!(wait_until(|| lines() == 2).await, "{}", app.logs());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn message_that_never_succeeds_ends_in_the_dead_letter_queue() {
    let app = VendingApp::start(Partition::Aws).await;
    let organization = app.organization();
    let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
    let redrive = app.queue().settings().redrive;
    assert_eq!(redrive, Some((app.dead_letter_queue().arn(), 25)), "as the template has it");
    // Four deliveries are sufficient for the test.
    app.queue()
        .update_settings(|settings| settings.redrive = redrive.map(|(arn, _often)| (arn, 4)));
    app.cloud().fault(Fault::on("iam", "CreatePolicy", Effect::Unavailable));
    app.put_events(&vended.events[2..]).await;
    app.process_all().await;
    let [message] = app.dead_messages().try_into().expect("one message");
    assert_eq!(message.dead_letter_source, Some(app.queue().arn()));
    assert_eq!(message.receive_count, 4);
    app.assert_outcomes(vended.account.id(), 4).await;
    assert_eq!(app.palette_accounts(&vended.account), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusal_of_palette_is_retried_and_then_dead_lettered() {
    // Palette returns the same error for rejections and for internal failures.
    let refused = || Fault::on("palette", "POST /v1/cloudaccounts/aws", Effect::InternalError);
    for (fault, registers) in [(refused().times(3), true), (refused(), false)] {
        let app = VendingApp::start(Partition::Aws).await;
        let organization = app.organization();
        let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
        app.cloud().fault(fault);
        app.put_events(&vended.events[2..]).await;
        app.process_all().await;
        app.assert_outcomes(vended.account.id(), 4).await;
        if registers {
            app.assert_registered(&vended.account);
            assert_eq!(app.dead_messages(), []);
        } else {
            assert_eq!(app.palette_accounts(&vended.account), []);
            app.assert_dead_lettered(vended.account.id(), "operational error");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redriven_message_succeeds_after_the_fix() {
    let app = VendingApp::start(Partition::Aws).await;
    let organization = app.organization().with_age(OLD);
    let vended = organization.vend(VendingSource::ControlTower, "team", &organization.sandbox);
    organization.quarantine(&vended.account);
    app.put_events(&vended.events[2..]).await;
    app.wait_until_idle().await;
    organization.remove_quarantine(&vended.account);
    // Redrives the messages as the AWS console does.
    for message in app.dead_messages() {
        app.queue().send(&message.body);
    }
    app.dead_letter_queue().purge();
    app.process_all().await;
    app.assert_registered(&vended.account);
    assert_eq!(app.dead_messages(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn sample_events_equal_the_events_about_vended_accounts() {
    for (partition, id) in [(Partition::Aws, "123456789012"), (Partition::AwsUsGov, "210987654321")]
    {
        let app = VendingApp::start(partition).await;
        let organization = app.organization().with_age(OLD);
        let last = || app.deployment().gangway_account.put_events().pop().expect("an event");
        let vend = |kind| organization.vend(kind, "team", &organization.sandbox);
        if partition == Partition::Aws {
            let invited = vend(VendingSource::Invited).account;
            app.put_events(&[organization.custom_event("onboard", invited.id())]).await;
            app.process_all().await;
            let detail = &last()["detail"];
            assert_sample("rejected-vended-account", detail, &[(invited.id(), id)]);
        } else {
            let vended = vend(VendingSource::ControlTower);
            app.put_events(&[creation_event(&vended)]).await;
            app.process_all().await;
            app.put_events(&app.organization().close(&vended.account)[..1]).await;
            app.process_all().await;
            let detail = &last()["detail"];
            assert_sample("offboarding-requested", detail, &[(vended.account.id(), id)]);
        }
    }
}

/// The account is older than the grace period, so the message is not retried.
#[tokio::test(flavor = "multi_thread")]
async fn refusal_of_sts_is_dead_lettered_with_its_cause() {
    for (status, code, words) in [
        (403, "RegionDisabledException", "enable the region for the account"),
        (400, "PackedPolicyTooLarge", "use shorter names in the session policy"),
        (403, "ExpiredToken", "credentials of this function are not accepted"),
        (403, "AccessDenied", "deploy templates/entry-role.yaml"),
    ] {
        let app = VendingApp::start(Partition::Aws).await;
        let organization = app.organization().with_age(OLD);
        let vended = organization.vend(VendingSource::ControlTower, "one", &organization.sandbox);
        let effect = Effect::AwsError { status, code };
        app.cloud().fault(Fault::on("sts", "AssumeRole", effect).external_calls_only());
        app.put_events(&[creation_event(&vended)]).await;
        app.process_all().await;
        app.assert_untouched(&vended.account);
        app.assert_dead_lettered(vended.account.id(), words);
    }
}
