//! Tests the checks of the Pod Identity associations of Palette's service accounts.

use acceptance::{PARTITIONS, TestApp};
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};
use local_cloud::fixtures::{
    Breakage,
    PodIdentityCase::{self, CrossAccount, SameAccount},
};

use crate::fixture::break_and_validate;

/// Breaks a cluster in each way, and asserts that a check fails. A row is the account case, the
/// breakage, the id of the check, and a text that its observation contains.
async fn assert_checks_fail(rows: &[(PodIdentityCase, Breakage, &str, &str)]) {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for (case, breakage, check, observed) in rows {
            let (_, response) = break_and_validate(&app, *case, &[*breakage]).await;
            response.assert_check(check, "failed", observed, "");
        }
    }
}

/// Acceptance rows: F58.
#[tokio::test]
async fn hubble_must_be_associated_with_its_role() {
    let check = "pod-identity.hubble-association";
    assert_checks_fail(&[
        (SameAccount, Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT), check, "no association"),
        (
            CrossAccount,
            Breakage::AssociatedWithOtherRole(HUBBLE_SERVICE_ACCOUNT),
            check,
            "SomebodyElse",
        ),
    ])
    .await;
}

/// Acceptance rows: F59.
#[tokio::test]
async fn the_identity_service_must_be_associated_with_its_role() {
    let check = "pod-identity.identity-association";
    assert_checks_fail(&[
        (
            SameAccount,
            Breakage::AssociatedWithOtherRole(IDENTITY_SERVICE_ACCOUNT),
            check,
            "SomebodyElse",
        ),
        (CrossAccount, Breakage::NoAssociation(IDENTITY_SERVICE_ACCOUNT), check, "no association"),
    ])
    .await;
}

/// Acceptance rows: F60.
#[tokio::test]
async fn only_the_hubble_association_has_a_target_role() {
    let check = "pod-identity.target-roles";
    assert_checks_fail(&[
        (CrossAccount, Breakage::NoTargetRole, check, "no target role"),
        (CrossAccount, Breakage::SuperfluousTargetRole, check, "needs none"),
        (CrossAccount, Breakage::OtherExternalId, "pod-identity.external-id", ""),
    ])
    .await;
}

/// Acceptance rows: F61.
#[tokio::test]
async fn palette_role_must_not_be_associated() {
    let check = "pod-identity.palette-role-not-associated";
    assert_checks_fail(&[
        (SameAccount, Breakage::PaletteRoleAssociated, check, ""),
        (CrossAccount, Breakage::PaletteRoleAssociated, check, ""),
    ])
    .await;
}
