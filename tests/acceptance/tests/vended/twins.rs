//! An account that is there for the bills of its twin in GovCloud is no account to bring aboard.

use gangway_model::Partition;
use local_cloud::world::Kind;
use serde_json::json;

use crate::{
    scene::Scene,
    sweep::{count, ids, sweep, sweeper, vend},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_leaves_the_billing_twin_of_a_govcloud_account_ashore() {
    for elsewhere in [false, true] {
        let scene = if elsewhere {
            Scene::managed_elsewhere(Partition::Aws).await
        } else {
            Scene::start(Partition::Aws).await
        };
        let organization = scene.organization();
        let accounts = vend(&scene, 45, &organization.sandbox);
        let twin = organization.vend(Kind::GovCloud, "gov", &organization.sandbox);
        organization.fail("never-made");
        let lambda = sweeper(&scene, &[]);
        let answer = sweep(&lambda, json!({"dryRun": true})).await;
        assert_eq!(count(&answer, "missing"), 45, "{answer:#}");
        assert!(ids(&answer, "ignored").contains(&twin.account.id().to_owned()), "{answer:#}");
        assert_eq!(answer["reasons"]["govcloud-twin"]["count"], 1, "{answer:#}");
        assert_eq!(accounts.len(), 45);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_looks_for_twins_where_there_are_none() {
    let scene = Scene::start(Partition::AwsUsGov).await;
    vend(&scene, 3, &scene.organization().sandbox);
    let answer = sweep(&sweeper(&scene, &[]), json!({"dryRun": true})).await;
    assert_eq!(count(&answer, "missing"), 3, "{answer:#}");
    assert_eq!(scene.cloud().calls().count("organizations", "ListCreateAccountStatus"), 0);
}
