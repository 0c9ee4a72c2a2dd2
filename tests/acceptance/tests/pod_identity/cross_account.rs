//! F50–F57: the roles of the case of two accounts, and the plan that makes them.

use acceptance::{HttpResponse, PARTITIONS, TestApp};
use gangway_policies::pod_identity::RolePurpose;
use local_cloud::world::{
    Case::{self, CrossAccount},
    Way,
};

use crate::fixture::{ROUTE, differs, valid_request};

async fn fails(breakages: &[Way], check: &str) {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for breakage in breakages {
            let (_, response) = differs(&app, CrossAccount, &[*breakage]).await;
            assert!(
                response.failed().contains(&check.to_owned()),
                "{breakage:?}: {:#}",
                response.body
            );
        }
    }
}

/// The plan for the cluster that the stage has.
pub(crate) async fn plan(app: &TestApp, case: Case) -> HttpResponse {
    let members = valid_request(app, case);
    let members = members.as_object().expect("members").iter().filter(|(name, _)| *name != "name");
    let query: Vec<_> = members
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    let plan = app.get(&format!("{ROUTE}/plan?{}", query.join("&"))).await;
    plan.assert_status(200);
    plan
}

#[tokio::test]
async fn f50_the_identity_services_local_role_must_trust_eks() {
    let part = RolePurpose::IdentityLocal;
    let breakages = [Way::TrustWithoutTags(part), Way::TrustsOthers(part), Way::NoRole(part)];
    fails(&breakages, "pod-identity.identity-local-role").await;
}

#[tokio::test]
async fn f51_the_identity_services_local_role_must_go_on_to_palettes() {
    let breakages = [Way::WithoutPermissions(RolePurpose::IdentityLocal)];
    fails(&breakages, "pod-identity.identity-local-role").await;
}

#[tokio::test]
async fn f52_palettes_target_role_needs_its_four_statements() {
    let part = RolePurpose::PaletteTarget;
    let breakages = [
        Way::WildcardByTheLetter,
        Way::OtherRegion,
        Way::TrustWithoutTags(part),
        Way::TrustsOthers(part),
        Way::NoRole(part),
    ];
    fails(&breakages, "pod-identity.palette-target-role").await;
}

#[tokio::test]
async fn f53_palettes_target_role_needs_its_permissions() {
    let breakages = [Way::WithoutPermissions(RolePurpose::PaletteTarget)];
    fails(&breakages, "pod-identity.palette-target-role").await;
}

#[tokio::test]
async fn f54_hubbles_target_role_must_trust_the_role_that_is_there() {
    let part = RolePurpose::HubbleTarget;
    let breakages = [
        Way::DocumentedPrincipal,
        Way::TrustWithoutTags(part),
        Way::WithoutPermissions(part),
        Way::NoRole(part),
    ];
    fails(&breakages, "pod-identity.hubble-target-role").await;
}

#[tokio::test]
async fn f55_hubbles_local_role_must_trust_eks_and_go_on_to_its_target() {
    let part = RolePurpose::HubbleLocal;
    let breakages = [
        Way::TrustWithoutTags(part),
        Way::TrustsOthers(part),
        Way::WithoutPermissions(part),
        Way::NoRole(part),
    ];
    fails(&breakages, "pod-identity.hubble-local-role").await;
}

#[tokio::test]
async fn f56_f57_the_plan_leaves_no_placeholder_and_is_of_its_partition() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for case in Case::ALL {
            let plan = plan(&app, case).await;
            let roles = plan.body["roles"].to_string() + &plan.body["associations"].to_string();
            assert!(!roles.contains('<') && !roles.contains("Role}"), "{roles}");
            for arn in roles.split("\"arn:").skip(1) {
                // Palette's own documents leave the partition open in places.
                let found = arn.split(':').next();
                assert!(found == Some(partition.id()) || found == Some("*"), "{arn:.80}");
            }
        }
    }
}
