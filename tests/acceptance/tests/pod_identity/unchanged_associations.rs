//! Requests with `ensureAssociations` that Gangway refuses: the operator does not allow changes, or an
//! EKS add-on owns the association.

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

use crate::fixture::{ENSURE_CHECK, cluster, register, valid_request, with};

/// Checks that a registration with `ensureAssociations` is refused for this reason and changes nothing.
async fn refused(
    app: &TestApp,
    case: PodIdentityCase,
    breakage: Breakage,
    (observed, remedy): (&str, &str),
) {
    let request = with(valid_request(app, case), "ensureAssociations", json!(true));
    cluster(app).break_with(breakage);
    let other = cluster(app).cluster.account().role("SomebodyElse").arn();
    let present = json!([other, cluster(app).roles(case).hubble().as_str()]);
    let request = with(request, "replaceAssociations", present);
    let before = cluster(app).cluster.associations();
    let response = register(app, &request).await;
    response.assert_status(422).assert_check(ENSURE_CHECK, "failed", observed, remedy);
    assert_eq!(cluster(app).cluster.associations(), before, "{case:?} {breakage:?}");
    app.assert_untouched();
}

/// Acceptance rows: F58, F59, F60.
#[tokio::test]
async fn associations_are_unchanged_when_the_deployment_forbids_it() {
    for partition in PARTITIONS {
        for cluster_elsewhere in [false, true] {
            let associations = AssociationChanges::Denied;
            let options = CloudOptions {
                association_changes: associations,
                cluster_in_palette_account: cluster_elsewhere,
                ..CloudOptions::default()
            };
            let app = TestApp::start_with(partition, options).await;
            for (case, breakage, right) in [
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
                refused(&app, case, breakage, (right, "AllowPodIdentityChanges")).await;
            }
            // A correct association needs no permission.
            let request =
                with(valid_request(&app, CrossAccount), "ensureAssociations", json!(true));
            let done = register(&app, &request).await;
            done.assert_status(201).assert_check(
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
async fn associations_of_an_add_on_and_extra_targets_are_unchanged() {
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
            refused(&app, case, breakage, (observed, remedy)).await;
        }
    }
}
