//! Tests which members a Pod Identity request may have, and which roles and policies they may name.

use std::collections::BTreeSet;

use acceptance::{PARTITIONS, TestApp};
use gangway_model::{AuthMethod, PermissionProfile};
use gangway_policies::pod_identity::RolePurpose;
use local_cloud::fixtures::PodIdentityCase;
use serde_json::{Value, json};

use crate::fixture::{
    ROUTE, attach_only_profile_policies, cluster, create_permissions_boundary, register,
    valid_request, validate, with_member,
};

/// Acceptance rows: F36.
#[tokio::test]
async fn profile_that_does_not_support_eks_clusters_is_rejected() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for profile in PermissionProfile::ALL {
            let request = with_member(
                valid_request(&app, PodIdentityCase::SameAccount),
                "permissionProfile",
                json!(profile.id()),
            );
            let request = with_member(request, "name", json!(profile.id()));
            // With these policies, the request has no other error than its profile.
            attach_only_profile_policies(&app, PodIdentityCase::SameAccount, profile);
            if profile.supports_eks() {
                app.assert_registered(AuthMethod::PodIdentity, &request).await;
                continue;
            }
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
        let arn = create_permissions_boundary(&app);
        let request = with_member(
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
        let report_without_policy = validate(&app, &request).await;
        assert_eq!(
            report_without_policy.failed(),
            ["pod-identity.permission-boundary"],
            "{:#}",
            report_without_policy.body
        );
        let role = cluster(&app).role(RolePurpose::Palette).arn();
        let rejected =
            register(&app, &with_member(request, "permissionBoundaryArn", json!(role))).await;
        assert!([400, 422].contains(&rejected.status), "{:#}", rejected.body);
        assert_eq!(rejected.pointers(), ["/permissionBoundaryArn"]);
    }
}

/// Acceptance rows: F62.
#[tokio::test]
async fn permissions_boundary_must_be_in_the_account_of_the_target_role() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = valid_request(&app, PodIdentityCase::CrossAccount);
        let everything = json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        let of_cluster = with_member(
            request.clone(),
            "permissionBoundaryArn",
            json!(create_permissions_boundary(&app)),
        );
        let rejected = register(&app, &of_cluster).await;
        rejected.assert_status(422);
        assert_eq!(rejected.pointers(), ["/permissionBoundaryArn"]);
        let arn = cluster(&app).target.policy("TeamBoundary", &everything);
        let request_with_boundary = with_member(request, "permissionBoundaryArn", json!(arn));
        register(&app, &request_with_boundary).await.assert_status(201);
        let spec = app.palette_body("prod")["spec"].clone();
        assert_eq!(spec["podIdentity"]["permissionBoundaryArn"], arn.as_str());
        cluster(&app).target.delete_policy(&arn);
        let report_without_policy = validate(&app, &request_with_boundary).await;
        assert_eq!(
            report_without_policy.failed(),
            ["pod-identity.permission-boundary"],
            "{:#}",
            report_without_policy.body
        );
    }
}

/// Acceptance rows: P32, P30.
#[tokio::test]
async fn policy_arns_are_a_warning_and_the_identity_role_is_rejected() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = valid_request(&app, PodIdentityCase::SameAccount);
        let policy = cluster(&app).policy(RolePurpose::Palette);
        let report =
            validate(&app, &with_member(request.clone(), "policyArns", json!([policy]))).await;
        assert_eq!(report.failed(), ["pod-identity.no-policies-named"], "{:#}", report.body);
        let identity = request["identityRoleArn"].clone();
        let report = validate(&app, &with_member(request, "roleArn", identity)).await;
        assert!(report.failed().contains(&"pod-identity.role-arn".to_owned()), "{:#}", report.body);
    }
}

/// The account case, a member, its invalid value (null: without the member), and the expected
/// pointers.
type Row = (PodIdentityCase, &'static str, Value, &'static [&'static str]);

/// Returns rows with roles and Regions in a wrong account or partition.
fn invalid_member_rows(app: &TestApp) -> [Row; 8] {
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
async fn roles_in_the_wrong_account_or_partition_are_rejected() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for (case, member, value, pointers) in invalid_member_rows(&app) {
            let mut request = with_member(valid_request(&app, case), member, value.clone());
            if value.is_null() {
                request.as_object_mut().expect("members").remove(member);
            }
            let rejected = app.post(ROUTE, &request).await;
            assert!([400, 422].contains(&rejected.status), "{member}: {:#}", rejected.body);
            assert_eq!(rejected.pointers(), pointers, "{member}: {:#}", rejected.body);
        }
        app.assert_untouched();
    }
}
