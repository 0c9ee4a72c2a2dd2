//! Builds and sends Pod Identity requests, and compares the reports before and after a breakage of
//! the cluster.

use std::collections::BTreeMap;

use acceptance::{HttpResponse, TestApp, text};
use gangway_model::{AuthMethod, PermissionProfile};
use gangway_policies::pod_identity::RolePurpose;
use local_cloud::fixtures::{Breakage, PaletteCluster, PodIdentityCase};
use serde_json::{Value, json};

/// The path that registers an account in the scope of the tenant.
pub(crate) const ROUTE: &str = "/v1/tenant/accounts/pod-identity";

/// The id of the check that reports what was done about associations because of
/// `ensureAssociations`.
pub(crate) const ENSURE_CHECK: &str = "pod-identity.associations-ensured";

/// Returns the cluster that Palette runs on.
pub(crate) fn cluster(app: &TestApp) -> &PaletteCluster {
    app.deployment().palette_cluster()
}

/// Sets up the cluster for an account case. Returns a valid request for it, without optional
/// members.
pub(crate) fn valid_request(app: &TestApp, case: PodIdentityCase) -> Value {
    let mut request = cluster(app).restore_for(case).request(case);
    request["name"] = json!("prod");
    request
}

/// Returns the request with one member set.
pub(crate) fn with_member(mut request: Value, member: &str, value: Value) -> Value {
    request[member] = value;
    request
}

/// Creates a policy that allows all actions, for use as a permissions boundary. Returns its ARN.
pub(crate) fn create_permissions_boundary(app: &TestApp) -> String {
    let everything = json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    app.deployment().gangway_account.policy("TeamBoundary", &everything)
}

/// Returns the purpose of the role that is registered in Palette.
pub(crate) const fn purpose_of_registered_role(case: PodIdentityCase) -> RolePurpose {
    match case {
        PodIdentityCase::SameAccount => RolePurpose::Palette,
        PodIdentityCase::CrossAccount => RolePurpose::PaletteTarget,
    }
}

/// Detaches all policies from the registered role, and attaches those that a permission profile
/// requires.
pub(crate) fn attach_only_profile_policies(
    app: &TestApp,
    case: PodIdentityCase,
    profile: PermissionProfile,
) {
    let (palette, purpose) = (cluster(app), purpose_of_registered_role(case));
    let role = palette.role(purpose);
    for arn in role.attached() {
        role.detach(&arn);
    }
    let documents = gangway_policies::required_documents(profile, AuthMethod::PodIdentity).iter();
    let documents = documents.map(|document| palette.profile_policy(purpose, *document));
    for arn in documents.chain([palette.policy(purpose)]) {
        role.attach(&arn);
    }
}

/// Validates a request. A new instance of the function serves the request, because an instance that
/// serves many requests waits because of Palette's rate limit.
pub(crate) async fn validate(app: &TestApp, request: &Value) -> HttpResponse {
    app.deployment().functions.stop_idle_instances();
    let response = app.post(&format!("{ROUTE}/validate"), request).await;
    response.assert_status(200);
    response
}

/// Sends a registration. A new instance of the function serves it.
pub(crate) async fn register(app: &TestApp, request: &Value) -> HttpResponse {
    app.deployment().functions.stop_idle_instances();
    app.post(ROUTE, request).await
}

/// Re-validates an account in the scope of the tenant. A new instance of the function serves the
/// request.
pub(crate) async fn revalidate(app: &TestApp, uid: &str) -> HttpResponse {
    app.deployment().functions.stop_idle_instances();
    let report = app.post(&format!("/v1/tenant/accounts/{uid}/validate"), &json!({})).await;
    report.assert_status(200);
    report
}

/// Removes the annotations about the cluster and its roles from the only account in Palette. An
/// account that an older version of Gangway registered does not have them.
pub(crate) fn remove_cluster_annotations(app: &TestApp) {
    let mut records = app.cloud().palette().records();
    let annotations = records.accounts[0].body.pointer_mut("/metadata/annotations");
    let annotations = annotations.and_then(Value::as_object_mut).expect("annotations");
    let count = annotations.len();
    annotations.retain(|name, _| !name.starts_with("gangwayEks") && !name.ends_with("RoleArn"));
    assert!(annotations.len() + 3 <= count, "the cluster and its roles were noted");
}

/// Returns the outcome of each check of a report, by id of the check.
pub(crate) fn check_outcomes(response: &HttpResponse) -> BTreeMap<String, String> {
    let checks = response.checks();
    let pair = |check: &Value| (text(check, "id").to_owned(), text(check, "outcome").to_owned());
    checks.iter().map(pair).collect()
}

/// Sets up the cluster for an account case, validates a request, breaks the cluster and validates
/// the request again. Returns the checks whose outcome has changed, with their new outcomes, and
/// the second response.
pub(crate) async fn break_and_validate(
    app: &TestApp,
    case: PodIdentityCase,
    breakages: &[Breakage],
) -> (BTreeMap<String, String>, HttpResponse) {
    let request = valid_request(app, case);
    let before = check_outcomes(&validate(app, &request).await);
    for breakage in breakages {
        cluster(app).break_with(*breakage);
    }
    let response = validate(app, &request).await;
    let mut changed = check_outcomes(&response);
    changed.retain(|id, outcome| before.get(id) != Some(outcome));
    (changed, response)
}

/// Converts pairs of a check's id and its outcome into the map that [`break_and_validate`] returns.
pub(crate) fn to_outcome_map(rows: &[(&str, &str)]) -> BTreeMap<String, String> {
    rows.iter().map(|(id, outcome)| ((*id).to_owned(), (*outcome).to_owned())).collect()
}
