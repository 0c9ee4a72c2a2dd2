//! The method under test: what a portal would send, and how a report differs from that of a cluster that is set up well.

use std::collections::BTreeMap;

use acceptance::{Answer, Stage, text};
use gangway_model::PermissionProfile;
use gangway_policies::pod_identity::RolePurpose;
use local_cloud::world::{Case, PaletteCluster, Way};
use serde_json::{Value, json};

/// Where it is registered.
pub(crate) const ROUTE: &str = "/v1/accounts/pod-identity";

/// What Gangway did about the associations.
pub(crate) const ENSURED: &str = "pod-identity.associations-ensured";

/// Palette's own cluster.
pub(crate) fn cluster(stage: &Stage) -> &PaletteCluster {
    stage.realm().palette_cluster()
}

/// The shortest request of a case, for a cluster that is set up for it.
pub(crate) fn request(stage: &Stage, case: Case) -> Value {
    let mut request = cluster(stage).work_for(case).request(case);
    request["name"] = json!("prod");
    request
}

/// With one member more.
pub(crate) fn with(mut request: Value, member: &str, value: Value) -> Value {
    request[member] = value;
    request
}

/// A boundary that takes nothing away, in the account of the deployment; its ARN.
pub(crate) fn boundary(stage: &Stage) -> String {
    let everything = json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    stage.realm().deployment.policy("TeamBoundary", &everything)
}

/// The role that is registered.
pub(crate) const fn registered(case: Case) -> RolePurpose {
    match case {
        Case::SameAccount => RolePurpose::Palette,
        Case::CrossAccount => RolePurpose::PaletteTarget,
    }
}

/// The role that is registered has the policies of a profile beside its own, and no other.
pub(crate) fn furnish(stage: &Stage, case: Case, profile: PermissionProfile) {
    let (palette, part) = (cluster(stage), registered(case));
    let role = palette.role(part);
    for arn in role.attached() {
        role.detach(&arn);
    }
    let documents = gangway_policies::documents_for(profile).iter();
    let documents = documents.map(|document| palette.profile_policy(part, *document));
    for arn in documents.chain([palette.policy(part)]) {
        role.attach(&arn);
    }
}

/// Looks at it, and keeps nothing. Each request meets a new instance, so that nobody waits for Palette's rate limit.
pub(crate) async fn validate(stage: &Stage, request: &Value) -> Answer {
    stage.realm().functions.kill();
    let answer = stage.post(&format!("{ROUTE}/validate"), request).await;
    answer.assert_status(200);
    answer
}

/// Registers it, in a new instance.
pub(crate) async fn register(stage: &Stage, request: &Value) -> Answer {
    stage.realm().functions.kill();
    stage.post(ROUTE, request).await
}

/// The outcome of every check.
pub(crate) fn outcomes(answer: &Answer) -> BTreeMap<String, String> {
    let checks = answer.checks();
    let pair = |check: &Value| (text(check, "id").to_owned(), text(check, "outcome").to_owned());
    checks.iter().map(pair).collect()
}

/// What a report says otherwise than that of a cluster that is set up well.
pub(crate) async fn differs(
    stage: &Stage,
    case: Case,
    ways: &[Way],
) -> (BTreeMap<String, String>, Answer) {
    let request = request(stage, case);
    let well = outcomes(&validate(stage, &request).await);
    for way in ways {
        cluster(stage).break_it(*way);
    }
    let answer = validate(stage, &request).await;
    let mut now = outcomes(&answer);
    now.retain(|id, outcome| well.get(id) != Some(outcome));
    (now, answer)
}

/// As [`differs`] gives it.
pub(crate) fn expected(rows: &[(&str, &str)]) -> BTreeMap<String, String> {
    rows.iter().map(|(id, outcome)| ((*id).to_owned(), (*outcome).to_owned())).collect()
}
