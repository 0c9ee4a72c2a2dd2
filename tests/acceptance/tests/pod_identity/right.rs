//! A cluster that is set up well: the account comes aboard, in both cases and both partitions.

use acceptance::{PARTITIONS, Stage};
use gangway_model::Partition;
use local_cloud::world::Case;
use serde_json::json;

use crate::method::{ROUTE, boundary, cluster, register, request, validate};

#[tokio::test]
async fn f30_f57_both_cases_register_in_both_partitions_with_palettes_own_role() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        for (case, name) in [(Case::SameAccount, "same"), (Case::CrossAccount, "cross")] {
            let mut wish = request(&stage, case);
            wish["name"] = json!(name);
            let seen = validate(&stage, &wish).await;
            assert_eq!((seen.ready(), seen.failed()), (Some(true), vec![]), "{:#}", seen.body);
            register(&stage, &wish).await.assert_status(201);
            let palette = cluster(&stage).roles(case).palette().as_str().to_owned();
            assert!(palette.starts_with(&format!("arn:{partition}:iam::")), "{palette}");
            let records = stage.cloud().palette().records();
            let spec = records.account_named(name).expect("an account").spec().clone();
            assert_eq!(spec["credentialType"], "pod-identity");
            assert_eq!(spec["podIdentity"], json!({"roleArn": palette}));
            assert_eq!(spec["partition"], partition.id());
        }
        assert_eq!(stage.kept(), Vec::<String>::new(), "there is no secret to keep");
    }
}

#[tokio::test]
async fn an_account_that_palette_entered_with_keys_leaves_no_secret_behind() {
    let stage = Stage::start(PARTITIONS[0]).await;
    let keys = &stage.customer().keys;
    let with_keys = json!({"name": "prod", "accessKeyId": keys.id, "secretAccessKey": keys.secret});
    let first = stage.post("/v1/accounts/static-credentials", &with_keys).await;
    first.assert_status(201);
    assert_eq!(stage.kept().len(), 1);
    let wish = request(&stage, Case::SameAccount);
    let replaced = stage.put(&format!("{ROUTE}/{}", first.uid()), &wish).await;
    replaced.assert_status(200);
    assert_eq!((replaced.outcome(), replaced.uid()), ("updated", first.uid()));
    assert_eq!(stage.kept(), Vec::<String>::new(), "it is in its recovery window");
}

#[tokio::test]
async fn the_same_request_again_changes_nothing_and_another_role_is_an_update() {
    let stage = Stage::start(PARTITIONS[0]).await;
    let wish = request(&stage, Case::SameAccount);
    let first = register(&stage, &wish).await;
    first.assert_status(201);
    let again = register(&stage, &wish).await;
    again.assert_status(200);
    assert_eq!((again.outcome(), again.uid()), ("unchanged", first.uid()));
    let mut bounded = wish.clone();
    bounded["permissionBoundaryArn"] = json!(boundary(&stage));
    let replaced = stage.put(&format!("{ROUTE}/{}", first.uid()), &bounded).await;
    replaced.assert_status(200);
    assert_eq!(replaced.outcome(), "updated");
    assert_eq!(stage.registered(), ["prod"]);
}

#[tokio::test]
async fn f08_f12_in_the_secret_partition_only_a_deployment_that_opts_in_registers_and_warns() {
    let stage = Stage::start(Partition::AwsIsoB).await;
    let wish = request(&stage, Case::SameAccount);
    // The function is not deployed there, so API Gateway knows no such route.
    stage.post(ROUTE, &wish).await.assert_status(403);
    let stage = Stage::deployed_with(Partition::AwsIsoB, "AllowSecretPodIdentity", "true").await;
    let wish = request(&stage, Case::SameAccount);
    let receipt = register(&stage, &wish).await;
    receipt.assert_status(201);
    assert_eq!(receipt.failed(), ["pod-identity.partition-supported"], "{:#}", receipt.body);
}
