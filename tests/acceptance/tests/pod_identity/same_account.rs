//! Tests the checks of the roles if the registered role is in the AWS account of the cluster.

use acceptance::{PARTITIONS, TestApp};
use gangway_policies::{PolicyDocument, pod_identity::RolePurpose};
use local_cloud::fixtures::{Breakage, PodIdentityCase::SameAccount};
use serde_json::Value;

use crate::fixture::{break_and_validate, cluster, valid_request, validate};

/// Breaks a cluster in each way, and asserts that a check fails.
async fn assert_check_fails(breakages: &[Breakage], check: &str) {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for breakage in breakages {
            let (_, response) = break_and_validate(&app, SameAccount, &[*breakage]).await;
            assert!(
                response.failed().contains(&check.to_owned()),
                "{breakage:?}: {:#}",
                response.body
            );
        }
    }
}

/// Acceptance rows: F44.
#[tokio::test]
async fn palette_role_must_trust_eks_and_allow_session_tags() {
    let purpose = RolePurpose::Palette;
    let breakages =
        [Breakage::TrustWithoutTagSession(purpose), Breakage::TrustsOtherPrincipal(purpose)];
    assert_check_fails(&breakages, "pod-identity.palette-role-trust").await;
}

/// Acceptance rows: F45.
#[tokio::test]
async fn palette_role_must_have_the_permissions_of_its_profile() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = valid_request(&app, SameAccount);
        let palette = cluster(&app);
        let policy = palette.profile_policy(RolePurpose::Palette, PolicyDocument::Controller);
        palette.role(RolePurpose::Palette).detach(&policy);
        let report = validate(&app, &request).await;
        assert!(report.failed().contains(&"iam.actions-allowed".to_owned()), "{:#}", report.body);
    }
}

/// Acceptance rows: F46.
#[tokio::test]
async fn palette_role_must_have_the_supplementary_policy() {
    assert_check_fails(
        &[Breakage::WithoutPermissions(RolePurpose::Palette)],
        "pod-identity.palette-role-permissions",
    )
    .await;
}

/// Acceptance rows: F47.
#[tokio::test]
async fn hubble_role_must_have_its_trust_and_policy() {
    let purpose = RolePurpose::Hubble;
    let breakages = [
        Breakage::TrustWithoutTagSession(purpose),
        Breakage::TrustsOtherPrincipal(purpose),
        Breakage::WithoutPermissions(purpose),
    ];
    assert_check_fails(&breakages, "pod-identity.hubble-role").await;
}

/// Acceptance rows: F48.
#[tokio::test]
async fn identity_role_must_have_its_trust_and_policy() {
    let purpose = RolePurpose::Identity;
    let breakages = [
        Breakage::TrustWithoutTagSession(purpose),
        Breakage::TrustsOtherPrincipal(purpose),
        Breakage::WithoutPermissions(purpose),
    ];
    assert_check_fails(&breakages, "pod-identity.identity-role").await;
}

/// Acceptance rows: F49.
#[tokio::test]
async fn plan_creates_the_palette_then_hubble_then_identity_role() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let plan = crate::cross_account::get_plan(&app, SameAccount).await;
        let roles = plan.body["roles"].as_array().expect("roles");
        let order: Vec<_> = roles.iter().map(role_name).collect();
        assert_eq!(order, ["palette", "hubble", "identity"]);
    }
}

fn role_name(role: &Value) -> &str {
    role["role"].as_str().unwrap_or_default()
}
