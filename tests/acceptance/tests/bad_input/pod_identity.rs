//! Tests that the function `pod-identity` rejects invalid requests.

mod members;
mod role_accounts;
mod routes;

use acceptance::TestApp;
use gangway_model::Partition;
use serde_json::{Value, json};

use self::{
    members::{event_cases, member_cases},
    role_accounts::mixed_account_cases,
    routes::{plan_query_cases, route_cases},
};
use crate::{
    bodies,
    case::{InvalidRequestCase, with_member},
    fields,
    runner::assert_rejected,
    sts,
};

const FUNCTION: &str = "pod-identity";
const REGISTER_PATH: &str = "/v1/tenant/accounts/pod-identity";
const VALIDATE_PATH: &str = "/v1/tenant/accounts/pod-identity/validate";
const PLAN_PATH: &str = "/v1/pod-identity/plan";
const REPLACE_PATH: &str = "/v1/tenant/accounts/pod-identity/5f0c1a2b3c4d5e6f70818293";

/// Returns the cases that can be built without a local cloud.
pub(crate) fn invalid_requests() -> Vec<InvalidRequestCase> {
    [
        body_cases(),
        common_member_cases(),
        member_cases(),
        mixed_account_cases(),
        plan_query_cases(),
        route_cases(),
        event_cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns a valid request whose roles are all in the AWS account of the cluster.
fn valid_request() -> Value {
    json!({
        "name": "prod",
        "roleArn": "arn:aws:iam::300000000001:role/Palette",
        "clusterName": "palette",
        "hubbleRoleArn": "arn:aws:iam::300000000001:role/Hubble",
        "identityRoleArn": "arn:aws:iam::300000000001:role/Identity",
    })
}

/// Returns a valid request that registers a role in another AWS account than that of the cluster.
fn valid_cross_account_request() -> Value {
    let base =
        with_member(&valid_request(), "roleArn", "arn:aws:iam::300000000002:role/Palette".into());
    with_member(&base, "hubbleTargetRoleArn", "arn:aws:iam::300000000002:role/Hubble".into())
}

fn body_cases() -> Vec<InvalidRequestCase> {
    let mut invalid_requests = bodies::malformed_json_cases(VALIDATE_PATH);
    invalid_requests
        .extend(bodies::size_and_content_type_cases(REGISTER_PATH, &valid_request().to_string()));
    invalid_requests.extend(bodies::unknown_event_cases(REGISTER_PATH));
    invalid_requests
}

/// Returns cases of the members that `pod-identity` has in common with other methods.
fn common_member_cases() -> Vec<InvalidRequestCase> {
    let mut invalid_requests = fields::common_member_cases(
        REGISTER_PATH,
        &valid_request(),
        "use one of static-credentials, scap",
    );
    invalid_requests.extend(sts::invalid_role_arn_cases(REGISTER_PATH, &valid_request()));
    invalid_requests
}

/// Acceptance rows: F03.
#[tokio::test]
async fn pod_identity_rejects_bodies_that_are_not_json_objects() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, body_cases()).await;
}

/// Acceptance rows: F04, F05, F10.
#[tokio::test]
async fn pod_identity_rejects_invalid_members_that_every_method_has() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, common_member_cases()).await;
}

/// Acceptance rows: F57, F62.
#[tokio::test]
async fn pod_identity_rejects_invalid_members_that_only_pod_identity_has() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, member_cases()).await;
}

#[tokio::test]
async fn pod_identity_rejects_roles_in_wrong_combinations_of_accounts() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, mixed_account_cases()).await;
}

#[tokio::test]
async fn pod_identity_rejects_invalid_plan_queries() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, plan_query_cases()).await;
}

#[tokio::test]
async fn pod_identity_rejects_unknown_routes_and_invalid_uids() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, route_cases()).await;
}

#[tokio::test]
async fn pod_identity_rejects_invalid_events_without_retry() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, event_cases()).await;
}
