//! Valid Pod Identity requests, and the difference of a report from that of a valid cluster.

use std::collections::BTreeMap;

use acceptance::{HttpResponse, TestApp, text};
use gangway_model::{AuthMethod, PermissionProfile};
use gangway_policies::pod_identity::RolePurpose;
use local_cloud::fixtures::{Breakage, PaletteCluster, PodIdentityCase};
use serde_json::{Value, json};

/// The route of a registration.
pub(crate) const ROUTE: &str = "/v1/tenant/accounts/pod-identity";

/// The check that reports the creation of associations.
pub(crate) const ENSURE_CHECK: &str = "pod-identity.associations-ensured";

/// Returns Palette's own cluster.
pub(crate) fn cluster(app: &TestApp) -> &PaletteCluster {
    app.deployment().palette_cluster()
}

/// The shortest request of a case, for a cluster that is set up for it.
pub(crate) fn valid_request(app: &TestApp, case: PodIdentityCase) -> Value {
    let mut request = cluster(app).restore_for(case).request(case);
    request["name"] = json!("prod");
    request
}

/// Returns the request with another member.
pub(crate) fn with(mut request: Value, member: &str, value: Value) -> Value {
    request[member] = value;
    request
}

/// Creates a permissions boundary that allows everything; returns its ARN.
pub(crate) fn boundary(app: &TestApp) -> String {
    let everything = json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    app.deployment().gangway_account.policy("TeamBoundary", &everything)
}

/// The role that is registered.
pub(crate) const fn registered_purpose(case: PodIdentityCase) -> RolePurpose {
    match case {
        PodIdentityCase::SameAccount => RolePurpose::Palette,
        PodIdentityCase::CrossAccount => RolePurpose::PaletteTarget,
    }
}

/// Attaches the policies of a profile to the registered role, and no others.
pub(crate) fn attach_profile_policies(
    app: &TestApp,
    case: PodIdentityCase,
    profile: PermissionProfile,
) {
    let (palette, purpose) = (cluster(app), registered_purpose(case));
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

/// Validates a request with a new instance of the function, which does not wait for Palette's rate
/// limit.
pub(crate) async fn validate(app: &TestApp, request: &Value) -> HttpResponse {
    app.deployment().functions.stop_idle_instances();
    let response = app.post(&format!("{ROUTE}/validate"), request).await;
    response.assert_status(200);
    response
}

/// Registers an account with a new instance of the function.
pub(crate) async fn register(app: &TestApp, request: &Value) -> HttpResponse {
    app.deployment().functions.stop_idle_instances();
    app.post(ROUTE, request).await
}

/// Validates an account of the tenant again, with a new instance of the function.
pub(crate) async fn revalidate(app: &TestApp, uid: &str) -> HttpResponse {
    app.deployment().functions.stop_idle_instances();
    let report = app.post(&format!("/v1/tenant/accounts/{uid}/validate"), &json!({})).await;
    report.assert_status(200);
    report
}

/// Removes what Gangway noted about the cluster, as on an account that an older version registered.
pub(crate) fn remove_cluster_annotations(app: &TestApp) {
    let mut records = app.cloud().palette().records();
    let annotations = records.accounts[0].body.pointer_mut("/metadata/annotations");
    let annotations = annotations.and_then(Value::as_object_mut).expect("annotations");
    let count = annotations.len();
    annotations.retain(|name, _| !name.starts_with("gangwayEks") && !name.ends_with("RoleArn"));
    assert!(annotations.len() + 3 <= count, "the cluster and its roles were noted");
}

/// Returns the outcome of every check.
pub(crate) fn outcomes(response: &HttpResponse) -> BTreeMap<String, String> {
    let checks = response.checks();
    let pair = |check: &Value| (text(check, "id").to_owned(), text(check, "outcome").to_owned());
    checks.iter().map(pair).collect()
}

/// Breaks the cluster; returns the changed outcomes and the report.
pub(crate) async fn break_and_validate(
    app: &TestApp,
    case: PodIdentityCase,
    breakages: &[Breakage],
) -> (BTreeMap<String, String>, HttpResponse) {
    let request = valid_request(app, case);
    let before = outcomes(&validate(app, &request).await);
    for breakage in breakages {
        cluster(app).break_with(*breakage);
    }
    let response = validate(app, &request).await;
    let mut changed = outcomes(&response);
    changed.retain(|id, outcome| before.get(id) != Some(outcome));
    (changed, response)
}

/// Returns the expected outcomes, in the type that [`break_and_validate`] returns.
pub(crate) fn expected(rows: &[(&str, &str)]) -> BTreeMap<String, String> {
    rows.iter().map(|(id, outcome)| ((*id).to_owned(), (*outcome).to_owned())).collect()
}
