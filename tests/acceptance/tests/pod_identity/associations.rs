//! F58–F61: which roles EKS gives to Palette's service accounts.

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

#[tokio::test]
async fn f58_hubble_must_be_associated_with_its_role() {
    let check = "pod-identity.hubble-association";
    told(&[
        (SameAccount, Way::NotAssociated(HUBBLE_SERVICE_ACCOUNT), check, "no association"),
        (CrossAccount, Way::OtherRole(HUBBLE_SERVICE_ACCOUNT), check, "SomebodyElse"),
    ])
    .await;
}

#[tokio::test]
async fn f59_the_identity_service_must_be_associated_with_its_role() {
    let check = "pod-identity.identity-association";
    told(&[
        (SameAccount, Way::OtherRole(IDENTITY_SERVICE_ACCOUNT), check, "SomebodyElse"),
        (CrossAccount, Way::NotAssociated(IDENTITY_SERVICE_ACCOUNT), check, "no association"),
    ])
    .await;
}

#[tokio::test]
async fn f60_hubbles_association_has_its_target_role_and_the_other_has_none() {
    let check = "pod-identity.target-roles";
    told(&[
        (CrossAccount, Way::NoTarget, check, "no target role"),
        (CrossAccount, Way::SuperfluousTarget, check, "needs none"),
        (CrossAccount, Way::OtherExternalId, "pod-identity.external-id", ""),
    ])
    .await;
}

#[tokio::test]
async fn f61_palettes_own_role_is_not_to_be_associated() {
    let check = "pod-identity.palette-role-not-associated";
    told(&[
        (SameAccount, Way::PaletteAssociated, check, ""),
        (CrossAccount, Way::PaletteAssociated, check, ""),
    ])
    .await;
}
