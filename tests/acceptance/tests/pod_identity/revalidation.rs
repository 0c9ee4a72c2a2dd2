//! Tests re-validations of accounts with method `pod-identity`, which are requests
//! `POST /v1/tenant/accounts/{uid}/validate`.

use acceptance::{PARTITIONS, TestApp};
use gangway_model::Partition;
use gangway_policies::{
    PolicyDocument,
    pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, RolePurpose},
};
use local_cloud::{
    fixtures::{Breakage, PodIdentityCase},
    palette::KeptAnnotations,
};
use serde_json::Value;

use crate::fixture::{
    ROUTE, check_outcomes, cluster, purpose_of_registered_role, register,
    remove_cluster_annotations, revalidate, valid_request, validate,
};

/// Registers an account and returns its uid.
async fn register_account(app: &TestApp, body: &Value) -> String {
    register(app, body).await.assert_status(201).uid().to_owned()
}

/// Acceptance rows: F18.
#[tokio::test]
async fn revalidation_has_the_same_outcomes_as_the_validation_before() {
    for partition in PARTITIONS {
        for case in PodIdentityCase::ALL {
            let app = TestApp::start(partition).await;
            app.set_kept_annotations(KeptAnnotations::All);
            let body = valid_request(&app, case);
            let before = check_outcomes(&validate(&app, &body).await);
            let uid = register_account(&app, &body).await;
            let report = revalidate(&app, &uid).await;
            assert_eq!(
                (report.ready(), report.failed()),
                (Some(true), vec![]),
                "{:#}",
                report.body
            );
            let after = check_outcomes(&report);
            for (check, outcome) in before {
                let only_before_a_registration =
                    ["palette.account-quota", "palette.name-available", "palette.session"];
                if !only_before_a_registration.contains(&check.as_str()) {
                    assert_eq!(after.get(&check), Some(&outcome), "{case:?} {check}");
                }
            }
            assert_eq!(after.get("palette.method"), None, "{:#}", report.body);
        }
    }
}

#[tokio::test]
async fn revalidation_reports_an_association_that_was_removed() {
    for partition in PARTITIONS {
        for (case, breakage, check) in [
            (
                PodIdentityCase::SameAccount,
                Breakage::NoAssociation(HUBBLE_SERVICE_ACCOUNT),
                "pod-identity.hubble-association",
            ),
            (
                PodIdentityCase::CrossAccount,
                Breakage::NoAssociation(IDENTITY_SERVICE_ACCOUNT),
                "pod-identity.identity-association",
            ),
            (PodIdentityCase::CrossAccount, Breakage::NoTargetRole, "pod-identity.target-roles"),
        ] {
            let app = TestApp::start(partition).await;
            app.set_kept_annotations(KeptAnnotations::All);
            app.set_kept_annotations(KeptAnnotations::All);
            let uid = register_account(&app, &valid_request(&app, case)).await;
            cluster(&app).break_with(breakage);
            let report = revalidate(&app, &uid).await;
            assert_eq!(report.ready(), Some(false), "{:#}", report.body);
            assert!(report.failed().contains(&check.to_owned()), "{breakage:?}: {:#}", report.body);
            cluster(&app).restore();
            assert_eq!(revalidate(&app, &uid).await.ready(), Some(true));
        }
    }
}

#[tokio::test]
async fn revalidation_reports_a_broken_cluster_or_role() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        app.set_kept_annotations(KeptAnnotations::All);
        let uid = register_account(&app, &valid_request(&app, PodIdentityCase::SameAccount)).await;
        for (breakage, check, outcome) in [
            (Breakage::Updating, "eks.cluster-active", "unverified"),
            (Breakage::NoConfigMap, "eks.instance-metadata-fallback", "unverified"),
            (
                Breakage::PodsNotRestarted(HUBBLE_SERVICE_ACCOUNT),
                "kubernetes.pods-have-credentials",
                "failed",
            ),
            (
                Breakage::TrustWithoutTagSession(RolePurpose::Palette),
                "palette.validation",
                "failed",
            ),
        ] {
            cluster(&app).break_with(breakage);
            let report = revalidate(&app, &uid).await;
            report.assert_check(check, outcome, "", "");
            cluster(&app).restore();
        }
    }
}

#[tokio::test]
async fn revalidation_without_cluster_annotations_checks_only_the_role() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        app.set_kept_annotations(KeptAnnotations::All);
        let body = valid_request(&app, PodIdentityCase::SameAccount);
        let uid = register_account(&app, &body).await;
        remove_cluster_annotations(&app);
        let report = revalidate(&app, &uid).await;
        assert_eq!((report.ready(), report.failed()), (Some(true), vec![]), "{:#}", report.body);
        report.assert_check("palette.validation", "passed", "", "");
        report.assert_check(
            "palette.method",
            "unverified",
            "the cluster that it runs on",
            "pod-identity/validate",
        );
        cluster(&app).break_with(Breakage::TrustWithoutTagSession(RolePurpose::Palette));
        let report = revalidate(&app, &uid).await;
        assert_eq!(report.ready(), Some(false), "{:#}", report.body);
        assert!(report.failed().contains(&"palette.validation".to_owned()), "{:#}", report.body);
        // When the registration is sent again, Gangway adds the annotations.
        cluster(&app).restore();
        let updated = app.post(ROUTE, &body).await;
        assert_eq!((updated.outcome(), updated.uid()), ("updated", &*uid));
        let report = revalidate(&app, &uid).await;
        report.assert_check("pod-identity.hubble-association", "passed", "", "");
    }
}

/// If Palette drops annotations, the report says that the cluster was not checked.
#[tokio::test]
async fn revalidation_is_unverified_if_palette_drops_annotations() {
    for case in PodIdentityCase::ALL {
        let app = TestApp::start(Partition::Aws).await;
        app.set_kept_annotations(KeptAnnotations::Published);
        let body = valid_request(&app, case);
        let uid = register_account(&app, &body).await;
        let again = app.post(ROUTE, &body).await;
        again.assert_status(200);
        assert_eq!((again.outcome(), again.uid()), ("unchanged", &*uid));
        // A new instance of the function has not learned yet that Palette drops annotations.
        let again = register(&app, &body).await;
        assert_eq!((again.outcome(), again.uid()), ("unchanged", &*uid));
        let report = revalidate(&app, &uid).await;
        report.assert_check(
            "palette.method",
            "unverified",
            "does not show the cluster",
            "validate",
        );
        report.assert_check("palette.validation", "passed", "", "");
        let shown = app.get(&format!("/v1/tenant/accounts/{uid}")).await;
        let role = cluster(&app).roles(case).palette().account();
        assert_eq!(shown.text_at("/awsAccountId"), role.as_str());
        // The profile of the account is not recorded. Without a policy that only some profiles
        // need, the check is unverified, not failed.
        let missing = PolicyDocument::ControllersEks;
        let purpose = purpose_of_registered_role(case);
        cluster(&app).role(purpose).detach(&cluster(&app).profile_policy(purpose, missing));
        let report = revalidate(&app, &uid).await;
        assert_eq!(report.body["ready"], Value::Null, "{:#}", report.body);
        report.assert_check(
            "iam.actions-allowed",
            "unverified",
            "not recorded",
            "names the profile",
        );
    }
}
