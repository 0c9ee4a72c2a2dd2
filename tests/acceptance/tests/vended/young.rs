//! Accounts that are too young to let anybody do anything.

use std::time::Duration;

use gangway_model::{Partition, PermissionProfile};
use local_cloud::world::Kind;

use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_in_a_young_account_is_tried_again_until_the_quarantine_is_lifted() {
    let scene = Scene::start(Partition::Aws).await;
    let organization = scene.organization();
    let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
    organization.quarantine(&vended.account);
    scene.put(&vended.events[2..]).await;
    scene.idle().await;
    scene.assert_untouched(&vended.account);
    assert_eq!((scene.queue().len(), scene.dead().len()), (1, 0), "it waits for its next time");
    scene.wait().await;
    assert_eq!((scene.queue().len(), scene.dead().len()), (1, 0), "and for the one after that");
    organization.lift(&vended.account);
    scene.wait().await;
    scene.assert_aboard(&vended.account);
    assert_eq!((scene.queue().len(), scene.dead().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_sts_does_not_know_yet_is_waited_for() {
    let scene = Scene::start(Partition::Aws).await;
    let organization = scene.organization();
    let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
    vended.entry.as_ref().expect("an entry").unseen(2);
    // What the function makes is seen late as well.
    scene.cloud().aws().settle_after(2);
    scene.put(&vended.events[2..]).await;
    scene.work_off().await;
    scene.assert_aboard(&vended.account);
    assert_eq!(scene.dead(), []);
    let mut attached = scene.cloud().calls().of("iam", "AttachRolePolicy");
    attached.retain(|call| call.status == Some(404));
    let policies = gangway_policies::documents_for(PermissionProfile::CoreEks).len();
    assert_eq!(attached.len(), 2 * policies, "each policy is overlooked twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_in_an_account_that_is_no_longer_young_is_for_a_person() {
    let scene = Scene::start(Partition::Aws).await;
    let organization = scene.organization().ago(Duration::from_hours(2));
    let quarantined = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
    organization.quarantine(&quarantined.account);
    scene.put(&quarantined.events[2..]).await;
    scene.idle().await;
    assert_eq!(scene.queue().len(), 0);
    scene.assert_dead(quarantined.account.id(), "den");
    scene.assert_untouched(&quarantined.account);
}
