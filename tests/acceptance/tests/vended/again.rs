//! What was told before changes nothing.

use gangway_model::Partition;
use local_cloud::world::Kind;

use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_ten_times_changes_nothing_more() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let scene = Scene::start(partition).await;
        let organization = scene.organization();
        let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
        scene.put(&vended.events).await;
        scene.work_off().await;
        let first = scene.assert_aboard(&vended.account);
        let (role, policies) = (scene.role(&vended.account), vended.account.policies());
        scene.cloud().calls().clear();
        for _time in 0..10 {
            scene.put(&vended.events[2..]).await;
        }
        scene.work_off().await;
        assert_eq!(scene.assert_aboard(&vended.account), first);
        assert_eq!(scene.writes(), Vec::<String>::new(), "{partition}");
        assert_eq!((scene.role(&vended.account), vended.account.policies()), (role, policies));
        assert_eq!(scene.dead(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_of_telling_of_an_account_at_once_makes_it_come_aboard_once() {
    let scene = Scene::start(Partition::Aws).await;
    let organization = scene.organization();
    let vended = organization.vend(Kind::Aft, "team", &organization.sandbox);
    scene.poller().pause();
    scene.put(&vended.events[..3]).await;
    scene.queue().send(&vended.events[3].to_string());
    scene.put(&organization.update(&vended)).await;
    scene.put(&[organization.custom("onboard", vended.account.id())]).await;
    scene.poller().resume();
    scene.work_off().await;
    scene.assert_aboard(&vended.account);
    assert_eq!(scene.dead(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_each_kind_comes_aboard_by_each_of_its_events() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let scene = Scene::start(partition).await;
        let organization = scene.organization();
        for kind in [Kind::ControlTower, Kind::Organizations, Kind::Aft] {
            for place in 0.. {
                let vended = organization.vend(kind, "team", &organization.production);
                let Some(event) = vended.events.get(place) else { break };
                // Of accounts that were made, another event tells more.
                if event["detail"]["eventName"] == "AccountJoinedOrganization" {
                    continue;
                }
                // Account Factory for Terraform's payload comes by a topic, not by the bus.
                if event.get("detail").is_some() {
                    scene.put(std::slice::from_ref(event)).await;
                } else {
                    scene.queue().send(&event.to_string());
                }
                scene.work_off().await;
                scene.assert_aboard(&vended.account);
            }
        }
        assert_eq!(scene.dead(), []);
    }
}
