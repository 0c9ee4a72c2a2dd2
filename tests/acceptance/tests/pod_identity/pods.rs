//! Tests the checks of Palette's pods, and the remedies if Gangway cannot reach the Kubernetes API.

use acceptance::{PARTITIONS, TestApp};
use gangway_policies::pod_identity::{
    HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, ServiceAccount,
};
use local_cloud::{
    Effect, Fault,
    fixtures::{
        Breakage,
        PodIdentityCase::{self, CrossAccount, SameAccount},
    },
};

use crate::fixture::{break_and_validate, cluster, valid_request, validate};

const PODS_CHECK: &str = "kubernetes.pods-have-credentials";

/// Asserts that the check of pods fails if pods of a service account started before their
/// association and have no credentials, and that it passes with a valid cluster.
async fn assert_pods_without_credentials_fail(account: ServiceAccount, case: PodIdentityCase) {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for breakage in
            [Breakage::PodsNotRestarted(account), Breakage::PodsPartlyRestarted(account)]
        {
            let (_, response) = break_and_validate(&app, case, &[breakage]).await;
            response.assert_check(PODS_CHECK, "failed", account.name, "kubectl delete pod");
            cluster(&app).restore();
            let fixed = validate(&app, &valid_request(&app, case)).await;
            fixed.assert_check(PODS_CHECK, "passed", account.name, "");
        }
    }
}

/// Acceptance rows: F63.
#[tokio::test]
async fn hubble_pods_must_have_credentials() {
    assert_pods_without_credentials_fail(HUBBLE_SERVICE_ACCOUNT, SameAccount).await;
}

/// Acceptance rows: F63.
#[tokio::test]
async fn hubble_pods_must_have_credentials_with_two_accounts() {
    assert_pods_without_credentials_fail(HUBBLE_SERVICE_ACCOUNT, CrossAccount).await;
}

/// Acceptance rows: F64.
#[tokio::test]
async fn identity_service_pods_must_have_credentials() {
    assert_pods_without_credentials_fail(IDENTITY_SERVICE_ACCOUNT, SameAccount).await;
}

/// Acceptance rows: F64.
#[tokio::test]
async fn identity_service_pods_must_have_credentials_with_two_accounts() {
    assert_pods_without_credentials_fail(IDENTITY_SERVICE_ACCOUNT, CrossAccount).await;
}

/// Acceptance rows: F65.
#[tokio::test]
async fn report_lists_the_commands_when_the_kubernetes_api_is_unreachable() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let request = valid_request(&app, SameAccount);
        for effect in [Effect::DisconnectBefore, Effect::Unavailable, Effect::HtmlPage] {
            app.cloud().fault(Fault::on("kubernetes", "*", effect));
            let report = validate(&app, &request).await;
            assert_eq!(report.failed(), Vec::<String>::new(), "{effect:?}: {:#}", report.body);
            for (check, command) in [
                (PODS_CHECK, "kubectl get pods -n hubble-system -l app=spectro-hubble"),
                ("kubernetes.access", "aws eks update-kubeconfig --name palette-mgmt"),
                ("kubernetes.global-config", "kubectl get configmap palette-global-config"),
                ("kubernetes.service-accounts", "kubectl get serviceaccount"),
                ("kubernetes.agent-on-every-node", "kubectl get daemonset"),
            ] {
                report.assert_check(check, "unverified", "", command);
            }
            app.cloud().faults().clear();
        }
    }
}
