//! Tests that the role of an existing association is replaced only if `replaceAssociations` names
//! that role and no other registered account needs the association.

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
    with_member,
};

const PROJECT_ROUTE: &str = "/v1/projects/Payments/accounts/pod-identity";

/// Registers an account with name `theirs`, whose role is in the AWS account of the cluster.
/// Returns its uid.
async fn register_theirs(app: &TestApp, route: &str) -> String {
    let theirs = with_member(valid_request(app, SameAccount), "name", json!("theirs"));
    let receipt = app.post(route, &theirs).await;
    receipt.assert_status(201);
    receipt.uid().to_owned()
}

/// Returns a registration with name `request_for_ours`, whose role is in another AWS account. It
/// needs other roles in the associations than `theirs`. `replaceAssociations` names the roles in
/// `replaced`.
fn request_for_ours(app: &TestApp, replaced: &[&RoleArn]) -> Value {
    let mut request = cluster(app).request(CrossAccount);
    request["name"] = json!("ours");
    request["ensureAssociations"] = json!(true);
    let replaced: Vec<_> = replaced.iter().map(|role| role.as_str()).collect();
    request["replaceAssociations"] = json!(replaced);
    request
}

/// Sends a registration. Asserts that it is rejected and that no association and no account is
/// changed.
async fn assert_rejected(
    app: &TestApp,
    request: &Value,
    outcome: &str,
    observed: &str,
    remedy: &str,
) {
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

/// Asserts that a response does not name an account or a project of another scope.
fn assert_names_no_account(response: &HttpResponse) {
    let body = response.body.to_string();
    assert!(!body.contains("theirs") && !body.contains("Payments"), "{body}");
}

/// Acceptance rows: F58, F59.
#[tokio::test]
async fn association_that_another_account_needs_is_not_replaced() {
    for partition in PARTITIONS {
        for route in [ROUTE, PROJECT_ROUTE] {
            let app = TestApp::start(partition).await;
            app.set_kept_annotations(KeptAnnotations::All);
            let uid = register_theirs(&app, route).await;
            let roles = cluster(&app).roles(SameAccount);
            let current_roles = [roles.hubble(), roles.identity()];
            assert_rejected(
                &app,
                &request_for_ours(&app, &[]),
                "failed",
                "does not name",
                "replaceAssociations",
            )
            .await;
            // The request names only one of the two roles.
            let one = request_for_ours(&app, &current_roles[..1]);
            assert_rejected(&app, &one, "failed", "does not name", "replaceAssociations").await;
            let both = request_for_ours(&app, &current_roles);
            assert_rejected(&app, &both, "failed", "other registered accounts", "present roles")
                .await;
            if route == ROUTE {
                assert_eq!(revalidate(&app, &uid).await.ready(), Some(true));
            }
            // Account `theirs` does not need an association that has another role than its own.
            cluster(&app)
                .break_with(Breakage::AssociatedWithOtherRole(HUBBLE_SERVICE_ACCOUNT))
                .break_with(Breakage::AssociatedWithOtherRole(IDENTITY_SERVICE_ACCOUNT));
            let request = with_member(both, "replaceAssociations", json!([other_role_arn(&app)]));
            let receipt = register(&app, &request).await;
            receipt.assert_status(201).assert_check(ENSURE_CHECK, "passed", "changed", "");
        }
    }
}

/// Returns the ARN of the role in the associations after `Breakage::AssociatedWithOtherRole`.
fn other_role_arn(app: &TestApp) -> String {
    cluster(app).cluster.account().role("SomebodyElse").arn()
}

/// Acceptance rows: F58, F59.
#[tokio::test]
async fn only_a_role_that_the_request_names_is_replaced() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let mut request =
            with_member(valid_request(&app, SameAccount), "ensureAssociations", json!(true));
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
        request["replaceAssociations"] = json!([other_role_arn(&app)]);
        let receipt = register(&app, &request).await;
        receipt.assert_status(201).assert_check(ENSURE_CHECK, "passed", "changed", "");
        // When the same request is sent again, it changes nothing.
        let again = register(&app, &request).await;
        again.assert_status(200).assert_check(ENSURE_CHECK, "passed", "no change was needed", "");
        // The only account that needs the associations is the one that the request replaces.
        let roles = cluster(&app).roles(SameAccount);
        let current_roles = [roles.hubble(), roles.identity()];
        let changed = with_member(request_for_ours(&app, &current_roles), "name", json!("prod"));
        let put = app.put(&format!("{ROUTE}/{}", again.uid()), &changed).await;
        put.assert_status(200).assert_check(ENSURE_CHECK, "passed", "changed", "");
    }
}

/// Acceptance rows: F58, F59.
#[tokio::test]
async fn association_is_not_replaced_if_other_accounts_are_unverified() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        app.set_kept_annotations(KeptAnnotations::All);
        register_theirs(&app, ROUTE).await;
        remove_cluster_annotations(&app);
        let roles = cluster(&app).roles(SameAccount);
        let request = request_for_ours(&app, &[roles.hubble(), roles.identity()]);
        let (unknown, put) = ("does not show which cluster", "PUT those accounts");
        assert_rejected(&app, &request, "unverified", unknown, put).await;
        let app = TestApp::start(partition).await;
        register_theirs(&app, PROJECT_ROUTE).await;
        {
            let mut records = app.cloud().palette().records();
            let tenant = &mut records.tenants[0];
            let projects = tenant.projects.iter().map(|project| project.uid.clone());
            tenant.forbidden_projects = projects.collect();
        }
        assert_rejected(&app, &request, "unverified", "does not let Gangway see", "API key").await;
    }
}
