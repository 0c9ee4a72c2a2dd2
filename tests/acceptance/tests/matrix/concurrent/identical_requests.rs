//! Tests concurrent, identical registrations. One of them creates the account, and the others find
//! it.

use std::sync::Arc;

use super::{
    REQUEST_COUNT, assert_repetition_becomes_unchanged, assert_stores_agree, count_outcomes,
    send_concurrently, subject,
};
use crate::{fixture::Fixture, flow::Flow, flows};

/// Returns the flow of this name.
fn find_flow(flows: &'static [Flow], name: &str) -> &'static Flow {
    flows.iter().find(|flow| flow.name == name).expect("a flow")
}

/// Sends the request of a flow fifty times concurrently. Asserts that all responses report success,
/// and that one account is created.
async fn assert_one_account_is_created(flow: &Flow) {
    let fixture = Arc::new(Fixture::start(flow.partition).await);
    let mut subject = fixture.prepare(flow, &subject().name).await;
    subject.uid.clear();
    let action = (flow.action)(&fixture, &subject);
    let responses = send_concurrently(&fixture, &vec![action.clone(); REQUEST_COUNT]).await;
    println!("{} {}: {:?}", flow.function, flow.partition, count_outcomes(&responses));
    let state = assert_stores_agree(&fixture, &responses);
    let failed = responses.iter().find(|response| ![200, 201].contains(&response.status));
    let checks: Option<Vec<_>> = failed.map(|response| {
        let checks = response.checks();
        checks.into_iter().filter(|check| check["outcome"] == "failed").collect()
    });
    assert!(checks.is_none(), "{:?}: {checks:#?}", count_outcomes(&responses));
    // No response reports the creation if the request that created the account timed out.
    let created = responses.iter().filter(|response| response.outcome() == "created").count();
    assert!(created <= 1, "{:?}", count_outcomes(&responses));
    let uid = &state.accounts[0]["uid"];
    assert!(
        responses.iter().all(|response| response.uid() == *uid),
        "all responses name the same account"
    );
    assert_repetition_becomes_unchanged(&fixture, &action).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_requests_with_the_same_keys_create_one_account() {
    assert_one_account_is_created(find_flow(flows::STATIC_CREDENTIALS, "register")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_requests_with_the_same_role_create_one_account() {
    assert_one_account_is_created(find_flow(flows::STS, "register")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_access_portal_requests_create_one_account() {
    assert_one_account_is_created(find_flow(flows::SCAP, "register")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_pod_identity_requests_create_one_account() {
    assert_one_account_is_created(find_flow(flows::POD_IDENTITY, "register, one account")).await;
}

/// Palette accepts ten requests per second. So some requests get status 429 with `Retry-After`, and
/// the client sends them again.
#[tokio::test(flavor = "multi_thread")]
async fn requests_over_palettes_rate_limit_succeed_when_retried() {
    let flow = find_flow(flows::STS, "register");
    let fixture = Arc::new(Fixture::start(flow.partition).await);
    fixture.cloud().palette().configure(|behaviour| behaviour.rate_limited = true);
    let action = (flow.action)(&fixture, &subject());
    let responses = send_concurrently(&fixture, &vec![action.clone(); REQUEST_COUNT]).await;
    println!("at Palette's limit: {:?}", count_outcomes(&responses));
    assert_stores_agree(&fixture, &responses);
    let created = responses.iter().filter(|response| response.outcome() == "created").count();
    assert!(created <= 1, "{:?}", count_outcomes(&responses));
    let failed = responses.iter().find(|response| ![200, 201].contains(&response.status));
    let checks: Option<Vec<_>> = failed.map(|response| {
        let checks = response.checks();
        checks.into_iter().filter(|check| check["outcome"] == "failed").collect()
    });
    assert!(checks.is_none(), "{:?}: {checks:#?}", count_outcomes(&responses));
    fixture.cloud().palette().configure(|behaviour| behaviour.rate_limited = false);
    assert_repetition_becomes_unchanged(&fixture, &action).await;
}
