//! Replacements against each other: Palette's keys are those in use in Secrets Manager, whoever won.

use std::sync::Arc;

use domain::Partition::Aws;
use serde_json::json;

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
    let mut asks = Vec::new();
    for time in 0..TIMES {
        // Words of their own, so that neither finds what it wants.
        asks = ["one", "other"]
            .into_iter()
            .zip([&own, &spare])
            .map(|(which, request)| {
                let words = json!({"description": format!("{which}, {time}")});
                put(with(request.clone(), &words))
            })
            .collect();
        let answers = at_once(&ground, &asks).await;
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
