//! Tests that Gangway does not change associations, although a request asks for it, if the
//! deployment does not allow changes, or if an EKS add-on owns the association.

use acceptance::{PARTITIONS, TestApp};
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};
use local_cloud::{
    AssociationChanges, CloudOptions,
    fixtures::{
        Breakage,
        PodIdentityCase::{self, CrossAccount, SameAccount},
    },
};
use serde_json::json;

use crate::fixture::{ENSURE_CHECK, cluster, register, valid_request, with_member};

/// Breaks an association and sends a registration with `ensureAssociations`. Asserts that the
/// registration is rejected with this observation and remedy, and that no association is changed.
async fn assert_rejected(
    app: &TestApp,
    case: PodIdentityCase,
    breakage: Breakage,
    (observed, remedy): (&str, &str),
) {
    let request = with_member(valid_request(app, case), "ensureAssociations", json!(true));
    cluster(app).break_with(breakage);
    let other = cluster(app).cluster.account().role("SomebodyElse").arn();
    let current_roles = json!([other, cluster(app).roles(case).hubble().as_str()]);
    let request = with_member(request, "replaceAssociations", current_roles);
    let before = cluster(app).cluster.associations();
    let response = register(app, &request).await;
    response.assert_status(422).assert_check(ENSURE_CHECK, "failed", observed, remedy);
    assert_eq!(cluster(app).cluster.associations(), before, "{case:?} {breakage:?}");
    app.assert_untouched();
}

/// Acceptance rows: F58, F59, F60.
#[tokio::test]
async fn associations_are_not_changed_if_the_deployment_forbids_it() {
    for partition in PARTITIONS {
        for cluster_in_other_account in [false, true] {
            let options = CloudOptions {
                association_changes: AssociationChanges::Denied,
                cluster_in_palette_account: cluster_in_other_account,
                ..CloudOptions::default()
            };
            let app = TestApp::start_with(partition, options).await;
            for (case, breakage, action) in [
                (
                    SameAccount,
                    Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT),
                    "eks:CreatePodIdentityAssociation",
                ),
                (
                    CrossAccount,
                    Breakage::NoAssociation(IDENTITY_SERVICE_ACCOUNT),
                    "eks:CreatePodIdentityAssociation",
                ),
                (
                    SameAccount,
                    Breakage::AssociatedWithOtherRole(IDENTITY_SERVICE_ACCOUNT),
                    "eks:UpdatePodIdentityAssociation",
                ),
                (CrossAccount, Breakage::NoTargetRole, "eks:UpdatePodIdentityAssociation"),
            ] {
                assert_rejected(&app, case, breakage, (action, "AllowPodIdentityChanges")).await;
            }
            // If the associations are correct, Gangway needs no permission to change them.
            let request =
                with_member(valid_request(&app, CrossAccount), "ensureAssociations", json!(true));
            let receipt = register(&app, &request).await;
            receipt.assert_status(201).assert_check(
                ENSURE_CHECK,
                "passed",
                "no change was needed",
                "",
            );
        }
    }
}

/// Acceptance rows: F58, F59, F60.
#[tokio::test]
async fn associations_of_add_ons_and_extra_target_roles_are_not_changed() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for (case, breakage, observed, remedy) in [
            (
                SameAccount,
                Breakage::OwnedByAddon(HUBBLE_SERVICE_ACCOUNT),
                "palette-pods",
                "hubble-association",
            ),
            (
                CrossAccount,
                Breakage::OwnedByAddon(HUBBLE_SERVICE_ACCOUNT),
                "palette-pods",
                "hubble-association",
            ),
            (
                SameAccount,
                Breakage::OwnedByAddon(IDENTITY_SERVICE_ACCOUNT),
                "palette-pods",
                "identity-association",
            ),
            (CrossAccount, Breakage::SuperfluousTargetRole, "cannot remove", "target-roles"),
        ] {
            assert_rejected(&app, case, breakage, (observed, remedy)).await;
        }
    }
}
