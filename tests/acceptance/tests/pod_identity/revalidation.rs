//! `POST /v1/tenant/accounts/{uid}/validate` of an account with the method `pod-identity`.

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
    ROUTE, cluster, outcomes, register, registered_purpose, remove_cluster_annotations, revalidate,
    valid_request, validate,
};

async fn registered_uid(app: &TestApp, body: &Value) -> String {
    register(app, body).await.assert_status(201).uid().to_owned()
}

#[doc = "Row F18."]
#[tokio::test]
async fn revalidation_runs_the_checks_of_a_registration() {
    for partition in PARTITIONS {
        for case in PodIdentityCase::ALL {
            let app = TestApp::start(partition).await;
            app.set_kept_annotations(KeptAnnotations::All);
            app.set_kept_annotations(KeptAnnotations::All);
            let body = valid_request(&app, case);
            let before = outcomes(&validate(&app, &body).await);
            let uid = registered_uid(&app, &body).await;
            let report = revalidate(&app, &uid).await;
            assert_eq!(
                (report.ready(), report.failed()),
                (Some(true), vec![]),
                "{:#}",
                report.body
            );
            let after = outcomes(&report);
            for (check, outcome) in before {
                // The session and the name are checked for a registration only.
                if !["palette.session", "palette.name-available"].contains(&check.as_str()) {
                    assert_eq!(after.get(&check), Some(&outcome), "{case:?} {check}");
                }
            }
            assert_eq!(after.get("palette.method"), None, "{:#}", report.body);
        }
    }
}

#[tokio::test]
async fn revalidation_fails_with_the_check_of_an_association_that_was_removed() {
    for partition in PARTITIONS {
        for (case, way, check) in [
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
            let uid = registered_uid(&app, &valid_request(&app, case)).await;
            cluster(&app).break_with(way);
            let report = revalidate(&app, &uid).await;
            assert_eq!(report.ready(), Some(false), "{:#}", report.body);
            assert!(report.failed().contains(&check.to_owned()), "{way:?}: {:#}", report.body);
            cluster(&app).restore();
            assert_eq!(revalidate(&app, &uid).await.ready(), Some(true));
        }
    }
}

#[tokio::test]
async fn revalidation_reads_the_cluster_and_its_roles() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        app.set_kept_annotations(KeptAnnotations::All);
        let uid = registered_uid(&app, &valid_request(&app, PodIdentityCase::SameAccount)).await;
        for (way, check, outcome) in [
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
            cluster(&app).break_with(way);
            let report = revalidate(&app, &uid).await;
            report.assert_check(check, outcome, "", "");
            cluster(&app).restore();
        }
    }
}

#[tokio::test]
async fn without_cluster_annotations_only_the_role_is_checked() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        app.set_kept_annotations(KeptAnnotations::All);
        let body = valid_request(&app, PodIdentityCase::SameAccount);
        let uid = registered_uid(&app, &body).await;
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
        // The same request again adds the note.
        cluster(&app).restore();
        let updated = app.post(ROUTE, &body).await;
        assert_eq!((updated.outcome(), updated.uid()), ("updated", &*uid));
        let report = revalidate(&app, &uid).await;
        report.assert_check("pod-identity.hubble-association", "passed", "", "");
    }
}

/// Palette need not keep annotations: then the report says what it did not see.
#[tokio::test]
async fn without_annotations_the_cluster_is_unverified() {
    for case in PodIdentityCase::ALL {
        let app = TestApp::start(Partition::Aws).await;
        app.set_kept_annotations(KeptAnnotations::Published);
        let body = valid_request(&app, case);
        let uid = registered_uid(&app, &body).await;
        let again = app.post(ROUTE, &body).await;
        again.assert_status(200);
        assert_eq!((again.outcome(), again.uid()), ("unchanged", &*uid));
        // A new instance does not know yet that Palette drops annotations.
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
        // What another profile may not need is not held against the account.
        let missing = PolicyDocument::ControllersEks;
        let purpose = registered_purpose(case);
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
