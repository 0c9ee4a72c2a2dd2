//! Concurrent, identical registrations: one creates the account, the others find it.

use std::sync::Arc;

use super::{
    REQUESTS, assert_consistent, assert_settles, count_outcomes, send_concurrently, subject,
};
use crate::{fixture::Fixture, flow::Flow, flows};

fn flow(flows: &'static [Flow], name: &str) -> &'static Flow {
    flows.iter().find(|flow| flow.name == name).expect("a flow")
}

/// Sends the request of a flow fifty times concurrently; asserts that one account is created.
async fn assert_one_creation(flow: &Flow) {
    let fixture = Arc::new(Fixture::start(flow.partition).await);
    let mut subject = fixture.prepare(flow, &subject().name).await;
    subject.uid.clear();
    let action = (flow.action)(&fixture, &subject);
    let responses = send_concurrently(&fixture, &vec![action.clone(); REQUESTS]).await;
    println!("{} {}: {:?}", flow.function, flow.partition, count_outcomes(&responses));
    let state = assert_consistent(&fixture, &responses);
    let failed = responses.iter().find(|response| ![200, 201].contains(&response.status));
    let checks: Option<Vec<_>> = failed.map(|response| {
        let checks = response.checks();
        checks.into_iter().filter(|check| check["outcome"] == "failed").collect()
    });
    assert!(checks.is_none(), "{:?}: {checks:#?}", count_outcomes(&responses));
    // There is none if the response of the creation timed out.
    let created = responses.iter().filter(|response| response.outcome() == "created").count();
    assert!(created <= 1, "{:?}", count_outcomes(&responses));
    let uid = &state.accounts[0]["uid"];
    assert!(
        responses.iter().all(|response| response.uid() == *uid),
        "all responses name the same account"
    );
    assert_settles(&fixture, &action).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_requests_with_the_same_keys_create_one_account() {
    assert_one_creation(flow(flows::STATIC_CREDENTIALS, "register")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_requests_with_the_same_role_create_one_account() {
    assert_one_creation(flow(flows::STS, "register")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_portal_requests_create_one_account() {
    assert_one_creation(flow(flows::SCAP, "register")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_pod_identity_requests_create_one_account() {
    assert_one_creation(flow(flows::POD_IDENTITY, "register, one account")).await;
}

/// Palette accepts ten requests a second: some requests get status 429 with `Retry-After` and are
/// retried.
#[tokio::test(flavor = "multi_thread")]
async fn requests_over_palettes_rate_limit_succeed_when_retried() {
    let flow = flow(flows::STS, "register");
    let fixture = Arc::new(Fixture::start(flow.partition).await);
    fixture.cloud().palette().configure(|behaviour| behaviour.rate_limited = true);
    let action = (flow.action)(&fixture, &subject());
    let responses = send_concurrently(&fixture, &vec![action.clone(); REQUESTS]).await;
    println!("at Palette's limit: {:?}", count_outcomes(&responses));
    assert_consistent(&fixture, &responses);
    let created = responses.iter().filter(|response| response.outcome() == "created").count();
    assert!(created <= 1, "{:?}", count_outcomes(&responses));
    let failed = responses.iter().find(|response| ![200, 201].contains(&response.status));
    let checks: Option<Vec<_>> = failed.map(|response| {
        let checks = response.checks();
        checks.into_iter().filter(|check| check["outcome"] == "failed").collect()
    });
    assert!(checks.is_none(), "{:?}: {checks:#?}", count_outcomes(&responses));
    fixture.cloud().palette().configure(|behaviour| behaviour.rate_limited = false);
    assert_settles(&fixture, &action).await;
}
