//! Replacements against each other: Palette's keys are those in use in Secrets Manager, whoever won.

use std::{sync::Arc, time::Duration};

use acceptance::comes_true;
use gangway_model::Partition::Aws;
use local_cloud::{Effect, Fault};
use serde_json::{Value, json};
use tokio::join;

use super::{assert_consistent, assert_settles, at_once, kinds, subject, with};
use crate::{
    flow::{Ask, Told},
    flows,
    ground::Ground,
};

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

/// What meets.
enum Rivals {
    RoleAndNewKeys,
    OthersKeysAndNewKeys,
    /// A replica that lags behind would show the same.
    RoleAndTheKeysBefore,
}

/// One puts a role in place of keys, or another AWS account's keys, and turns to the secret that is not needed any more; another
/// has meanwhile put keys of its own in place of those.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_overtaken_lets_the_others_secret_be() {
    use Rivals::{OthersKeysAndNewKeys, RoleAndNewKeys, RoleAndTheKeysBefore};
    let late = Effect::Delay(Duration::from_secs(4));
    for rivals in [RoleAndNewKeys, OthersKeysAndNewKeys, RoleAndTheKeysBefore] {
        let ground = Ground::open(Aws).await;
        let (cloud, subject) = (ground.cloud(), subject());
        let of = |customer| flows::keys(customer, &subject.name);
        let (own, others) = (of(ground.stage.customer()), of(ground.stage.neighbour()));
        let first = ground
            .carry(&Ask::post("/v1/accounts/static-credentials", own.clone()), &subject)
            .await;
        let put = |method: &str, request: Value| {
            Ask::put(format!("/v1/accounts/{method}/{}", first.uid()), request)
        };
        let spare = with(of(ground.stage.customer()), &flows::members(&ground.spare));
        let role = flows::role(ground.stage.customer(), &subject.name);
        let keys = |request| put("static-credentials", request);
        let (slow, quick) = match rivals {
            RoleAndNewKeys => (put("sts", role), keys(spare)),
            OthersKeysAndNewKeys => (keys(others), keys(spare)),
            RoleAndTheKeysBefore => (put("sts", role), keys(own)),
        };
        cloud.calls().clear();
        cloud.fault(Fault::on("secretsmanager", "ListSecrets", late).once());
        let (slow, quick) = join!(ground.carry(&slow, &subject), async {
            assert!(comes_true(|| cloud.calls().count("secretsmanager", "ListSecrets") > 0).await);
            ground.carry(&quick, &subject).await
        });
        let (Told::Answer(slow), Told::Answer(quick)) = (slow, quick) else { panic!("answers") };
        assert_eq!((slow.status, quick.status), (200, 200), "{} {}", slow.text, quick.text);
        assert_consistent(&ground, &[*slow, *quick]);
    }
}
