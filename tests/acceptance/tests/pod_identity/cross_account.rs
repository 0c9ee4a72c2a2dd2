//! Tests the checks of the roles, and the plan, if the registered role is in another AWS account
//! than the cluster.

use acceptance::{HttpResponse, PARTITIONS, TestApp};
use gangway_policies::pod_identity::RolePurpose;
use local_cloud::fixtures::{
    Breakage,
    PodIdentityCase::{self, CrossAccount},
};

use crate::fixture::{break_and_validate, valid_request};

/// Breaks a cluster in each way, and asserts that a check fails.
async fn assert_check_fails(breakages: &[Breakage], check: &str) {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for breakage in breakages {
            let (_, response) = break_and_validate(&app, CrossAccount, &[*breakage]).await;
            assert!(
                response.failed().contains(&check.to_owned()),
                "{breakage:?}: {:#}",
                response.body
            );
        }
    }
}

/// Returns the plan for the fixture's cluster and roles.
pub(crate) async fn get_plan(app: &TestApp, case: PodIdentityCase) -> HttpResponse {
    let members = valid_request(app, case);
    let members = members.as_object().expect("members").iter().filter(|(name, _)| *name != "name");
    let query: Vec<_> = members
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    let plan = app.get(&format!("/v1/pod-identity/plan?{}", query.join("&"))).await;
    plan.assert_status(200);
    plan
}

/// Acceptance rows: F50.
#[tokio::test]
async fn local_identity_role_must_trust_eks() {
    let purpose = RolePurpose::IdentityLocal;
    let breakages =
        [Breakage::TrustWithoutTagSession(purpose), Breakage::TrustsOtherPrincipal(purpose)];
    assert_check_fails(&breakages, "pod-identity.identity-local-role").await;
}

/// Acceptance rows: F51.
#[tokio::test]
async fn local_identity_role_must_be_able_to_assume_the_palette_role() {
    let breakages = [Breakage::WithoutPermissions(RolePurpose::IdentityLocal)];
    assert_check_fails(&breakages, "pod-identity.identity-local-role").await;
}

/// Acceptance rows: F52.
#[tokio::test]
async fn palette_target_role_needs_its_four_trust_statements() {
    let purpose = RolePurpose::PaletteTarget;
    let breakages = [
        Breakage::WildcardWithStringEquals,
        Breakage::TrustForOtherRegion,
        Breakage::TrustWithoutTagSession(purpose),
        Breakage::TrustsOtherPrincipal(purpose),
        Breakage::NoRole(purpose),
    ];
    assert_check_fails(&breakages, "pod-identity.palette-target-role").await;
}

/// Acceptance rows: F53.
#[tokio::test]
async fn palette_target_role_needs_its_permissions() {
    let breakages = [Breakage::WithoutPermissions(RolePurpose::PaletteTarget)];
    assert_check_fails(&breakages, "pod-identity.palette-target-role").await;
}

/// Acceptance rows: F54.
#[tokio::test]
async fn hubble_target_role_must_trust_the_local_hubble_role() {
    let purpose = RolePurpose::HubbleTarget;
    let breakages = [
        Breakage::DocumentedPrincipal,
        Breakage::TrustWithoutTagSession(purpose),
        Breakage::WithoutPermissions(purpose),
        Breakage::NoRole(purpose),
    ];
    assert_check_fails(&breakages, "pod-identity.hubble-target-role").await;
}

/// Acceptance rows: F55.
#[tokio::test]
async fn local_hubble_role_must_trust_eks_and_assume_its_target_role() {
    let purpose = RolePurpose::HubbleLocal;
    let breakages = [
        Breakage::TrustWithoutTagSession(purpose),
        Breakage::TrustsOtherPrincipal(purpose),
        Breakage::WithoutPermissions(purpose),
    ];
    assert_check_fails(&breakages, "pod-identity.hubble-local-role").await;
}

/// Acceptance rows: F56, F57.
#[tokio::test]
async fn plan_has_no_placeholder_and_only_arns_of_its_partition() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for case in PodIdentityCase::ALL {
            let plan = get_plan(&app, case).await;
            let roles = plan.body["roles"].to_string() + &plan.body["associations"].to_string();
            assert!(!roles.contains('<') && !roles.contains("Role}"), "{roles}");
            for arn in roles.split("\"arn:").skip(1) {
                // Some of Palette's published policies have a wildcard as partition.
                let found = arn.split(':').next();
                assert!(found == Some(partition.id()) || found == Some("*"), "{arn:.80}");
            }
        }
    }
}
