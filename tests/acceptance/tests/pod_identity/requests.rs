//! Requests that are valid or invalid without any call.

use std::collections::BTreeSet;

use acceptance::{PARTITIONS, TestApp};
use gangway_model::{AuthMethod, PermissionProfile};
use gangway_policies::pod_identity::RolePurpose;
use local_cloud::fixtures::PodIdentityCase;
use serde_json::{Value, json};

use crate::fixture::{
    ROUTE, attach_profile_policies, boundary, cluster, register, valid_request, validate, with,
};

/// Acceptance rows: F36.
#[tokio::test]
async fn only_profiles_for_eks_clusters_are_accepted() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for profile in PermissionProfile::ALL {
            let request = with(
                valid_request(&app, PodIdentityCase::SameAccount),
                "permissionProfile",
                json!(profile.id()),
            );
            let request = with(request, "name", json!(profile.id()));
            // The request is valid otherwise.
            attach_profile_policies(&app, PodIdentityCase::SameAccount, profile);
            if profile.supports_eks() {
                app.assert_registered(AuthMethod::PodIdentity, &request).await;
                continue;
            }
            // A rejected registration stores nothing.
            let report = app.assert_blocked(AuthMethod::PodIdentity, &request).await;
            let (check, other) = ("pod-identity.eks-clusters-only", "minimum-eks-dynamic");
            assert_eq!(report.failed(), [check], "{profile}");
            report.assert_check(check, "failed", profile.id(), other);
        }
        let expected = ["core-eks", "minimum-eks-dynamic", "minimum-eks-static"];
        assert_eq!(
            app.account_names().into_iter().collect::<BTreeSet<_>>(),
            expected.map(str::to_owned).into()
        );
    }
}

/// Acceptance rows: F62.
#[tokio::test]
async fn permissions_boundary_must_exist_and_is_sent_to_palette() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let account = app.deployment().gangway_account.clone();
        let arn = boundary(&app);
        let request = with(
            valid_request(&app, PodIdentityCase::SameAccount),
            "permissionBoundaryArn",
            json!(arn),
        );
        register(&app, &request).await.assert_status(201);
        let spec = {
            let records = app.cloud().palette().records();
            records.find_account("prod").expect("an account").spec().clone()
        };
        assert_eq!(spec["podIdentity"]["permissionBoundaryArn"], arn.as_str());
        account.delete_policy(&arn);
        let gone = validate(&app, &request).await;
        assert_eq!(gone.failed(), ["pod-identity.permission-boundary"], "{:#}", gone.body);
        let role = cluster(&app).role(RolePurpose::Palette).arn();
        let refused = register(&app, &with(request, "permissionBoundaryArn", json!(role))).await;
        assert!([400, 422].contains(&refused.status), "{:#}", refused.body);
        assert_eq!(refused.pointers(), ["/permissionBoundaryArn"]);
    }
}

/// Acceptance rows: F62.
#[tokio::test]
async fn permissions_boundary_is_one_of_the_target_account() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = valid_request(&app, PodIdentityCase::CrossAccount);
        let everything = json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let of_cluster = with(request.clone(), "permissionBoundaryArn", json!(boundary(&app)));
        let refused = register(&app, &of_cluster).await;
        refused.assert_status(422);
        assert_eq!(refused.pointers(), ["/permissionBoundaryArn"]);
        let arn = cluster(&app).target.policy("TeamBoundary", &everything);
        let bounded = with(request, "permissionBoundaryArn", json!(arn));
        register(&app, &bounded).await.assert_status(201);
        let spec = app.palette_body("prod")["spec"].clone();
        assert_eq!(spec["podIdentity"]["permissionBoundaryArn"], arn.as_str());
        cluster(&app).target.delete_policy(&arn);
        let gone = validate(&app, &bounded).await;
        assert_eq!(gone.failed(), ["pod-identity.permission-boundary"], "{:#}", gone.body);
    }
}

/// Acceptance rows: P32, P30.
#[tokio::test]
async fn policy_arns_give_a_warning_and_the_identity_role_is_rejected() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = valid_request(&app, PodIdentityCase::SameAccount);
        let policy = cluster(&app).policy(RolePurpose::Palette);
        let seen = validate(&app, &with(request.clone(), "policyArns", json!([policy]))).await;
        assert_eq!(seen.failed(), ["pod-identity.no-policies-named"], "{:#}", seen.body);
        let identity = request["identityRoleArn"].clone();
        let seen = validate(&app, &with(request, "roleArn", identity)).await;
        assert!(seen.failed().contains(&"pod-identity.role-arn".to_owned()), "{:#}", seen.body);
    }
}

/// The case, a member, its value, and the expected pointers.
type Row = (PodIdentityCase, &'static str, Value, &'static [&'static str]);

fn wrong(app: &TestApp) -> [Row; 8] {
    let partition = app.partition();
    let other = PARTITIONS.into_iter().find(|other| *other != partition).expect("another");
    let target = cluster(app).roles(PodIdentityCase::CrossAccount);
    let elsewhere = format!("arn:{partition}:iam::999988887777:role/I");
    let hubble_target = json!(target.hubble_target().map(gangway_model::RoleArn::as_str));
    [
        (
            PodIdentityCase::SameAccount,
            "roleArn",
            json!(format!("arn:{other}:iam::111122223333:role/R")),
            &["/roleArn"],
        ),
        (
            PodIdentityCase::CrossAccount,
            "hubbleTargetRoleArn",
            json!(format!("arn:{other}:iam::111122223333:role/R")),
            &["/hubbleTargetRoleArn"],
        ),
        (PodIdentityCase::SameAccount, "clusterName", json!("-palette"), &["/clusterName"]),
        (
            PodIdentityCase::SameAccount,
            "clusterRegion",
            json!(other.info().home_region),
            &["/clusterRegion"],
        ),
        (PodIdentityCase::SameAccount, "identityRoleArn", json!(elsewhere), &["/identityRoleArn"]),
        (
            PodIdentityCase::SameAccount,
            "hubbleTargetRoleArn",
            hubble_target,
            &["/hubbleTargetRoleArn"],
        ),
        (
            PodIdentityCase::CrossAccount,
            "hubbleTargetRoleArn",
            Value::Null,
            &["/hubbleTargetRoleArn"],
        ),
        (
            PodIdentityCase::CrossAccount,
            "hubbleTargetRoleArn",
            json!(target.hubble().as_str()),
            &["/hubbleTargetRoleArn"],
        ),
    ]
}

/// Acceptance rows: P15, F57.
#[tokio::test]
async fn roles_of_the_wrong_account_or_partition_are_refused() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for (case, member, value, pointers) in wrong(&app) {
            let mut request = with(valid_request(&app, case), member, value.clone());
            if value.is_null() {
                request.as_object_mut().expect("members").remove(member);
            }
            let refused = app.post(ROUTE, &request).await;
            assert!([400, 422].contains(&refused.status), "{member}: {:#}", refused.body);
            assert_eq!(refused.pointers(), pointers, "{member}: {:#}", refused.body);
        }
        app.assert_untouched();
    }
}
