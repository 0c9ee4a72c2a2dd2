//! Palette's cluster is in another account than Gangway: everything is seen through the inspection role there.

use acceptance::{PARTITIONS, TestApp};
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, RolePurpose};
use local_cloud::world::{Case, Way};
use serde_json::json;

use crate::fixture::{cluster, differs, register, valid_request, validate, with};

#[tokio::test]
async fn f35_f57_a_cluster_in_another_account_is_seen_and_its_account_comes_aboard() {
    for partition in PARTITIONS {
        let app = TestApp::with_cluster_in_other_account(partition).await;
        let own = app.realm().deployment.id().to_owned();
        for case in Case::ALL {
            let request = valid_request(&app, case);
            let roles = request.to_string();
            assert!(!roles.contains(&own), "no role is in Gangway's account: {roles}");
            let seen = validate(&app, &request).await;
            assert_eq!((seen.ready(), seen.failed()), (Some(true), vec![]), "{:#}", seen.body);
            let near = TestApp::start(partition).await;
            let known = validate(&near, &valid_request(&near, case)).await;
            assert_eq!(seen.with_outcome("unverified"), known.with_outcome("unverified"));
        }
        let request = valid_request(&app, Case::SameAccount);
        register(&app, &request).await.assert_status(201);
        assert_eq!(app.account_names(), ["prod"]);
    }
}

#[tokio::test]
async fn f44_f58_what_is_broken_there_is_found() {
    for partition in PARTITIONS {
        let app = TestApp::with_cluster_in_other_account(partition).await;
        for (breakage, check) in [
            (Way::NoRole(RolePurpose::Palette), "pod-identity.palette-role-trust"),
            (Way::NotAssociated(HUBBLE_SERVICE_ACCOUNT), "pod-identity.hubble-association"),
            (Way::NoAgent, "eks.pod-identity-agent"),
            (Way::NoConfig, "kubernetes.global-config"),
        ] {
            let (_, response) = differs(&app, Case::SameAccount, &[breakage]).await;
            assert!(
                response.failed().contains(&check.to_owned()),
                "{breakage:?}: {:#}",
                response.body
            );
        }
    }
}

#[tokio::test]
async fn f58_associations_are_made_there_where_the_inspection_role_allows_it() {
    for partition in PARTITIONS {
        let app = TestApp::with_cluster_in_other_account(partition).await;
        let request =
            with(valid_request(&app, Case::SameAccount), "ensureAssociations", json!(true));
        cluster(&app).break_it(Way::NotAssociated(HUBBLE_SERVICE_ACCOUNT));
        let done = register(&app, &request).await;
        done.assert_status(201).assert_check(
            "pod-identity.associations-ensured",
            "passed",
            "made",
            "",
        );
        let there = cluster(&app)
            .cluster
            .association((HUBBLE_SERVICE_ACCOUNT.namespace, HUBBLE_SERVICE_ACCOUNT.name));
        assert!(there.is_some());
    }
}

#[tokio::test]
async fn without_an_inspection_role_there_nothing_is_passed_that_could_not_be_seen() {
    for partition in PARTITIONS {
        let app = TestApp::with_cluster_in_other_account(partition).await;
        let request = valid_request(&app, Case::SameAccount);
        cluster(&app).cluster.account().role("GangwayInspection").remove();
        let seen = validate(&app, &request).await;
        let unverified = seen.with_outcome("unverified");
        for check in ["eks.cluster-exists", "pod-identity.hubble-association", "kubernetes.access"]
        {
            assert!(unverified.contains(&check.to_owned()), "{check}: {:#}", seen.body);
            let finding = seen.check(check);
            let remedy = finding["remedy"].as_str().unwrap_or_default();
            assert!(remedy.contains("GangwayInspection"), "{finding:#}");
        }
    }
}
