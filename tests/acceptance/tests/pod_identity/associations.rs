//! The associations of the service accounts of Palette.

use acceptance::{PARTITIONS, TestApp};
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};
use local_cloud::world::{
    Case::{self, CrossAccount, SameAccount},
    Way,
};

use crate::fixture::differs;

async fn told(rows: &[(Case, Way, &str, &str)]) {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for (case, breakage, check, observed) in rows {
            let (_, response) = differs(&app, *case, &[*breakage]).await;
            response.assert_check(check, "failed", observed, "");
        }
    }
}

/// Rows: F58.
#[tokio::test]
async fn hubble_must_be_associated_with_its_role() {
    let check = "pod-identity.hubble-association";
    told(&[
        (SameAccount, Way::NotAssociated(HUBBLE_SERVICE_ACCOUNT), check, "no association"),
        (CrossAccount, Way::OtherRole(HUBBLE_SERVICE_ACCOUNT), check, "SomebodyElse"),
    ])
    .await;
}

/// Rows: F59.
#[tokio::test]
async fn the_identity_service_must_be_associated_with_its_role() {
    let check = "pod-identity.identity-association";
    told(&[
        (SameAccount, Way::OtherRole(IDENTITY_SERVICE_ACCOUNT), check, "SomebodyElse"),
        (CrossAccount, Way::NotAssociated(IDENTITY_SERVICE_ACCOUNT), check, "no association"),
    ])
    .await;
}

/// Rows: F60.
#[tokio::test]
async fn only_the_hubble_association_has_a_target_role() {
    let check = "pod-identity.target-roles";
    told(&[
        (CrossAccount, Way::NoTarget, check, "no target role"),
        (CrossAccount, Way::SuperfluousTarget, check, "needs none"),
        (CrossAccount, Way::OtherExternalId, "pod-identity.external-id", ""),
    ])
    .await;
}

/// Rows: F61.
#[tokio::test]
async fn palette_role_must_not_be_associated() {
    let check = "pod-identity.palette-role-not-associated";
    told(&[
        (SameAccount, Way::PaletteAssociated, check, ""),
        (CrossAccount, Way::PaletteAssociated, check, ""),
    ])
    .await;
}
