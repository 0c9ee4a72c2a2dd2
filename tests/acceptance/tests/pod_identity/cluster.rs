//! F35–F43: the cluster that Palette runs on.

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

#[tokio::test]
async fn f35_only_clusters_that_eks_runs_are_taken() {
    let check = "eks.cluster-exists";
    told(&[
        (Way::NoCluster, check, "failed", "palette-mgmt", "use another method"),
        (Way::RunsElsewhere, check, "failed", "run elsewhere", "use another method"),
    ])
    .await;
}

#[tokio::test]
async fn f37_kubernetes_must_be_1_24_or_later() {
    told(&[(Way::Old, "eks.kubernetes-version", "failed", "1.23", "upgrade")]).await;
}

#[tokio::test]
async fn f38_the_config_map_must_name_the_cluster() {
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

#[tokio::test]
async fn f40_f41_the_fallback_needs_managed_nodes_and_metadata_that_pods_reach() {
    let check = "eks.instance-metadata-fallback";
    told(&[
        (Way::SelfManagedNode, check, "failed", "no managed group", "create configmap"),
        (Way::Fargate, check, "failed", "Fargate", "create configmap"),
        (Way::NoNodegroups, check, "failed", "no managed node group", "create configmap"),
        (Way::NoConfig, check, "unverified", "only managed node groups", "hop limit"),
    ])
    .await;
}

#[tokio::test]
async fn f42_the_agent_must_be_installed_and_well() {
    let check = "eks.pod-identity-agent";
    told(&[
        (Way::NoAgent, check, "failed", "not installed", "create-addon"),
        (Way::AgentDegraded, check, "failed", "DEGRADED", "describe-addon"),
        (Way::AgentOfHelm, check, "passed", "installed it otherwise", ""),
    ])
    .await;
}

#[tokio::test]
async fn f43_access_to_the_cluster_is_needed_to_look_at_its_pods() {
    let check = "kubernetes.access";
    told(&[
        (Way::NotKnown, check, "failed", "", "access entry"),
        (Way::NotAllowedIn, check, "failed", "", "access entry"),
    ])
    .await;
}

#[tokio::test]
async fn f35_without_a_cluster_nothing_about_it_is_judged() {
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
