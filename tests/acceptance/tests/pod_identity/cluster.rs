//! Tests the checks of the cluster that Palette runs on.

use acceptance::{PARTITIONS, TestApp};
use local_cloud::fixtures::{Breakage, PodIdentityCase::SameAccount};

use crate::fixture::break_and_validate;

/// The breakage, the id of the check, its outcome, and texts that its observation and its remedy
/// contain.
type Row = (Breakage, &'static str, &'static str, &'static str, &'static str);

/// Breaks a cluster in each way, and asserts the outcome of a check.
async fn assert_checks(rows: &[Row]) {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for (breakage, check, outcome, observed, remedy) in rows {
            let (_, response) = break_and_validate(&app, SameAccount, &[*breakage]).await;
            response.assert_check(check, outcome, observed, remedy);
        }
    }
}

/// Acceptance rows: F35.
#[tokio::test]
async fn cluster_that_eks_does_not_run_is_reported() {
    let check = "eks.cluster-exists";
    assert_checks(&[
        (Breakage::NoCluster, check, "failed", "palette-mgmt", "use another method"),
        (Breakage::ConnectedCluster, check, "failed", "run elsewhere", "use another method"),
    ])
    .await;
}

/// Acceptance rows: F37.
#[tokio::test]
async fn kubernetes_must_be_1_24_or_later() {
    assert_checks(&[(Breakage::OldVersion, "eks.kubernetes-version", "failed", "1.23", "upgrade")])
        .await;
}

/// Acceptance rows: F38.
#[tokio::test]
async fn config_map_must_name_the_cluster() {
    let check = "kubernetes.global-config";
    assert_checks(&[
        (
            Breakage::NoConfigMap,
            check,
            "failed",
            "no ConfigMap",
            "--from-literal=managementClusterName=palette-mgmt",
        ),
        (Breakage::ConfigMapOfOtherCluster, check, "failed", "another-cluster", "palette-mgmt"),
        (
            Breakage::ConfigMapWithoutName,
            check,
            "failed",
            "no managementClusterName",
            "palette-mgmt",
        ),
    ])
    .await;
}

/// Acceptance rows: F40, F41.
#[tokio::test]
async fn fallback_needs_managed_nodes_and_reachable_instance_metadata() {
    let check = "eks.instance-metadata-fallback";
    assert_checks(&[
        (Breakage::SelfManagedNode, check, "failed", "no managed node group", "create configmap"),
        (Breakage::Fargate, check, "failed", "Fargate", "create configmap"),
        (Breakage::NoNodegroups, check, "failed", "no managed node group", "create configmap"),
        (
            Breakage::NoConfigMap,
            check,
            "unverified",
            "all nodes belong to managed node groups",
            "hop limit",
        ),
    ])
    .await;
}

/// Acceptance rows: F42.
#[tokio::test]
async fn agent_must_be_installed_and_healthy() {
    let check = "eks.pod-identity-agent";
    assert_checks(&[
        (Breakage::NoAgent, check, "failed", "not installed", "create-addon"),
        (Breakage::AgentDegraded, check, "failed", "DEGRADED", "describe-addon"),
        (Breakage::AgentFromHelm, check, "passed", "installed in another way", ""),
    ])
    .await;
}

/// Acceptance rows: F43.
#[tokio::test]
async fn missing_access_to_the_kubernetes_api_is_reported() {
    let check = "kubernetes.access";
    assert_checks(&[
        (Breakage::NoAccessEntry, check, "failed", "", "access entry"),
        (Breakage::NoRbacPermissions, check, "failed", "", "access entry"),
    ])
    .await;
}

/// Acceptance rows: F35.
#[tokio::test]
async fn other_checks_are_not_applicable_when_the_cluster_is_missing() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let (changed, response) =
            break_and_validate(&app, SameAccount, &[Breakage::NoCluster]).await;
        let failed = response.failed();
        assert_eq!(failed, ["eks.cluster-exists", "palette.validation"], "{:#}", response.body);
        let others = changed.iter().filter(|(_, outcome)| *outcome != "failed");
        assert!(others.clone().count() > 10, "{changed:#?}");
        for (id, outcome) in others {
            assert_eq!(outcome, "not-applicable", "{id}");
        }
        response.assert_check("eks.cluster-exists", "failed", "EKS has no", "another method");
    }
}
