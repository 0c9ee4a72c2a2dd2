//! A role of an existing association is replaced only if the request names it and no other account
//! relies on it.

use acceptance::{HttpResponse, PARTITIONS, TestApp};
use gangway_model::RoleArn;
use gangway_policies::pod_identity::{HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT};
use local_cloud::{
    fixtures::{
        Breakage,
        PodIdentityCase::{CrossAccount, SameAccount},
    },
    palette::KeptAnnotations,
};
use serde_json::{Value, json};

use crate::fixture::{
    ENSURE_CHECK, ROUTE, cluster, register, remove_cluster_annotations, revalidate, valid_request,
    with,
};

const IN_PROJECT: &str = "/v1/projects/Payments/accounts/pod-identity";

/// Registers account `theirs` for the same-account case.
async fn register_theirs(app: &TestApp, route: &str) -> String {
    let theirs = with(valid_request(app, SameAccount), "name", json!("theirs"));
    let receipt = app.post(route, &theirs).await;
    receipt.assert_status(201);
    receipt.uid().to_owned()
}

/// Returns a request for account `ours` with the other roles, which replaces these.
fn ours(app: &TestApp, replaced: &[&RoleArn]) -> Value {
    let mut request = cluster(app).request(CrossAccount);
    request["name"] = json!("ours");
    request["ensureAssociations"] = json!(true);
    let replaced: Vec<_> = replaced.iter().map(|role| role.as_str()).collect();
    request["replaceAssociations"] = json!(replaced);
    request
}

/// Sends a registration that must be refused without a change.
async fn refused(app: &TestApp, request: &Value, outcome: &str, observed: &str, remedy: &str) {
    let before = cluster(app).cluster.associations();
    app.cloud().calls().clear();
    let response = register(app, request).await;
    response.assert_status(422).assert_check(ENSURE_CHECK, outcome, observed, remedy);
    assert_names_no_account(&response);
    assert_eq!(cluster(app).cluster.associations(), before, "{observed}");
    for operation in ["CreatePodIdentityAssociation", "UpdatePodIdentityAssociation"] {
        assert_eq!(app.cloud().calls().count("eks", operation), 0, "{operation}");
    }
    assert_eq!(app.account_names(), ["theirs"]);
}

/// Asserts that a caller does not learn of accounts of another scope.
fn assert_names_no_account(response: &HttpResponse) {
    let body = response.body.to_string();
    assert!(!body.contains("theirs") && !body.contains("Payments"), "{body}");
}

/// Acceptance rows: F58, F59.
#[tokio::test]
async fn association_that_another_account_relies_on_is_not_replaced() {
    for partition in PARTITIONS {
        for route in [ROUTE, IN_PROJECT] {
            let app = TestApp::start(partition).await;
            app.set_kept_annotations(KeptAnnotations::All);
            let uid = register_theirs(&app, route).await;
            let roles = cluster(&app).roles(SameAccount);
            let present = [roles.hubble(), roles.identity()];
            refused(&app, &ours(&app, &[]), "failed", "does not name", "replaceAssociations").await;
            // One of both is named.
            let one = ours(&app, &present[..1]);
            refused(&app, &one, "failed", "does not name", "replaceAssociations").await;
            let both = ours(&app, &present);
            refused(&app, &both, "failed", "other registered accounts", "present roles").await;
            if route == ROUTE {
                assert_eq!(revalidate(&app, &uid).await.ready(), Some(true));
            }
            // It does not rely on an association with another role.
            cluster(&app)
                .break_with(Breakage::AssociatedWithOtherRole(HUBBLE_SERVICE_ACCOUNT))
                .break_with(Breakage::AssociatedWithOtherRole(IDENTITY_SERVICE_ACCOUNT));
            let request = with(both, "replaceAssociations", json!([somebody_else(&app)]));
            let done = register(&app, &request).await;
            done.assert_status(201).assert_check(ENSURE_CHECK, "passed", "changed", "");
        }
    }
}

fn somebody_else(app: &TestApp) -> String {
    cluster(app).cluster.account().role("SomebodyElse").arn()
}

/// Acceptance rows: F58, F59.
#[tokio::test]
async fn only_a_named_role_is_replaced() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let mut request = with(valid_request(&app, SameAccount), "ensureAssociations", json!(true));
        cluster(&app).break_with(Breakage::AssociatedWithOtherRole(IDENTITY_SERVICE_ACCOUNT));
        let before = cluster(&app).cluster.associations();
        let hubble = cluster(&app).roles(SameAccount).hubble().as_str().to_owned();
        for named in [json!([]), json!([hubble])] {
            request["replaceAssociations"] = named;
            let response = register(&app, &request).await;
            response.assert_status(422).assert_check(
                ENSURE_CHECK,
                "failed",
                "SomebodyElse, which replaceAssociations does not name",
                "name it in replaceAssociations",
            );
            assert_eq!(cluster(&app).cluster.associations(), before);
        }
        request["replaceAssociations"] = json!([somebody_else(&app)]);
        let done = register(&app, &request).await;
        done.assert_status(201).assert_check(ENSURE_CHECK, "passed", "changed", "");
        // The same request again replaces nothing.
        let again = register(&app, &request).await;
        again.assert_status(200).assert_check(ENSURE_CHECK, "passed", "no change was needed", "");
        // The only account that relies on the associations is the one that changes.
        let roles = cluster(&app).roles(SameAccount);
        let present = [roles.hubble(), roles.identity()];
        let changed = with(ours(&app, &present), "name", json!("prod"));
        let put = app.put(&format!("{ROUTE}/{}", again.uid()), &changed).await;
        put.assert_status(200).assert_check(ENSURE_CHECK, "passed", "changed", "");
    }
}

/// Acceptance rows: F58, F59.
#[tokio::test]
async fn association_is_not_replaced_in_doubt() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        app.set_kept_annotations(KeptAnnotations::All);
        register_theirs(&app, ROUTE).await;
        remove_cluster_annotations(&app);
        let roles = cluster(&app).roles(SameAccount);
        let request = ours(&app, &[roles.hubble(), roles.identity()]);
        let (unknown, put) = ("does not show which cluster", "PUT those accounts");
        refused(&app, &request, "unverified", unknown, put).await;
        let app = TestApp::start(partition).await;
        register_theirs(&app, IN_PROJECT).await;
        {
            let mut records = app.cloud().palette().records();
            let tenant = &mut records.tenants[0];
            let projects = tenant.projects.iter().map(|project| project.uid.clone());
            tenant.forbidden_projects = projects.collect();
        }
        refused(&app, &request, "unverified", "does not let Gangway see", "API key").await;
    }
}
