//! F44–F49: the roles of the case of one account.

use acceptance::{PARTITIONS, TestApp};
use gangway_policies::{PolicyDocument, pod_identity::RolePurpose};
use local_cloud::world::{Case::SameAccount, Way};
use serde_json::Value;

use crate::fixture::{cluster, differs, valid_request, validate};

async fn fails(breakages: &[Way], check: &str) {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for breakage in breakages {
            let (_, response) = differs(&app, SameAccount, &[*breakage]).await;
            assert!(
                response.failed().contains(&check.to_owned()),
                "{breakage:?}: {:#}",
                response.body
            );
        }
    }
}

#[tokio::test]
async fn f44_palettes_role_must_trust_eks_with_tags() {
    let part = RolePurpose::Palette;
    let breakages = [Way::TrustWithoutTags(part), Way::TrustsOthers(part), Way::NoRole(part)];
    fails(&breakages, "pod-identity.palette-role-trust").await;
}

#[tokio::test]
async fn f45_palettes_role_must_have_what_its_profile_needs() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = valid_request(&app, SameAccount);
        let palette = cluster(&app);
        let policy = palette.profile_policy(RolePurpose::Palette, PolicyDocument::Controller);
        palette.role(RolePurpose::Palette).detach(&policy);
        let seen = validate(&app, &request).await;
        assert!(seen.failed().contains(&"iam.actions-allowed".to_owned()), "{:#}", seen.body);
    }
}

#[tokio::test]
async fn f46_palettes_role_must_have_the_supplement() {
    fails(
        &[Way::WithoutPermissions(RolePurpose::Palette)],
        "pod-identity.palette-role-permissions",
    )
    .await;
}

#[tokio::test]
async fn f47_hubbles_role_must_have_trust_and_policy() {
    let part = RolePurpose::Hubble;
    let breakages = [
        Way::TrustWithoutTags(part),
        Way::TrustsOthers(part),
        Way::WithoutPermissions(part),
        Way::NoRole(part),
    ];
    fails(&breakages, "pod-identity.hubble-role").await;
}

#[tokio::test]
async fn f48_the_identity_services_role_must_have_trust_and_policy() {
    let part = RolePurpose::Identity;
    let breakages = [
        Way::TrustWithoutTags(part),
        Way::TrustsOthers(part),
        Way::WithoutPermissions(part),
        Way::NoRole(part),
    ];
    fails(&breakages, "pod-identity.identity-role").await;
}

#[tokio::test]
async fn f49_the_plan_makes_palettes_role_then_hubbles_then_the_identity_services() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let plan = crate::cross_account::plan(&app, SameAccount).await;
        let roles = plan.body["roles"].as_array().expect("roles");
        let order: Vec<_> = roles.iter().map(role).collect();
        assert_eq!(order, ["palette", "hubble", "identity"]);
    }
}

fn role(role: &Value) -> &str {
    role["role"].as_str().unwrap_or_default()
}
