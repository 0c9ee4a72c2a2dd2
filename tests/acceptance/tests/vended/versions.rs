//! Policies that Gangway made are brought up to date; the oldest version makes room.

use gangway_model::{Partition, PermissionProfile};
use local_cloud::world::Kind;
use serde_json::{Value, json};

use crate::scene::Scene;

fn old(number: usize) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Sid": format!("Old{number}"), "Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outdated_policy_gets_a_new_version_and_the_oldest_of_five_goes() {
    let scene = Scene::start(Partition::Aws).await;
    let organization = scene.organization();
    let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
    scene.put(&vended.events[2..]).await;
    scene.work_off().await;
    let first = scene.assert_aboard(&vended.account);
    let document = gangway_policies::documents_for(PermissionProfile::CoreEks)[0];
    let find = || {
        let all = scene.managed_policies(&vended.account);
        all.into_iter().find(|policy| policy.name == document.name()).expect("the policy")
    };
    let arn = find().arn;
    let path = arn.split(":policy").nth(1).and_then(|rest| rest.strip_suffix(document.name()));
    let path = path.expect("a path").to_owned();
    for number in 2..=5 {
        vended.account.policy_at(&path, document.name(), &old(number));
    }
    assert_eq!((find().versions, find().default), (vec![1, 2, 3, 4, 5], 5));
    scene.put(&organization.update(&vended)).await;
    scene.work_off().await;
    assert_eq!((find().versions, find().default), (vec![2, 3, 4, 5, 6], 6));
    assert_eq!(scene.assert_aboard(&vended.account), first);
    assert_eq!(scene.dead(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_made_of_a_policy_of_ours_behind_our_back_is_mended_by_the_next_event() {
    let scene = Scene::start(Partition::AwsUsGov).await;
    let organization = scene.organization();
    let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
    scene.put(&vended.events[2..]).await;
    scene.work_off().await;
    let (first, role) = (scene.assert_aboard(&vended.account), scene.role(&vended.account));
    for policy in scene.managed_policies(&vended.account) {
        vended.account.policy_at("/gangway/", &policy.name, &old(2));
    }
    assert_eq!(scene.role(&vended.account), role, "the role itself tells nothing of it");
    scene.put(&organization.update(&vended)).await;
    scene.work_off().await;
    assert_eq!(scene.assert_aboard(&vended.account), first);
    let mended = scene.managed_policies(&vended.account);
    assert!(mended.iter().all(|policy| policy.default == 3), "{mended:?}");
    // What was mended is noted: the next event finds nothing to do.
    scene.cloud().calls().clear();
    scene.put(&organization.update(&vended)).await;
    scene.work_off().await;
    assert_eq!(scene.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_from_our_role_comes_back() {
    let scene = Scene::start(Partition::AwsUsGov).await;
    let organization = scene.organization();
    let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
    scene.put(&vended.events[2..]).await;
    scene.work_off().await;
    let (first, role) = (scene.assert_aboard(&vended.account), scene.role(&vended.account));
    let ours = vended.account.role(crate::scene::ROLE);
    ours.detach(&ours.attached()[0]);
    ours.trust(&json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": vended.account.root_arn()}, "Action": "sts:AssumeRole",
        }],
    }));
    scene.put(&organization.update(&vended)).await;
    scene.work_off().await;
    assert_eq!(scene.assert_aboard(&vended.account), first);
    assert_eq!(scene.role(&vended.account), role);
}
