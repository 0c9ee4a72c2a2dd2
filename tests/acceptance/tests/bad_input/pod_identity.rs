//! Invalid requests to `pod-identity`.

mod members;
mod role_accounts;
mod routes;

use acceptance::TestApp;
use gangway_model::Partition;
use serde_json::{Value, json};

use self::{
    members::{events, members},
    role_accounts::cases,
    routes::{questions, routes},
};
use crate::{
    bodies,
    case::{InvalidRequestCase, with},
    fields,
    runner::assert_rejected,
    sts,
};

const FUNCTION: &str = "pod-identity";
const PATH: &str = "/v1/accounts/pod-identity";
const VALIDATE: &str = "/v1/accounts/pod-identity/validate";
const PLAN: &str = "/v1/accounts/pod-identity/plan";
const UID: &str = "/v1/accounts/pod-identity/5f0c1a2b3c4d5e6f70818293";

/// All of them.
pub(crate) fn invalid_requests() -> Vec<InvalidRequestCase> {
    [documents(), of_every_method(), members(), cases(), questions(), routes(), events()]
        .into_iter()
        .flatten()
        .collect()
}

/// In the account of the cluster.
fn right() -> Value {
    json!({
        "name": "prod",
        "roleArn": "arn:aws:iam::300000000001:role/Palette",
        "clusterName": "palette",
        "hubbleRoleArn": "arn:aws:iam::300000000001:role/Hubble",
        "identityRoleArn": "arn:aws:iam::300000000001:role/Identity",
    })
}

/// In another account than the cluster's.
fn cross() -> Value {
    let base = with(&right(), "roleArn", "arn:aws:iam::300000000002:role/Palette".into());
    with(&base, "hubbleTargetRoleArn", "arn:aws:iam::300000000002:role/Hubble".into())
}

fn documents() -> Vec<InvalidRequestCase> {
    let mut invalid_requests = bodies::broken(VALIDATE);
    invalid_requests.extend(bodies::declared(PATH, &right().to_string()));
    invalid_requests.extend(bodies::unreadable(PATH));
    invalid_requests
}

fn of_every_method() -> Vec<InvalidRequestCase> {
    let mut invalid_requests = fields::wrong(PATH, &right(), "use one of static-credentials, scap");
    invalid_requests.extend(sts::role_arns(PATH, &right()));
    invalid_requests
}

/// Rows: F03.
#[tokio::test]
async fn pod_identity_refuses_bodies_that_are_not_json_objects() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, documents()).await;
}

/// Rows: F04, F05, F10.
#[tokio::test]
async fn pod_identity_checks_the_members_of_every_method() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, of_every_method()).await;
}

/// Rows: F57, F62.
#[tokio::test]
async fn pod_identity_checks_its_own_members() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, members()).await;
}

#[tokio::test]
async fn pod_identity_refuses_mixed_account_cases() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, cases()).await;
}

#[tokio::test]
async fn pod_identity_refuses_invalid_plan_queries() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, questions()).await;
}

#[tokio::test]
async fn pod_identity_has_no_other_routes_verbs_or_uids() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, routes()).await;
}

#[tokio::test]
async fn pod_identity_rejects_invalid_events_without_retry() {
    assert_rejected(&TestApp::start(Partition::Aws).await, FUNCTION, events()).await;
}
