//! An event may name any project of Palette's, one that no setting names as well: the account is found there again.

use gangway_model::Partition;
use local_cloud::world::{Kind, Vended};
use serde_json::{Value, json};

use crate::{
    foreign::made_by_hand,
    scene::Scene,
    sweep::{count, ids, sweep, sweeper},
};

fn remove() -> (&'static str, String) {
    ("GANGWAY_OFFBOARDING", "remove".to_owned())
}

fn told(scene: &Scene, vended: &Vended, project: Option<&str>) -> Value {
    let mut event = scene.organization().custom("onboard", vended.account.id());
    if let Some(project) = project {
        event["detail"]["project"] = project.into();
    }
    event
}

/// An account that is aboard in the project Payments; its role is Gangway's or somebody else's.
async fn in_payments(scene: &Scene, theirs: bool) -> Vended {
    let organization = scene.organization();
    let vended = organization.vend(Kind::ControlTower, "team", &organization.sandbox);
    if theirs {
        made_by_hand(scene, &vended.account, &scene.realm().external_id);
    }
    scene.put(&[told(scene, &vended, Some("Payments"))]).await;
    scene.work_off().await;
    let registered = scene.registered(&vended.account);
    assert!(registered.len() == 1 && registered[0].project.is_some(), "{registered:?}");
    vended
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_in_a_project_that_no_setting_names_is_made_once() {
    for theirs in [false, true] {
        let scene = Scene::start(Partition::Aws).await;
        let vended = in_payments(&scene, theirs).await;
        let answer = sweep(&sweeper(&scene, &[]), json!({})).await;
        assert_eq!((count(&answer, "missing"), count(&answer, "queued")), (0, 0), "{answer:#}");
        assert_eq!(answer["reasons"]["in-another-scope"]["count"], 1, "{answer:#}");
        // An event that names none, or another.
        for project in [None, Some("Default")] {
            scene.put(&[told(&scene, &vended, project)]).await;
            scene.work_off().await;
            let registered = scene.registered(&vended.account);
            assert_eq!(registered.len(), 1, "{registered:?}\n{}", scene.logs());
        }
        assert_eq!(scene.dead(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_in_such_a_project_is_taken_off_by_event_and_by_sweep() {
    for by_sweep in [false, true] {
        let scene = Scene::with(Partition::Aws, |_organization| vec![remove()]).await;
        let vended = in_payments(&scene, false).await;
        let closed = scene.organization().close(&vended.account);
        if by_sweep {
            let answer = sweep(&sweeper(&scene, &[remove()]), json!({})).await;
            assert_eq!(ids(&answer, "closedButRegistered"), [vended.account.id()], "{answer:#}");
            assert_eq!(count(&answer, "offboarding"), 1, "{answer:#}");
        } else {
            scene.put(&closed).await;
        }
        scene.work_off().await;
        assert_eq!(scene.registered(&vended.account), [], "{}", scene.logs());
        assert_eq!(scene.dead(), []);
    }
}

/// Palette shows such a project in its list and refuses all else.
#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_refuses_the_key_is_told_of_and_stops_nothing() {
    let scene = Scene::with(Partition::Aws, |_organization| vec![remove()]).await;
    let hidden = in_payments(&scene, false).await;
    let organization = scene.organization();
    let other = organization.vend(Kind::ControlTower, "other", &organization.sandbox);
    {
        let mut records = scene.cloud().palette().records();
        let tenant = &mut records.tenants[0];
        tenant.closed = tenant.projects.iter().map(|project| project.uid.clone()).collect();
    }
    let answer = sweep(&sweeper(&scene, &[]), json!({"dryRun": true})).await;
    assert_eq!(count(&answer, "unreadProjects"), 2, "{answer:#}");
    made_by_hand(&scene, &other.account, &scene.realm().external_id);
    scene.put(&[told(&scene, &other, None)]).await;
    scene.work_off().await;
    assert_eq!(scene.registered(&other.account).len(), 1, "{}", scene.logs());
    scene.lambda.logs().clear();
    scene.put(&organization.close(&hidden.account)).await;
    scene.work_off().await;
    scene.written("projects has it that do not let Gangway look").await;
    assert_eq!(scene.registered(&hidden.account).len(), 1);
    assert_eq!(scene.dead(), []);
}
