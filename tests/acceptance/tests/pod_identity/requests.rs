//! What a request alone tells (P15, P27, P30–P32), and requests that are none.

use acceptance::Stage;
use domain::Partition;
use local_cloud::world::Case;
use policies::pods::Part;
use serde_json::{Value, json};

use crate::method::{ROUTE, boundary, cluster, register, request, validate, with};

async fn stage() -> Stage {
    Stage::start(Partition::Aws).await
}

#[tokio::test]
async fn f36_profiles_for_clusters_on_ec2_are_refused() {
    let stage = stage().await;
    for (profile, fails) in [
        ("minimum-iaas-dynamic", true),
        ("minimum-iaas-static", true),
        ("minimum-eks-dynamic", false),
    ] {
        let wish = with(request(&stage, Case::SameAccount), "permissionProfile", json!(profile));
        let seen = validate(&stage, &wish).await;
        let failed = seen.failed().contains(&"pod-identity.eks-clusters-only".to_owned());
        assert_eq!(failed, fails, "{profile}: {:#}", seen.body);
    }
}

#[tokio::test]
async fn f62_a_boundary_goes_to_palette_and_must_be_a_policy_that_exists() {
    let stage = stage().await;
    let account = stage.realm().deployment.clone();
    let arn = boundary(&stage);
    let wish = with(request(&stage, Case::SameAccount), "permissionBoundaryArn", json!(arn));
    register(&stage, &wish).await.assert_status(201);
    let spec = {
        let records = stage.cloud().palette().records();
        records.account_named("prod").expect("an account").spec().clone()
    };
    assert_eq!(spec["podIdentity"]["permissionBoundaryArn"], arn.as_str());
    account.remove_policy(&arn);
    let gone = validate(&stage, &wish).await;
    assert_eq!(gone.failed(), ["pod-identity.permission-boundary"], "{:#}", gone.body);
    let role = cluster(&stage).role(Part::Palette).arn();
    let refused = register(&stage, &with(wish, "permissionBoundaryArn", json!(role))).await;
    assert!([400, 422].contains(&refused.status), "{:#}", refused.body);
    assert_eq!(refused.pointers(), ["/permissionBoundaryArn"]);
}

#[tokio::test]
async fn p32_policies_that_are_named_are_warned_of_and_p30_local_roles_are_refused() {
    let stage = stage().await;
    let wish = request(&stage, Case::SameAccount);
    let policy = cluster(&stage).policy(Part::Palette);
    let seen = validate(&stage, &with(wish.clone(), "policyArns", json!([policy]))).await;
    assert_eq!(seen.failed(), ["pod-identity.no-policies-named"], "{:#}", seen.body);
    let identity = wish["identityRoleArn"].clone();
    let seen = validate(&stage, &with(wish, "roleArn", identity)).await;
    assert!(seen.failed().contains(&"pod-identity.role-arn".to_owned()), "{:#}", seen.body);
}

/// A case, a member, what it is given, and the pointers that are named.
type Row = (Case, &'static str, Value, &'static [&'static str]);

#[tokio::test]
async fn p15_f57_roles_of_the_wrong_account_partition_or_case_are_refused_with_their_member() {
    let stage = stage().await;
    let target = cluster(&stage).roles(Case::CrossAccount);
    let rows: [Row; 7] = [
        (
            Case::SameAccount,
            "roleArn",
            json!("arn:aws-us-gov:iam::111122223333:role/R"),
            &["/roleArn"],
        ),
        (Case::SameAccount, "clusterName", json!("-palette"), &["/clusterName"]),
        (Case::SameAccount, "clusterRegion", json!("us-gov-west-1"), &["/clusterRegion"]),
        (
            Case::SameAccount,
            "identityRoleArn",
            json!("arn:aws:iam::999988887777:role/I"),
            &["/identityRoleArn"],
        ),
        (
            Case::SameAccount,
            "hubbleTargetRoleArn",
            json!(target.hubble_target().map(domain::RoleArn::as_str)),
            &["/hubbleTargetRoleArn"],
        ),
        (Case::CrossAccount, "hubbleTargetRoleArn", Value::Null, &["/hubbleTargetRoleArn"]),
        (
            Case::CrossAccount,
            "hubbleTargetRoleArn",
            json!(target.hubble().as_str()),
            &["/hubbleTargetRoleArn"],
        ),
    ];
    for (case, member, value, pointers) in rows {
        let mut wish = with(request(&stage, case), member, value.clone());
        if value.is_null() {
            wish.as_object_mut().expect("members").remove(member);
        }
        let refused = stage.post(ROUTE, &wish).await;
        assert!([400, 422].contains(&refused.status), "{member}: {:#}", refused.body);
        assert_eq!(refused.pointers(), pointers, "{member}: {:#}", refused.body);
    }
    stage.assert_untouched();
}
