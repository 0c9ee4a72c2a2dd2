//! The organization is managed from another account than Gangway's: everything goes through the role there.

use std::sync::Arc;

use gangway_model::Partition;
use local_cloud::{
    functions::Lambda,
    world::{Kind, MANAGEMENT_ROLE},
};
use serde_json::json;

use crate::scene::{SWEEP, Scene, set};

fn sweeper(scene: &Scene) -> Arc<Lambda> {
    let lambda =
        scene.realm().redeploy(SWEEP, |function| set(&mut function.environment, Vec::new()));
    lambda.expect("the function is deployed")
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_come_aboard_by_event_and_by_sweep_through_the_management_role() {
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        let scene = Scene::managed_elsewhere(partition).await;
        let organization = scene.organization();
        let told = organization.vend(Kind::Organizations, "told", &organization.sandbox);
        let missed = organization.vend(Kind::Organizations, "missed", &organization.production);
        scene.put(&told.events).await;
        scene.work_off().await;
        scene.assert_aboard(&told.account);
        let answer = sweeper(&scene).invoke(&json!({})).await.expect("an answer");
        assert_eq!(answer["counts"]["queued"], 1, "{answer:#}");
        scene.work_off().await;
        scene.assert_aboard(&missed.account);
        assert_eq!(scene.dead(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_that_role_a_sweep_does_nothing_and_tells_why() {
    let scene = Scene::managed_elsewhere(Partition::Aws).await;
    scene.organization().api.management().role(MANAGEMENT_ROLE).remove();
    let error = sweeper(&scene).invoke(&json!({})).await.expect_err("an error").to_string();
    assert!(error.contains(MANAGEMENT_ROLE), "{error}");
}
