//! Invalid requests to `pod-identity`.

mod members;
mod role_accounts;
mod routes;

use acceptance::TestApp;
use gangway_model::Partition;
use serde_json::{Value, json};

use self::{
    members::{events, members},
    role_accounts::mixed_accounts,
    routes::{queries, routes},
};
use crate::{
    bodies,
    case::{InvalidRequestCase, with},
    fields,
    runner::assert_rejected,
    sts,
};

const FUNCTION: &str = "pod-identity";
const PATH: &str = "/v1/tenant/accounts/pod-identity";
const VALIDATE: &str = "/v1/tenant/accounts/pod-identity/validate";
const PLAN: &str = "/v1/pod-identity/plan";
const UID: &str = "/v1/tenant/accounts/pod-identity/5f0c1a2b3c4d5e6f70818293";

pub(crate) fn invalid_requests() -> Vec<InvalidRequestCase> {
    [request_bodies(), common_members(), members(), mixed_accounts(), queries(), routes(), events()]
        .into_iter()
        .flatten()
        .collect()
}

/// Returns a valid request in the account of the cluster.
fn valid_request() -> Value {
    json!({
        "name": "prod",
        "roleArn": "arn:aws:iam::300000000001:role/Palette",
        "clusterName": "palette",
        "hubbleRoleArn": "arn:aws:iam::300000000001:role/Hubble",
        "identityRoleArn": "arn:aws:iam::300000000001:role/Identity",
    })
}

/// Returns a valid request in another account than the cluster's.
fn valid_cross_account_request() -> Value {
    let base = with(&valid_request(), "roleArn", "arn:aws:iam::300000000002:role/Palette".into());
    with(&base, "hubbleTargetRoleArn", "arn:aws:iam::300000000002:role/Hubble".into())
}

fn request_bodies() -> Vec<InvalidRequestCase> {
    let mut invalid_requests = bodies::malformed(VALIDATE);
    invalid_requests.extend(bodies::wrong_size_or_type(PATH, &valid_request().to_string()));
    invalid_requests.extend(bodies::unknown_events(PATH));
    invalid_requests
}

fn common_members() -> Vec<InvalidRequestCase> {
    let mut invalid_requests =
        fields::invalid_members(PATH, &valid_request(), "use one of static-credentials, scap");
    invalid_requests.extend(sts::invalid_role_arns(PATH, &valid_request()));
    invalid_requests
}

/// Acceptance rows: F03.
#[tokio::test]
async fn pod_identity_rejects_bodies_that_are_not_json_objects() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, request_bodies()).await;
}

/// Acceptance rows: F04, F05, F10.
#[tokio::test]
async fn pod_identity_rejects_invalid_members_of_every_method() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, common_members()).await;
}

/// Acceptance rows: F57, F62.
#[tokio::test]
async fn pod_identity_rejects_invalid_members_of_its_own() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, members()).await;
}

#[tokio::test]
async fn pod_identity_rejects_roles_of_mixed_accounts() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, mixed_accounts()).await;
}

#[tokio::test]
async fn pod_identity_rejects_invalid_plan_queries() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, queries()).await;
}

#[tokio::test]
async fn pod_identity_rejects_other_routes_verbs_and_uids() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, routes()).await;
}

#[tokio::test]
async fn pod_identity_rejects_invalid_events_without_retry() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, events()).await;
}
