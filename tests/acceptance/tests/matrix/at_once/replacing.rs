//! Replacements against each other: Palette's keys are those in use in Secrets Manager, whoever won.

use std::sync::Arc;

use domain::Partition::Aws;

use super::{assert_consistent, assert_settles, at_once, kinds, subject, with};
use crate::{flow::Ask, flows, ground::Ground};

/// How often two meet.
const TIMES: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn two_that_replace_keys_leave_one_key_in_both_stores() {
    let ground = Arc::new(Ground::open(Aws).await);
    let own = flows::keys(ground.stage.customer(), &subject().name);
    let spare = with(own.clone(), &flows::members(&ground.spare));
    let route = "/v1/accounts/static-credentials";
    let first = ground.carry(&Ask::post(route, own.clone()), &subject()).await;
    let put = |request| Ask::put(format!("{route}/{}", first.uid()), request);
    let asks = vec![put(own), put(spare)];
    for _time in 0..TIMES {
        let answers = at_once(&ground, asks.clone()).await;
        println!("two PUTs: {:?}", kinds(&answers));
        assert_consistent(&ground, &answers);
        for answer in &answers {
            assert!([200, 409].contains(&answer.status), "{}", answer.text);
        }
    }
    for ask in &asks {
        assert_settles(&ground, ask).await;
    }
}
