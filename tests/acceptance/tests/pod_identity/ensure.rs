//! Associations and the ConfigMap that Gangway creates or changes on request, idempotently.

use acceptance::{PARTITIONS, TestApp};
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};
use local_cloud::{
    Effect, Fault,
    fixtures::{Breakage, PodIdentityCase},
};
use serde_json::json;

use crate::fixture::{ENSURE_CHECK, cluster, register, valid_request, validate, with};

const CONFIG: &str = "/api/v1/namespaces/kube-system/configmaps/palette-global-config";

/// Acceptance rows: F58, F59, F60.
#[tokio::test]
async fn associations_are_created_and_changed_on_request() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = with(
            valid_request(&app, PodIdentityCase::CrossAccount),
            "ensureAssociations",
            json!(true),
        );
        cluster(&app)
            .break_with(Breakage::NoTargetRole)
            .break_with(Breakage::NoAssociation(IDENTITY_SERVICE_ACCOUNT));
        let roles = cluster(&app).roles(PodIdentityCase::CrossAccount);
        // Hubble's association gets a target role: that is a change of an existing one.
        let present = roles.hubble().as_str();
        let request = with(request, "replaceAssociations", json!([present]));
        let at = |account: gangway_policies::pod_identity::ServiceAccount| {
            cluster(&app).cluster.association((account.namespace, account.name))
        };
        validate(&app, &request).await;
        assert!(at(IDENTITY_SERVICE_ACCOUNT).is_none(), "validate changes nothing");
        let done = register(&app, &request).await;
        done.assert_status(201).assert_check(
            ENSURE_CHECK,
            "passed",
            "created the association of",
            "",
        );
        let (hubble, identity) = (
            at(HUBBLE_SERVICE_ACCOUNT).expect("Hubble's"),
            at(IDENTITY_SERVICE_ACCOUNT).expect("the other"),
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
async fn associations_that_eks_shows_late_are_found() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = with(
            valid_request(&app, PodIdentityCase::SameAccount),
            "ensureAssociations",
            json!(true),
        );
        cluster(&app)
            .break_with(Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT))
            .break_with(Breakage::NoAssociation(IDENTITY_SERVICE_ACCOUNT));
        app.cloud().aws().hide_new_resources(2);
        let cut = Fault::on("eks", "CreatePodIdentityAssociation", Effect::DisconnectAfter).once();
        app.cloud().fault(cut);
        let done = register(&app, &request).await;
        done.assert_status(201).assert_check(ENSURE_CHECK, "passed", "", "");
        for account in [HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT] {
            let there = cluster(&app).cluster.association((account.namespace, account.name));
            assert!(there.is_some(), "{account}");
        }
    }
}

/// Acceptance rows: F39.
#[tokio::test]
async fn config_map_is_created_on_request_and_never_changed() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request =
            with(valid_request(&app, PodIdentityCase::SameAccount), "ensureConfigMap", json!(true));
        let object = || cluster(&app).cluster.object(CONFIG);
        cluster(&app).break_with(Breakage::NoConfigMap);
        validate(&app, &request).await;
        assert!(object().is_none(), "validate changes nothing");
        let done = register(&app, &request).await;
        done.assert_status(201);
        done.assert_check("kubernetes.global-config-ensured", "passed", "created it", "");
        let made = object().expect("the ConfigMap");
        assert_eq!(made["data"]["managementClusterName"], cluster(&app).cluster.name());
        let again = register(&app, &request).await;
        again.assert_check(
            "kubernetes.global-config-ensured",
            "passed",
            "no change was needed",
            "",
        );
        assert_eq!(object(), Some(made));
        cluster(&app).break_with(Breakage::ConfigMapOfOtherCluster);
        let there = object();
        let refused = register(&app, &request).await;
        refused.assert_status(422);
        assert_eq!(object(), there, "one that is there is never changed");
    }
}

/// Acceptance rows: F42.
#[tokio::test]
async fn agent_is_installed_on_request_and_never_changed() {
    const CHECK: &str = "eks.pod-identity-agent-ensured";
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = valid_request(&app, PodIdentityCase::SameAccount);
        let request = with(request, "ensureAgent", json!(true));
        let created = || app.cloud().calls().count("eks", "CreateAddon");
        cluster(&app).break_with(Breakage::NoAgent);
        let report = validate(&app, &request).await;
        report.assert_check("eks.pod-identity-agent", "failed", "not installed", "ensureAgent");
        report.assert_check(CHECK, "not-applicable", "nothing is changed by validate", "");
        assert_eq!(created(), 0);
        let done = register(&app, &request).await;
        done.assert_status(201).assert_check(CHECK, "passed", "installed the add-on", "");
        done.assert_check("eks.pod-identity-agent", "passed", "ACTIVE", "");
        done.assert_check("kubernetes.agent-on-every-node", "passed", "3 of 3", "");
        assert_eq!(created(), 1);
        let again = register(&app, &request).await;
        again.assert_status(200).assert_check(CHECK, "passed", "no change was needed", "");
        // An agent of somebody else is not replaced.
        for breakage in [Breakage::AgentFromHelm, Breakage::AgentDegraded] {
            let request =
                with(valid_request(&app, PodIdentityCase::SameAccount), "ensureAgent", json!(true));
            cluster(&app).break_with(breakage);
            let report = register(&app, &request).await;
            report.assert_check(CHECK, "passed", "no change was needed", "");
        }
        assert_eq!(created(), 1);
        // What the installation does not fix prevents it.
        let request = valid_request(&app, PodIdentityCase::SameAccount);
        let request = with(request, "ensureAgent", json!(true));
        cluster(&app)
            .break_with(Breakage::NoAgent)
            .break_with(Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT));
        register(&app, &request).await.assert_status(422);
        assert_eq!(created(), 1);
    }
}

#[tokio::test]
async fn nothing_is_changed_without_a_request() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = valid_request(&app, PodIdentityCase::SameAccount);
        cluster(&app)
            .break_with(Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT))
            .break_with(Breakage::NoConfigMap);
        register(&app, &request).await.assert_status(422);
        assert!(cluster(&app).cluster.object(CONFIG).is_none());
        assert!(
            cluster(&app)
                .cluster
                .association((HUBBLE_SERVICE_ACCOUNT.namespace, HUBBLE_SERVICE_ACCOUNT.name))
                .is_none()
        );
        app.assert_untouched();
    }
}
