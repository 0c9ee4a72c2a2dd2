//! Tests concurrent registrations of one account name with different credentials. One of them is
//! registered, and the others leave no credential in Palette or Secrets Manager.

use std::sync::Arc;

use acceptance::with;
use gangway_model::Partition::{Aws, AwsUsGov};
use serde_json::{Value, json};

use super::{
    REQUEST_COUNT, assert_repetition_becomes_unchanged, assert_stores_agree, count_outcomes,
    send_concurrently, subject,
};
use crate::{fixture::Fixture, flow::Action, flows};

const ACCESS_KEY_ROUTE: &str = "/v1/tenant/accounts/static-credentials";
const ROLE_ROUTE: &str = "/v1/tenant/accounts/sts";

/// Sends conflicting registrations concurrently. Asserts that one account is registered, and that
/// each response reports a success or a conflict.
async fn assert_one_account_is_registered(
    fixture: &Arc<Fixture>,
    request: impl Fn(&Fixture, usize) -> (&'static str, Value),
) {
    let actions = (0..REQUEST_COUNT).map(|number| {
        let (route, request) = request(fixture, number);
        let description = json!({"description": format!("number {number}")});
        Action::post(route, with(request, &description))
    });
    let actions: Vec<_> = actions.collect();
    let responses = send_concurrently(fixture, &actions).await;
    println!("conflicting, in {}: {:?}", fixture.app.partition(), count_outcomes(&responses));
    let state = assert_stores_agree(fixture, &responses);
    assert_eq!(state.accounts.len(), 1);
    assert!(
        responses.iter().all(|response| [200, 201, 409].contains(&response.status)),
        "{:?}",
        count_outcomes(&responses)
    );
    let created = responses.iter().filter(|response| response.outcome() == "created").count();
    assert!(created <= 1, "{:?}", count_outcomes(&responses));
    for response in responses.iter().filter(|response| response.status == 409) {
        assert!(response.text_at("/detail").contains("account"), "{}", response.text);
    }
    let success = responses.iter().position(|response| [200, 201].contains(&response.status));
    assert_repetition_becomes_unchanged(fixture, &actions[success.expect("a success")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_requests_with_keys_of_two_accounts_register_one_account() {
    let fixture = Arc::new(Fixture::start(Aws).await);
    assert_one_account_is_registered(&fixture, |fixture, number| {
        let customers = [fixture.app.customer(), fixture.app.second_customer()];
        (ACCESS_KEY_ROUTE, flows::access_key_request(customers[number % 2], &subject().name))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_requests_with_keys_or_a_role_register_one_account() {
    let fixture = Arc::new(Fixture::start(AwsUsGov).await);
    assert_one_account_is_registered(&fixture, |fixture, number| {
        let customer = fixture.app.customer();
        if number % 2 == 0 {
            (ACCESS_KEY_ROUTE, flows::access_key_request(customer, &subject().name))
        } else {
            (ROLE_ROUTE, flows::role_request(customer, &subject().name))
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_requests_with_two_keys_leave_the_same_key_in_both_stores() {
    let fixture = Arc::new(Fixture::start(Aws).await);
    assert_one_account_is_registered(&fixture, |fixture, number| {
        let request = flows::access_key_request(fixture.app.customer(), &subject().name);
        let second_key = flows::access_key_members(&fixture.second_key);
        (ACCESS_KEY_ROUTE, if number % 2 == 0 { request } else { with(request, &second_key) })
    })
    .await;
}
