//! Tests with Palette's cluster in another AWS account than Gangway. Gangway reads the cluster with
//! the inspection role in that account.

use acceptance::{PARTITIONS, TestApp};
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, RolePurpose};
use local_cloud::fixtures::{Breakage, PodIdentityCase};
use serde_json::json;

use crate::fixture::{break_and_validate, cluster, register, valid_request, validate, with_member};

/// Acceptance rows: F35, F57.
#[tokio::test]
async fn account_is_registered_when_the_cluster_is_in_another_account() {
    for partition in PARTITIONS {
        let app = TestApp::start_with_cluster_in_other_account(partition).await;
        let own = app.deployment().gangway_account.id().to_owned();
        for case in PodIdentityCase::ALL {
            let request = valid_request(&app, case);
            let roles = request.to_string();
            assert!(!roles.contains(&own), "no role is in Gangway's account: {roles}");
            let report = validate(&app, &request).await;
            assert_eq!(
                (report.ready(), report.failed()),
                (Some(true), vec![]),
                "{:#}",
                report.body
            );
            let reference_app = TestApp::start(partition).await;
            let expected = validate(&reference_app, &valid_request(&reference_app, case)).await;
            assert_eq!(report.with_outcome("unverified"), expected.with_outcome("unverified"));
        }
        let request = valid_request(&app, PodIdentityCase::SameAccount);
        register(&app, &request).await.assert_status(201);
        assert_eq!(app.account_names(), ["prod"]);
    }
}

/// Acceptance rows: F44, F58.
#[tokio::test]
async fn broken_cluster_in_another_account_is_reported() {
    for partition in PARTITIONS {
        let app = TestApp::start_with_cluster_in_other_account(partition).await;
        let (same, cross) = (PodIdentityCase::SameAccount, PodIdentityCase::CrossAccount);
        let hubble = HUBBLE_SERVICE_ACCOUNT;
        for (case, breakage, check) in [
            (same, Breakage::NoRole(RolePurpose::Palette), "pod-identity.palette-role-trust"),
            (same, Breakage::NoRole(RolePurpose::Hubble), "pod-identity.hubble-role"),
            (same, Breakage::NoRole(RolePurpose::Identity), "pod-identity.identity-role"),
            (cross, Breakage::NoRole(RolePurpose::HubbleLocal), "pod-identity.hubble-local-role"),
            (
                cross,
                Breakage::NoRole(RolePurpose::IdentityLocal),
                "pod-identity.identity-local-role",
            ),
            (same, Breakage::NoAssociation(hubble), "pod-identity.hubble-association"),
            (same, Breakage::NoAgent, "eks.pod-identity-agent"),
            (same, Breakage::NoConfigMap, "kubernetes.global-config"),
        ] {
            let (_, response) = break_and_validate(&app, case, &[breakage]).await;
            assert!(
                response.failed().contains(&check.to_owned()),
                "{breakage:?}: {:#}",
                response.body
            );
        }
    }
}

/// Acceptance rows: F58.
#[tokio::test]
async fn associations_in_another_account_are_created_by_the_inspection_role() {
    for partition in PARTITIONS {
        let app = TestApp::start_with_cluster_in_other_account(partition).await;
        let request = with_member(
            valid_request(&app, PodIdentityCase::SameAccount),
            "ensureAssociations",
            json!(true),
        );
        cluster(&app).break_with(Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT));
        let receipt = register(&app, &request).await;
        receipt.assert_status(201).assert_check(
            "pod-identity.associations-ensured",
            "passed",
            "created",
            "",
        );
        let association = cluster(&app)
            .cluster
            .association((HUBBLE_SERVICE_ACCOUNT.namespace, HUBBLE_SERVICE_ACCOUNT.name));
        assert!(association.is_some());
    }
}

/// Acceptance rows: F42.
#[tokio::test]
async fn agent_in_another_account_is_installed_by_the_inspection_role() {
    for partition in PARTITIONS {
        let app = TestApp::start_with_cluster_in_other_account(partition).await;
        let request = valid_request(&app, PodIdentityCase::SameAccount);
        let request = with_member(request, "ensureAgent", json!(true));
        cluster(&app).break_with(Breakage::NoAgent);
        let receipt = register(&app, &request).await;
        receipt.assert_status(201);
        receipt.assert_check(
            "eks.pod-identity-agent-ensured",
            "passed",
            "installed the add-on",
            "",
        );
    }
}

#[tokio::test]
async fn cluster_checks_are_unverified_without_an_inspection_role() {
    for partition in PARTITIONS {
        let app = TestApp::start_with_cluster_in_other_account(partition).await;
        let request = valid_request(&app, PodIdentityCase::SameAccount);
        cluster(&app).cluster.account().role("GangwayInspection").delete();
        let report = validate(&app, &request).await;
        let unverified = report.with_outcome("unverified");
        for check in ["eks.cluster-exists", "pod-identity.hubble-association", "kubernetes.access"]
        {
            assert!(unverified.contains(&check.to_owned()), "{check}: {:#}", report.body);
            let finding = report.check(check);
            let remedy = finding["remedy"].as_str().unwrap_or_default();
            assert!(remedy.contains("GangwayInspection"), "{finding:#}");
        }
    }
}
