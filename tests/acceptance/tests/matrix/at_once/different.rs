//! Different registrations of one name: one AWS account has it, the others are refused, and no key of theirs is kept.

use std::sync::Arc;

use gangway_model::Partition::{Aws, AwsUsGov};
use serde_json::{Value, json};

use super::{MANY, assert_consistent, assert_settles, at_once, kinds, subject, with};
use crate::{flow::Ask, flows, ground::Ground};

const KEYS: &str = "/v1/accounts/static-credentials";
const ROLE: &str = "/v1/accounts/sts";

/// Two AWS accounts in turn, each with words of its own.
async fn fifty(ground: &Arc<Ground>, request: impl Fn(&Ground, usize) -> (&'static str, Value)) {
    let asks = (0..MANY).map(|number| {
        let (route, request) = request(ground, number);
        let words = json!({"description": format!("number {number}")});
        Ask::post(route, with(request, &words))
    });
    let asks: Vec<_> = asks.collect();
    let answers = at_once(ground, &asks).await;
    println!("different, in {}: {:?}", ground.stage.partition(), kinds(&answers));
    let state = assert_consistent(ground, &answers);
    assert_eq!(state.accounts.len(), 1);
    assert!(
        answers.iter().all(|answer| [200, 201, 409].contains(&answer.status)),
        "{:?}",
        kinds(&answers)
    );
    let created = answers.iter().filter(|answer| answer.outcome() == "created").count();
    assert!(created <= 1, "{:?}", kinds(&answers));
    for answer in answers.iter().filter(|answer| answer.status == 409) {
        assert!(answer.text_at("/detail").contains("account"), "{}", answer.text);
    }
    let winner = answers.iter().position(|answer| [200, 201].contains(&answer.status));
    assert_settles(ground, &asks[winner.expect("a winner")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_of_two_aws_accounts_with_keys() {
    let ground = Arc::new(Ground::open(Aws).await);
    fifty(&ground, |ground, number| {
        let customers = [ground.stage.customer(), ground.stage.neighbour()];
        (KEYS, flows::keys(customers[number % 2], &subject().name))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_by_keys_and_by_a_role() {
    let ground = Arc::new(Ground::open(AwsUsGov).await);
    fifty(&ground, |ground, number| {
        let customer = ground.stage.customer();
        if number % 2 == 0 {
            (KEYS, flows::keys(customer, &subject().name))
        } else {
            (ROLE, flows::role(customer, &subject().name))
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_with_two_keys_of_one_user_end_with_one_key_in_both_stores() {
    let ground = Arc::new(Ground::open(Aws).await);
    fifty(&ground, |ground, number| {
        let request = flows::keys(ground.stage.customer(), &subject().name);
        let spare = flows::members(&ground.spare);
        (KEYS, if number % 2 == 0 { request } else { with(request, &spare) })
    })
    .await;
}
