//! What no event brought is found, page by page, and goes the way of the events.

use std::sync::Arc;

use gangway_model::Partition;
use local_cloud::{
    Effect, Fault,
    functions::Lambda,
    world::{Kind, Organization, Vended},
};
use serde_json::{Value, json};

use crate::scene::{SWEEP, Scene, set};

/// The sweep with these settings.
pub(crate) fn sweeper(scene: &Scene, settings: &[(&'static str, String)]) -> Arc<Lambda> {
    let settings = settings.to_vec();
    let lambda = scene.realm().redeploy(SWEEP, |function| set(&mut function.environment, settings));
    lambda.expect("the function is deployed")
}

pub(crate) async fn sweep(lambda: &Lambda, ask: Value) -> Value {
    lambda.invoke(&ask).await.unwrap_or_else(|error| panic!("{error}\n{}", lambda.logs().text()))
}

pub(crate) fn count(answer: &Value, what: &str) -> u64 {
    answer["counts"][what].as_u64().unwrap_or_else(|| panic!("no count of {what}: {answer:#}"))
}

pub(crate) fn ids(answer: &Value, what: &str) -> Vec<String> {
    let listed = answer[what]["accounts"].as_array().into_iter().flatten();
    listed.filter_map(|one| one["accountId"].as_str().map(str::to_owned)).collect()
}

pub(crate) fn vend(scene: &Scene, count: usize, parent: &str) -> Vec<Vended> {
    let organization = scene.organization();
    (0..count)
        .map(|number| organization.vend(Kind::Organizations, &format!("team-{number}"), parent))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_told_dry_then_queued_and_then_there_is_nothing_more() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let scene = Scene::start(partition).await;
        let sandbox = scene.organization().sandbox.clone();
        let mut accounts = vend(&scene, 45, &sandbox);
        let (known, closed) = (accounts.split_off(42), accounts.split_off(40));
        for vended in known.iter().chain(&closed) {
            scene.put(&vended.events[..1]).await;
        }
        scene.work_off().await;
        for vended in &closed {
            // Nobody heard of it.
            drop(scene.organization().close(&vended.account));
        }
        let lambda = sweeper(&scene, &[]);

        let dry = sweep(&lambda, json!({"dryRun": true})).await;
        assert_eq!((count(&dry, "organization"), count(&dry, "aboard")), (46, 3), "{dry:#}");
        assert_eq!((count(&dry, "missing"), count(&dry, "queued")), (40, 0), "{dry:#}");
        let told: Vec<_> = closed.iter().map(|vended| vended.account.id().to_owned()).collect();
        assert_eq!(ids(&dry, "closedButRegistered"), told);
        assert!(scene.queue().is_empty());

        let swept = sweep(&lambda, json!({})).await;
        assert_eq!((count(&swept, "missing"), count(&swept, "queued")), (40, 40), "{swept:#}");
        scene.work_off().await;
        for vended in accounts.iter().chain(&known) {
            scene.assert_aboard(&vended.account);
        }
        for vended in &closed {
            assert_eq!(scene.registered(&vended.account).len(), 1, "it is reported, not removed");
        }

        let again = sweep(&lambda, json!({})).await;
        assert_eq!((count(&again, "aboard"), count(&again, "queued")), (43, 0), "{again:#}");
        assert_eq!(again["complete"], true);
        assert_eq!(scene.dead(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_left_the_organization_is_told_and_left_alone() {
    let scene = Scene::start(Partition::Aws).await;
    let accounts = vend(&scene, 2, &scene.organization().sandbox);
    let lambda = sweeper(&scene, &[]);
    sweep(&lambda, json!({})).await;
    scene.work_off().await;
    drop(scene.organization().depart(&accounts[0].account));
    let answer = sweep(&lambda, json!({})).await;
    assert_eq!(ids(&answer, "registeredButUnknown"), [accounts[0].account.id()], "{answer:#}");
    scene.work_off().await;
    assert_eq!(scene.registered(&accounts[0].account).len(), 1, "it may be another organization's");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_sweeps() {
    let scene = Scene::start(Partition::Aws).await;
    let accounts = vend(&scene, 3, &scene.organization().sandbox);
    let answers = scene.realm().schedule(SWEEP).await;
    let [Ok(answer)] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!(count(answer, "queued"), 3, "{answer:#}");
    scene.work_off().await;
    for vended in &accounts {
        scene.assert_aboard(&vended.account);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_accounts_of_the_chosen_units_come_aboard_by_sweep_and_by_event() {
    chosen_units(|_told_by_the_tree_alone| ()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_accounts_come_with_their_units_nobody_looks_for_those() {
    let scene = chosen_units(|organization| organization.api.tell_paths()).await;
    let calls = scene.cloud().calls();
    for walked in
        ["ListRoots", "ListAccountsForParent", "ListOrganizationalUnitsForParent", "ListParents"]
    {
        assert_eq!(calls.count("organizations", walked), 0, "{walked}");
    }
}

/// Only what is below one unit, and is called as it should be.
async fn chosen_units(tells: impl FnOnce(&Organization)) -> Scene {
    let scene = Scene::with(Partition::Aws, |organization| {
        vec![
            ("GANGWAY_INCLUDE_OUS", organization.workloads.clone()),
            ("GANGWAY_ACCOUNT_NAME_FILTER", "team-*".to_owned()),
        ]
    })
    .await;
    let organization = scene.organization();
    tells(organization);
    let below = vend(&scene, 2, &organization.production);
    let beside = vend(&scene, 2, &organization.sandbox);
    let other = organization.vend(Kind::Organizations, "payroll", &organization.production);
    let settings = [
        ("GANGWAY_INCLUDE_OUS", organization.workloads.clone()),
        ("GANGWAY_ACCOUNT_NAME_FILTER", "team-*".to_owned()),
    ];
    let answer = sweep(&sweeper(&scene, &settings), json!({})).await;
    assert_eq!((count(&answer, "missing"), count(&answer, "queued")), (2, 2), "{answer:#}");
    // The function judges by itself, whatever it is told.
    for vended in beside.iter().chain([&other]) {
        scene.put(&vended.events).await;
    }
    scene.work_off().await;
    for vended in &below {
        scene.assert_aboard(&vended.account);
    }
    for vended in beside.iter().chain([&other]) {
        scene.assert_untouched(&vended.account);
    }
    assert_eq!(scene.dead(), []);
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nearest_unit_decides_about_the_project() {
    let scopes = |organization: &Organization| {
        let (workloads, production) = (&organization.workloads, &organization.production);
        format!("{workloads}=tenant,{production}=project:Payments")
    };
    let scene = Scene::with(Partition::Aws, |organization| {
        vec![("GANGWAY_OU_SCOPE_MAP", scopes(organization))]
    })
    .await;
    let organization = scene.organization();
    let near = vend(&scene, 1, &organization.production);
    let far = vend(&scene, 1, &organization.workloads);
    let lambda = sweeper(&scene, &[("GANGWAY_OU_SCOPE_MAP", scopes(organization))]);
    sweep(&lambda, json!({})).await;
    scene.work_off().await;
    assert!(scene.assert_aboard(&near[0].account).project.is_some());
    assert_eq!(scene.assert_aboard(&far[0].account).project, None);
    let again = sweep(&lambda, json!({})).await;
    assert_eq!((count(&again, "aboard"), count(&again, "queued")), (2, 0), "{again:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sweep_and_events_together_bring_each_account_aboard_once() {
    let scene = Scene::start(Partition::Aws).await;
    let accounts = vend(&scene, 25, &scene.organization().sandbox);
    let lambda = sweeper(&scene, &[]);
    let events = async {
        for vended in &accounts {
            scene.put(&vended.events).await;
        }
    };
    tokio::join!(events, sweep(&lambda, json!({})), sweep(&lambda, json!({})));
    scene.work_off().await;
    for vended in &accounts {
        scene.assert_aboard(&vended.account);
    }
    assert_eq!(scene.dead(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_breaks_off_is_taken_up_by_the_next() {
    let scene = Scene::start(Partition::Aws).await;
    let accounts = vend(&scene, 70, &scene.organization().sandbox);
    let lambda = sweeper(&scene, &[]);
    scene
        .cloud()
        .fault(Fault::on("organizations", "ListAccounts", Effect::Unavailable).nth(3).times(100));
    let broken = lambda.invoke(&json!({})).await;
    assert!(
        broken.is_err() || broken.as_ref().is_ok_and(|answer| answer["complete"] != true),
        "{broken:?}"
    );
    scene.cloud().faults().clear();
    scene.work_off().await;
    sweep(&lambda, json!({})).await;
    scene.work_off().await;
    for vended in &accounts {
        scene.assert_aboard(&vended.account);
    }
    assert_eq!(scene.dead(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_accounts_are_taken_off_where_that_is_wanted() {
    let remove = || ("GANGWAY_OFFBOARDING", "remove".to_owned());
    let scene = Scene::with(Partition::Aws, |_organization| vec![remove()]).await;
    let accounts = vend(&scene, 3, &scene.organization().sandbox);
    let lambda = sweeper(&scene, &[remove()]);
    sweep(&lambda, json!({})).await;
    scene.work_off().await;
    drop(scene.organization().close(&accounts[0].account));
    scene.organization().suspend(&accounts[1].account);
    let answer = sweep(&lambda, json!({})).await;
    assert_eq!(count(&answer, "offboarding"), 1, "{answer:#}");
    scene.work_off().await;
    assert_eq!(scene.registered(&accounts[0].account), []);
    assert_eq!(scene.registered(&accounts[1].account).len(), 1, "it may come back");
    scene.assert_aboard(&accounts[2].account);
}
