//! F50–F57: the roles of the case of two accounts, and the plan that makes them.

use acceptance::{Answer, PARTITIONS, Stage};
use gangway_policies::pod_identity::RolePurpose;
use local_cloud::world::{
    Case::{self, CrossAccount},
    Way,
};

use crate::method::{ROUTE, differs, request};

async fn fails(ways: &[Way], check: &str) {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        for way in ways {
            let (_, answer) = differs(&stage, CrossAccount, &[*way]).await;
            assert!(answer.failed().contains(&check.to_owned()), "{way:?}: {:#}", answer.body);
        }
    }
}

/// The plan for the cluster that the stage has.
pub(crate) async fn plan(stage: &Stage, case: Case) -> Answer {
    let members = request(stage, case);
    let members = members.as_object().expect("members").iter().filter(|(name, _)| *name != "name");
    let query: Vec<_> = members
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    let plan = stage.get(&format!("{ROUTE}/plan?{}", query.join("&"))).await;
    plan.assert_status(200);
    plan
}

#[tokio::test]
async fn f50_the_identity_services_local_role_must_trust_eks() {
    let part = RolePurpose::IdentityLocal;
    let ways = [Way::TrustWithoutTags(part), Way::TrustsOthers(part), Way::NoRole(part)];
    fails(&ways, "pod-identity.identity-local-role").await;
}

#[tokio::test]
async fn f51_the_identity_services_local_role_must_go_on_to_palettes() {
    let ways = [Way::WithoutPermissions(RolePurpose::IdentityLocal)];
    fails(&ways, "pod-identity.identity-local-role").await;
}

#[tokio::test]
async fn f52_palettes_target_role_needs_its_four_statements() {
    let part = RolePurpose::PaletteTarget;
    let ways = [
        Way::WildcardByTheLetter,
        Way::OtherRegion,
        Way::TrustWithoutTags(part),
        Way::TrustsOthers(part),
        Way::NoRole(part),
    ];
    fails(&ways, "pod-identity.palette-target-role").await;
}

#[tokio::test]
async fn f53_palettes_target_role_needs_its_permissions() {
    let ways = [Way::WithoutPermissions(RolePurpose::PaletteTarget)];
    fails(&ways, "pod-identity.palette-target-role").await;
}

#[tokio::test]
async fn f54_hubbles_target_role_must_trust_the_role_that_is_there() {
    let part = RolePurpose::HubbleTarget;
    let ways = [
        Way::DocumentedPrincipal,
        Way::TrustWithoutTags(part),
        Way::WithoutPermissions(part),
        Way::NoRole(part),
    ];
    fails(&ways, "pod-identity.hubble-target-role").await;
}

#[tokio::test]
async fn f55_hubbles_local_role_must_trust_eks_and_go_on_to_its_target() {
    let part = RolePurpose::HubbleLocal;
    let ways = [
        Way::TrustWithoutTags(part),
        Way::TrustsOthers(part),
        Way::WithoutPermissions(part),
        Way::NoRole(part),
    ];
    fails(&ways, "pod-identity.hubble-local-role").await;
}

#[tokio::test]
async fn f56_f57_the_plan_leaves_no_placeholder_and_is_of_its_partition() {
    for partition in PARTITIONS {
        let stage = Stage::start(partition).await;
        for case in Case::ALL {
            let plan = plan(&stage, case).await;
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
