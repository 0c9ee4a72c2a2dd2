//! A cluster that is set up well: the account comes aboard, in both cases and both partitions.

use acceptance::{PARTITIONS, Stage};
use local_cloud::world::Case;
use serde_json::json;

use crate::method::{ROUTE, cluster, register, request, validate};

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
async fn the_same_request_again_changes_nothing_and_another_role_is_an_update() {
    let stage = Stage::start(PARTITIONS[0]).await;
    let wish = request(&stage, Case::SameAccount);
    let first = register(&stage, &wish).await;
    first.assert_status(201);
    let again = register(&stage, &wish).await;
    again.assert_status(200);
    assert_eq!((again.outcome(), again.uid()), ("unchanged", first.uid()));
    let boundary = stage.realm().deployment.managed("PowerUserAccess");
    let mut bounded = wish.clone();
    bounded["permissionBoundaryArn"] = json!(boundary);
    let replaced = stage.put(&format!("{ROUTE}/{}", first.uid()), &bounded).await;
    if replaced.status == 422 {
        // This IAM has no such policy: the check says so, and nothing was changed.
        assert_eq!(replaced.failed(), ["pod-identity.permission-boundary"]);
    } else {
        replaced.assert_status(200);
        assert_eq!(replaced.outcome(), "updated");
    }
    assert_eq!(stage.registered(), ["prod"]);
}
