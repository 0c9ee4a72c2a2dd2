//! Accounts that are closed or leave.

use domain::Partition;
use local_cloud::world::{Kind, Vended};

use crate::scene::{ROLE, Scene};

async fn aboard(scene: &Scene) -> Vended {
    let organization = scene.organization();
    let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
    scene.put(&vended.events[2..]).await;
    scene.work_off().await;
    scene.assert_aboard(&vended.account);
    vended
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_reported_and_stays_in_palette() {
    let scene = Scene::start(Partition::Aws).await;
    let vended = aboard(&scene).await;
    scene.cloud().calls().clear();
    scene.lambda.logs().clear();
    scene.put(&scene.organization().close(&vended.account)).await;
    scene.work_off().await;
    assert_eq!(scene.registered(&vended.account).len(), 1);
    assert_eq!(scene.writes(), Vec::<String>::new());
    assert_eq!(scene.outcomes(vended.account.id()).len(), 1, "{}", scene.logs());
    assert_eq!(scene.dead(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_or_one_that_left_is_removed_where_that_is_wanted() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let scene =
            Scene::with(partition, |_| vec![("GANGWAY_OFFBOARDING", "remove".to_owned())]).await;
        let (closed, left, stays) =
            (aboard(&scene).await, aboard(&scene).await, aboard(&scene).await);
        scene.put(&scene.organization().close(&closed.account)).await;
        scene.put(&scene.organization().depart(&left.account)).await;
        scene.work_off().await;
        for gone in [&closed, &left] {
            assert_eq!(scene.registered(&gone.account), [], "{}", scene.logs());
        }
        scene.assert_aboard(&stays.account);
        assert!(
            left.account.role_seen(ROLE).is_some(),
            "nothing is deleted in the customer's account"
        );
        assert_eq!(scene.dead(), []);
        // Told again, or of an account that never came aboard.
        let unknown =
            scene.organization().vend(Kind::Invited, "unknown", &scene.organization().sandbox);
        scene.put(&scene.organization().close(&unknown.account)).await;
        scene.put(&[scene.organization().custom("offboard", closed.account.id())]).await;
        scene.work_off().await;
        assert_eq!(scene.dead(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_aws_refused_is_none() {
    let scene =
        Scene::with(Partition::Aws, |_| vec![("GANGWAY_OFFBOARDING", "remove".to_owned())]).await;
    let vended = aboard(&scene).await;
    let mut events = scene.organization().depart(&vended.account);
    events.truncate(1);
    events[0]["detail"]["errorCode"] = "AccessDenied".into();
    scene.put(&events).await;
    scene.work_off().await;
    assert_eq!(scene.registered(&vended.account).len(), 1);
}
