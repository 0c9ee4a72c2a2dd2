//! Tests that Gangway creates or changes associations, the ConfigMap and the Pod Identity agent if
//! a request asks for it.

use acceptance::{PARTITIONS, TestApp};
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};
use local_cloud::{
    Effect, Fault,
    fixtures::{Breakage, PodIdentityCase},
};
use serde_json::json;

use crate::fixture::{ENSURE_CHECK, cluster, register, valid_request, validate, with_member};

const CONFIG_MAP_PATH: &str = "/api/v1/namespaces/kube-system/configmaps/palette-global-config";

/// Acceptance rows: F58, F59, F60.
#[tokio::test]
async fn associations_are_created_and_changed_on_request() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = with_member(
            valid_request(&app, PodIdentityCase::CrossAccount),
            "ensureAssociations",
            json!(true),
        );
        cluster(&app)
            .break_with(Breakage::NoTargetRole)
            .break_with(Breakage::NoAssociation(IDENTITY_SERVICE_ACCOUNT));
        let roles = cluster(&app).roles(PodIdentityCase::CrossAccount);
        // Hubble's association exists and gets a target role, so the request must name its role in
        // `replaceAssociations`.
        let current_role = roles.hubble().as_str();
        let request = with_member(request, "replaceAssociations", json!([current_role]));
        let association_of = |account: gangway_policies::pod_identity::ServiceAccount| {
            cluster(&app).cluster.association((account.namespace, account.name))
        };
        validate(&app, &request).await;
        assert!(association_of(IDENTITY_SERVICE_ACCOUNT).is_none(), "validate changes nothing");
        let receipt = register(&app, &request).await;
        receipt.assert_status(201).assert_check(
            ENSURE_CHECK,
            "passed",
            "created the association of",
            "",
        );
        let (hubble, identity) = (
            association_of(HUBBLE_SERVICE_ACCOUNT).expect("Hubble's"),
            association_of(IDENTITY_SERVICE_ACCOUNT).expect("the other"),
        );
        assert_eq!(
            hubble.target.as_deref(),
            roles.hubble_target().map(gangway_model::RoleArn::as_str)
        );
        assert!(hubble.external_id.is_some_and(|id| id.ends_with("/hubble-system/spectro-hubble")));
        assert_eq!((identity.role.as_str(), identity.target), (roles.identity().as_str(), None));
        app.cloud().calls().clear();
        let again = register(&app, &request).await;
        again.assert_status(200).assert_check(ENSURE_CHECK, "passed", "no change was needed", "");
        for operation in ["CreatePodIdentityAssociation", "UpdatePodIdentityAssociation"] {
            assert_eq!(app.cloud().calls().count("eks", operation), 0, "{operation}");
        }
    }
}

/// Acceptance rows: F58.
#[tokio::test]
async fn new_associations_that_eks_lists_late_are_found() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = with_member(
            valid_request(&app, PodIdentityCase::SameAccount),
            "ensureAssociations",
            json!(true),
        );
        cluster(&app)
            .break_with(Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT))
            .break_with(Breakage::NoAssociation(IDENTITY_SERVICE_ACCOUNT));
        app.cloud().aws().hide_new_resources(2);
        let fault =
            Fault::on("eks", "CreatePodIdentityAssociation", Effect::DisconnectAfter).once();
        app.cloud().fault(fault);
        let receipt = register(&app, &request).await;
        receipt.assert_status(201).assert_check(ENSURE_CHECK, "passed", "", "");
        for account in [HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT] {
            let association = cluster(&app).cluster.association((account.namespace, account.name));
            assert!(association.is_some(), "{account}");
        }
    }
}

/// Acceptance rows: F39.
#[tokio::test]
async fn config_map_is_created_on_request_and_never_changed() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = with_member(
            valid_request(&app, PodIdentityCase::SameAccount),
            "ensureConfigMap",
            json!(true),
        );
        let config_map = || cluster(&app).cluster.object(CONFIG_MAP_PATH);
        cluster(&app).break_with(Breakage::NoConfigMap);
        validate(&app, &request).await;
        assert!(config_map().is_none(), "validate changes nothing");
        let receipt = register(&app, &request).await;
        receipt.assert_status(201);
        receipt.assert_check("kubernetes.global-config-ensured", "passed", "created it", "");
        let created = config_map().expect("the ConfigMap");
        assert_eq!(created["data"]["managementClusterName"], cluster(&app).cluster.name());
        let again = register(&app, &request).await;
        again.assert_check(
            "kubernetes.global-config-ensured",
            "passed",
            "no change was needed",
            "",
        );
        assert_eq!(config_map(), Some(created));
        cluster(&app).break_with(Breakage::ConfigMapOfOtherCluster);
        let before = config_map();
        let rejected = register(&app, &request).await;
        rejected.assert_status(422);
        assert_eq!(config_map(), before, "an existing ConfigMap is never changed");
    }
}

/// Acceptance rows: F42.
#[tokio::test]
async fn agent_is_installed_on_request_and_never_changed() {
    const CHECK: &str = "eks.pod-identity-agent-ensured";
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = valid_request(&app, PodIdentityCase::SameAccount);
        let request = with_member(request, "ensureAgent", json!(true));
        let installations = || app.cloud().calls().count("eks", "CreateAddon");
        cluster(&app).break_with(Breakage::NoAgent);
        let report = validate(&app, &request).await;
        report.assert_check("eks.pod-identity-agent", "failed", "not installed", "ensureAgent");
        report.assert_check(CHECK, "not-applicable", "nothing is changed by validate", "");
        assert_eq!(installations(), 0);
        let receipt = register(&app, &request).await;
        receipt.assert_status(201).assert_check(CHECK, "passed", "installed the add-on", "");
        receipt.assert_check("eks.pod-identity-agent", "passed", "ACTIVE", "");
        receipt.assert_check("kubernetes.agent-on-every-node", "passed", "3 of 3", "");
        assert_eq!(installations(), 1);
        let again = register(&app, &request).await;
        again.assert_status(200).assert_check(CHECK, "passed", "no change was needed", "");
        // Gangway does not change an agent that exists: one from Helm, and a degraded one.
        for breakage in [Breakage::AgentFromHelm, Breakage::AgentDegraded] {
            let request = with_member(
                valid_request(&app, PodIdentityCase::SameAccount),
                "ensureAgent",
                json!(true),
            );
            cluster(&app).break_with(breakage);
            let report = register(&app, &request).await;
            report.assert_check(CHECK, "passed", "no change was needed", "");
        }
        assert_eq!(installations(), 1);
        // If another check fails that the installation does not fix, Gangway does not install the
        // agent.
        let request = valid_request(&app, PodIdentityCase::SameAccount);
        let request = with_member(request, "ensureAgent", json!(true));
        cluster(&app)
            .break_with(Breakage::NoAgent)
            .break_with(Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT));
        register(&app, &request).await.assert_status(422);
        assert_eq!(installations(), 1);
    }
}

#[tokio::test]
async fn missing_objects_are_not_created_if_the_request_does_not_ask() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = valid_request(&app, PodIdentityCase::SameAccount);
        cluster(&app)
            .break_with(Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT))
            .break_with(Breakage::NoConfigMap);
        register(&app, &request).await.assert_status(422);
        assert!(cluster(&app).cluster.object(CONFIG_MAP_PATH).is_none());
        assert!(
            cluster(&app)
                .cluster
                .association((HUBBLE_SERVICE_ACCOUNT.namespace, HUBBLE_SERVICE_ACCOUNT.name))
                .is_none()
        );
        app.assert_untouched();
    }
}
