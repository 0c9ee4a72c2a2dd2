//! What cannot be done is put aside with a reason, and blocks nobody.

use std::time::Duration;

use acceptance::comes_true;
use gangway_model::Partition;
use local_cloud::{Effect, Fault, world::Kind};
use serde_json::json;

use crate::scene::{Scene, arrival};

const OLD: Duration = Duration::from_hours(3);

#[tokio::test(flavor = "multi_thread")]
async fn denied_suspended_and_closed_accounts_and_poison_are_put_aside_and_the_rest_comes_aboard() {
    let scene = Scene::start(Partition::Aws).await;
    let organization = scene.organization().ago(OLD);
    let vend = |kind, name| organization.vend(kind, name, &organization.sandbox);
    let good = [vend(Kind::ControlTower, "one"), vend(Kind::Organizations, "two")];
    let invited = vend(Kind::Invited, "invited");
    let (suspended, closed) = (vend(Kind::ControlTower, "lost"), vend(Kind::ControlTower, "gone"));
    organization.suspend(&suspended.account);
    organization.close(&closed.account);
    scene.poller().pause();
    for poison in ["no JSON", "[]", "null", "\"text\""] {
        scene.queue().send(poison);
    }
    let mut strange = good[0].events[2].clone();
    strange["detail"]["serviceEventDetails"]["createManagedAccountStatus"]["account"]["accountId"] =
        json!("1234");
    scene.put(&[strange]).await;
    for vended in [&invited, &suspended, &closed, &good[0], &good[1]] {
        scene.put(&[arrival(vended)]).await;
    }
    scene.poller().resume();
    scene.idle().await;
    assert_eq!(scene.queue().len(), 0, "nothing is left to be tried again");
    for vended in &good {
        scene.assert_aboard(&vended.account);
    }
    scene.assert_dead(invited.account.id(), "role");
    scene.assert_dead(suspended.account.id(), "suspended");
    scene.assert_dead(closed.account.id(), "closed");
    for vended in [&invited, &suspended, &closed] {
        scene.assert_untouched(&vended.account);
    }
    let dead = scene.dead();
    assert_eq!(dead.len(), 3 + 5, "{dead:#?}");
    assert!(dead.iter().all(|letter| letter.attributes.contains_key("reason")), "{dead:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_creation_is_told_and_no_more() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let scene = Scene::start(partition).await;
        scene.put(&scene.organization().fail("team")).await;
        scene.idle().await;
        assert_eq!((scene.queue().len(), scene.dead().len()), (0, 0));
        assert!(scene.cloud().palette().records().accounts.is_empty());
        scene.written("EMAIL_ALREADY_EXISTS").await;
        let lines = || scene.logs().matches("\"messageId\"").count();
        assert!(comes_true(|| lines() == 2).await, "{}", scene.logs());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_succeeds_is_redriven_in_the_end() {
    let scene = Scene::start(Partition::Aws).await;
    let organization = scene.organization();
    let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
    let redrive = scene.queue().settings().redrive;
    assert_eq!(redrive, Some((scene.dead_letters().arn(), 25)), "as the template has it");
    // Four times show as much as 25.
    scene.queue().set(|settings| settings.redrive = redrive.map(|(arn, _often)| (arn, 4)));
    scene.cloud().fault(Fault::on("iam", "CreatePolicy", Effect::Unavailable));
    scene.put(&vended.events[2..]).await;
    scene.work_off().await;
    let [letter] = scene.dead().try_into().expect("one letter");
    assert_eq!(letter.dead_from, Some(scene.queue().arn()));
    assert_eq!(letter.received, 4);
    scene.assert_outcomes(vended.account.id(), 4).await;
    assert_eq!(scene.registered(&vended.account), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_palette_refuses_is_tried_again_and_then_put_aside_with_its_reason() {
    // Palette's own words are the same for what it refuses and for what fails within it.
    let refused = || Fault::on("palette", "POST /v1/cloudaccounts/aws", Effect::InternalError);
    for (fault, aboard) in [(refused().times(3), true), (refused(), false)] {
        let scene = Scene::start(Partition::Aws).await;
        let organization = scene.organization();
        let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
        scene.cloud().fault(fault);
        scene.put(&vended.events[2..]).await;
        scene.work_off().await;
        scene.assert_outcomes(vended.account.id(), 4).await;
        if aboard {
            scene.assert_aboard(&vended.account);
            assert_eq!(scene.dead(), []);
        } else {
            assert_eq!(scene.registered(&vended.account), []);
            scene.assert_dead(vended.account.id(), "operational error");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redriven_letter_succeeds_once_its_cause_is_mended() {
    let scene = Scene::start(Partition::Aws).await;
    let organization = scene.organization().ago(OLD);
    let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
    organization.quarantine(&vended.account);
    scene.put(&vended.events[2..]).await;
    scene.idle().await;
    organization.lift(&vended.account);
    // As the console's redrive does.
    for letter in scene.dead() {
        scene.queue().send(&letter.body);
    }
    scene.dead_letters().purge();
    scene.work_off().await;
    scene.assert_aboard(&vended.account);
    assert_eq!(scene.dead(), []);
}
