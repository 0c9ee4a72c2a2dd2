//! The watch validates accounts with access keys, with an access portal and with EKS Pod Identity.

use gangway_model::{AuthMethod, Partition};
use gangway_policies::{PolicyDocument, pod_identity::RolePurpose};
use local_cloud::fixtures::{Breakage, PodIdentityCase};
use serde_json::json;

use crate::fixture::{READINESS_CHANGED, WatchedApp};

#[tokio::test]
async fn deactivated_key_is_published_as_not_ready() {
    for partition in [Partition::Aws, Partition::AwsIsoB] {
        let app = WatchedApp::start(partition).await;
        let uid = app.register_account(AuthMethod::StaticCredentials, "prod").await;
        app.run().await;
        assert_eq!(app.get_readiness(&uid).await["ready"], true);
        app.customer().deactivate_access_key();
        app.run().await;
        app.run().await;
        let events = app.event_details(READINESS_CHANGED);
        let [broken] = events.as_slice() else { panic!("{events:#?}") };
        assert_eq!(broken["checks"][0]["id"], "aws.identity-valid", "{broken:#}");
        app.customer().activate_access_key();
        app.run().await;
        app.run().await;
        let expected = [("not-ready", "prod"), ("ready", "prod")];
        let expected = expected.map(|(one, other)| (one.to_owned(), other.to_owned()));
        assert_eq!(app.event_outcomes(), expected);
    }
}

#[tokio::test]
async fn client_certificate_of_a_portal_has_an_expiration() {
    let app = WatchedApp::start(Partition::AwsIsoB).await;
    let uid = app.register_account(AuthMethod::Scap, "prod").await;
    app.run().await;
    let readiness = app.get_readiness(&uid).await;
    assert_eq!(readiness["ready"], true, "{readiness:#}");
    let expirations = readiness["expirations"].as_array().expect("expirations");
    assert!(!expirations.is_empty(), "{readiness:#}");
    assert!(expirations.iter().all(|one| one["daysLeft"].is_i64()), "{readiness:#}");
}

#[tokio::test]
async fn removed_pod_identity_association_is_published() {
    let app = WatchedApp::start(Partition::Aws).await;
    let cluster = app.deployment().palette_cluster();
    let request = acceptance::with(
        cluster.request(PodIdentityCase::SameAccount),
        &json!({"name": "palette"}),
    );
    let receipt = app.post("/v1/tenant/accounts/pod-identity", &request).await;
    receipt.assert_status(201);
    app.run().await;
    assert_eq!(app.get_readiness(receipt.uid()).await["ready"], true);
    let (service_account, _) = cluster.cluster.associations().remove(0);
    cluster.cluster.dissociate((&service_account.0, &service_account.1));
    app.run().await;
    app.run().await;
    assert_eq!(app.event_outcomes(), [("not-ready".to_owned(), "palette".to_owned())]);
    let events = app.event_details(READINESS_CHANGED);
    let id = events[0]["checks"][0]["id"].as_str().expect("an id");
    assert!(id.starts_with("pod-identity."), "{events:#?}");
}

#[tokio::test]
async fn pod_identity_on_fargate_without_a_policy_is_published() {
    let app = WatchedApp::start(Partition::Aws).await;
    let cluster = app.deployment().palette_cluster();
    let request = cluster.request(PodIdentityCase::SameAccount);
    let request = acceptance::with(request, &json!({"name": "palette"}));
    app.post("/v1/tenant/accounts/pod-identity", &request).await.assert_status(201);
    app.run().await;
    cluster.break_with(Breakage::Fargate);
    let palette = cluster.role(RolePurpose::Palette);
    palette.detach(&cluster.profile_policy(RolePurpose::Palette, PolicyDocument::Controller));
    app.run().await;
    app.run().await;
    assert_eq!(app.event_outcomes(), [("not-ready".to_owned(), "palette".to_owned())]);
}
