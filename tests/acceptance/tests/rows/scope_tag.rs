//! A tag of the role or user lists the scopes that may register it.

use acceptance::{HttpResponse, PARTITIONS, TestApp, with};
use gangway_model::{AuthMethod, Partition};
use serde_json::{Value, json};

const CHECK: &str = "iam.role-scope-allowed";

/// Sets the tag of the identity that the method registers.
fn set_tag(app: &TestApp, method: AuthMethod, value: &str) {
    if method == AuthMethod::Sts {
        app.customer().role.tag("gangway:scopes", value);
    } else {
        app.customer().user.tag("gangway:scopes", value);
    }
}

fn in_project(request: &Value, project: &str) -> Value {
    with(request.clone(), &json!({"scope": {"project": project}}))
}

/// Returns the names and uids of two projects.
fn projects(app: &TestApp) -> [(String, String); 2] {
    let records = app.cloud().palette().records();
    let projects = &records.tenants[0].projects;
    [0, 1].map(|index| (projects[index].name.clone(), projects[index].uid.clone()))
}

async fn revalidate(app: &TestApp, scope: &str, uid: &str) -> HttpResponse {
    app.deployment().functions.stop_idle_instances();
    app.post(&format!("/v1/{scope}/accounts/{uid}/validate"), &json!({})).await
}

/// Acceptance rows: C20.
#[tokio::test]
async fn tag_limits_the_scopes_that_may_register_the_account() {
    for partition in PARTITIONS {
        for method in [AuthMethod::Sts, AuthMethod::StaticCredentials] {
            let app = TestApp::start(partition).await;
            let request = app.request(method, app.customer(), "prod");
            let [(name, uid), (other_name, other_uid)] = projects(&app);

            let report = app.validate(method, &request).await;
            report.assert_check(CHECK, "passed", "no tag", "");

            // The tag names one project. Another project and the tenant are rejected.
            set_tag(&app, method, &name);
            for allowed in [&name, &uid] {
                let report = app.validate(method, &in_project(&request, allowed)).await;
                report.assert_check(CHECK, "passed", &uid, "");
            }
            let refused = app.assert_blocked(method, &in_project(&request, &other_name)).await;
            refused.assert_check(CHECK, "failed", &other_uid, "owner");
            let refused = app.assert_blocked(method, &request).await;
            refused.assert_check(CHECK, "failed", "tenant", "owner");

            // The tag lists the tenant and the uid of a project.
            set_tag(&app, method, &format!("tenant {uid}"));
            let registered = app.assert_registered(method, &in_project(&request, &name)).await;
            registered.assert_check(CHECK, "passed", &uid, "");
            let report = app.validate(method, &request).await;
            report.assert_check(CHECK, "passed", "tenant", "");
            let refused = app.assert_blocked(method, &in_project(&request, &other_uid)).await;
            refused.assert_check(CHECK, "failed", &other_uid, "owner");

            // The owner empties the tag: the next re-validation fails.
            let scope = format!("projects/{uid}");
            let report = revalidate(&app, &scope, registered.uid()).await;
            report.assert_check(CHECK, "passed", &uid, "");
            set_tag(&app, method, "");
            let report = revalidate(&app, &scope, registered.uid()).await;
            assert_eq!(report.ready(), Some(false), "{:#}", report.body);
            report.assert_check(CHECK, "failed", &uid, "owner");
        }
    }
}

/// Acceptance rows: C20.
#[tokio::test]
async fn deployment_may_require_the_tag() {
    for method in [AuthMethod::Sts, AuthMethod::StaticCredentials] {
        let app = TestApp::start_with_parameter(Partition::Aws, "RequireScopeTag", "true").await;
        let request = app.request(method, app.customer(), "prod");
        let refused = app.assert_blocked(method, &request).await;
        refused.assert_check(CHECK, "failed", "requires it", "tenant");
        set_tag(&app, method, "tenant");
        app.assert_registered(method, &request).await;
    }
}

/// Acceptance rows: C20.
#[tokio::test]
async fn tag_that_cannot_be_read_is_unverified() {
    check_unreadable_tag(&TestApp::start(Partition::Aws).await, "unverified").await;
}

/// If the tag is required and cannot be read, the check fails: otherwise, denying Gangway read
/// access would be enough to register a role in any scope.
///
/// Acceptance rows: C20.
#[tokio::test]
async fn required_tag_that_cannot_be_read_blocks() {
    let app = TestApp::start_with_parameter(Partition::Aws, "RequireScopeTag", "true").await;
    check_unreadable_tag(&app, "failed").await;
    let request = app.request(AuthMethod::Sts, app.customer(), "prod");
    app.assert_blocked(AuthMethod::Sts, &request).await;
    app.assert_untouched();
}

/// Asserts the outcome of the check when Gangway may read neither the user nor the role.
async fn check_unreadable_tag(app: &TestApp, outcome: &str) {
    let user = &app.customer().user;
    let deny = json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "iam:GetUser", "Resource": "*"}]});
    user.inline("DenyGetUser", &deny);
    let method = AuthMethod::StaticCredentials;
    let report = app.validate(method, &app.request(method, app.customer(), "prod")).await;
    report.assert_check(CHECK, outcome, "not allowed", "iam:GetUser");

    app.customer().delete_inspection_role();
    let method = AuthMethod::Sts;
    let report = app.validate(method, &app.request(method, app.customer(), "prod")).await;
    report.assert_check(CHECK, outcome, "", "");
}
