//! The cluster that Palette runs on.

use acceptance::{PARTITIONS, TestApp};
use local_cloud::world::{Case::SameAccount, Way};

use crate::fixture::differs;

/// What is broken, the check, its outcome, and words of what was seen and of the remedy.
type Row = (Way, &'static str, &'static str, &'static str, &'static str);

async fn told(rows: &[Row]) {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for (breakage, check, outcome, observed, remedy) in rows {
            let (_, response) = differs(&app, SameAccount, &[*breakage]).await;
            response.assert_check(check, outcome, observed, remedy);
        }
    }
}

/// Rows: F35.
#[tokio::test]
async fn only_eks_clusters_are_accepted() {
    let check = "eks.cluster-exists";
    told(&[
        (Way::NoCluster, check, "failed", "palette-mgmt", "use another method"),
        (Way::RunsElsewhere, check, "failed", "run elsewhere", "use another method"),
    ])
    .await;
}

/// Rows: F37.
#[tokio::test]
async fn kubernetes_must_be_1_24_or_later() {
    told(&[(Way::Old, "eks.kubernetes-version", "failed", "1.23", "upgrade")]).await;
}

/// Rows: F38.
#[tokio::test]
async fn the_config_map_must_name_the_cluster() {
    let check = "kubernetes.global-config";
    told(&[
        (
            Way::NoConfig,
            check,
            "failed",
            "no ConfigMap",
            "--from-literal=managementClusterName=palette-mgmt",
        ),
        (Way::ConfigOfAnother, check, "failed", "another-cluster", "palette-mgmt"),
        (Way::ConfigWithoutName, check, "failed", "no managementClusterName", "palette-mgmt"),
    ])
    .await;
}

/// Rows: F40, F41.
#[tokio::test]
async fn fallback_needs_managed_nodes_and_reachable_instance_metadata() {
    let check = "eks.instance-metadata-fallback";
    told(&[
        (Way::SelfManagedNode, check, "failed", "no managed node group", "create configmap"),
        (Way::Fargate, check, "failed", "Fargate", "create configmap"),
        (Way::NoNodegroups, check, "failed", "no managed node group", "create configmap"),
        (
            Way::NoConfig,
            check,
            "unverified",
            "all nodes belong to managed node groups",
            "hop limit",
        ),
    ])
    .await;
}

/// Rows: F42.
#[tokio::test]
async fn agent_must_be_installed_and_healthy() {
    let check = "eks.pod-identity-agent";
    told(&[
        (Way::NoAgent, check, "failed", "not installed", "create-addon"),
        (Way::AgentDegraded, check, "failed", "DEGRADED", "describe-addon"),
        (Way::AgentOfHelm, check, "passed", "installed in another way", ""),
    ])
    .await;
}

/// Rows: F43.
#[tokio::test]
async fn pods_are_checked_only_with_access_to_the_cluster() {
    let check = "kubernetes.access";
    told(&[
        (Way::NotKnown, check, "failed", "", "access entry"),
        (Way::NotAllowedIn, check, "failed", "", "access entry"),
    ])
    .await;
}

/// Rows: F35.
#[tokio::test]
async fn cluster_checks_are_unverified_when_the_cluster_is_missing() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let (changed, response) = differs(&app, SameAccount, &[Way::NoCluster]).await;
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
