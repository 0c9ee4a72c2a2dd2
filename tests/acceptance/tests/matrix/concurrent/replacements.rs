//! Concurrent replacements: Palette holds the keys that Secrets Manager holds.

use std::{sync::Arc, time::Duration};

use acceptance::wait_until;
use gangway_model::Partition::Aws;
use local_cloud::{Effect, Fault};
use serde_json::{Value, json};
use tokio::join;

use super::{assert_consistent, assert_settles, at_once, kinds, subject, with};
use crate::{
    fixture::Fixture,
    flow::{Action, Response},
    flows,
};

/// How often two meet.
const TIMES: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn two_key_replacements_leave_one_key_in_both_stores() {
    let fixture = Arc::new(Fixture::open(Aws).await);
    let own = flows::keys(fixture.app.customer(), &subject().name);
    let second_key = with(own.clone(), &flows::members(&fixture.second_key));
    let route = "/v1/accounts/static-credentials";
    let first = fixture.execute(&Action::post(route, own.clone()), &subject()).await;
    let put = |request| Action::put(format!("{route}/{}", first.uid()), request);
    let mut actions = Vec::new();
    for time in 0..TIMES {
        // Words of their own, so that neither finds what it wants.
        actions = ["one", "other"]
            .into_iter()
            .zip([&own, &second_key])
            .map(|(which, request)| {
                let counts = json!({"description": format!("{which}, {time}")});
                put(with(request.clone(), &counts))
            })
            .collect();
        let responses = at_once(&fixture, &actions).await;
        println!("two PUTs: {:?}", kinds(&responses));
        assert_consistent(&fixture, &responses);
        for response in &responses {
            assert!([200, 409].contains(&response.status), "{}", response.text);
        }
    }
    for action in &actions {
        assert_settles(&fixture, action).await;
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
async fn overtaken_replacement_keeps_the_other_secret() {
    use Rivals::{OthersKeysAndNewKeys, RoleAndNewKeys, RoleAndTheKeysBefore};
    let late = Effect::Delay(Duration::from_secs(4));
    for rivals in [RoleAndNewKeys, OthersKeysAndNewKeys, RoleAndTheKeysBefore] {
        let fixture = Fixture::open(Aws).await;
        let (cloud, subject) = (fixture.cloud(), subject());
        let of = |customer| flows::keys(customer, &subject.name);
        let (own, others) = (of(fixture.app.customer()), of(fixture.app.second_customer()));
        let first = fixture
            .execute(&Action::post("/v1/accounts/static-credentials", own.clone()), &subject)
            .await;
        let put = |method: &str, request: Value| {
            Action::put(format!("/v1/accounts/{method}/{}", first.uid()), request)
        };
        let second_key = with(of(fixture.app.customer()), &flows::members(&fixture.second_key));
        let role = flows::role(fixture.app.customer(), &subject.name);
        let keys = |request| put("static-credentials", request);
        let (slow, quick) = match rivals {
            RoleAndNewKeys => (put("sts", role), keys(second_key)),
            OthersKeysAndNewKeys => (keys(others), keys(second_key)),
            RoleAndTheKeysBefore => (put("sts", role), keys(own)),
        };
        cloud.calls().clear();
        cloud.fault(Fault::on("secretsmanager", "ListSecrets", late).once());
        let (slow, quick) = join!(fixture.execute(&slow, &subject), async {
            assert!(wait_until(|| cloud.calls().count("secretsmanager", "ListSecrets") > 0).await);
            fixture.execute(&quick, &subject).await
        });
        let (Response::Http(slow), Response::Http(quick)) = (slow, quick) else {
            panic!("answers")
        };
        assert_eq!((slow.status, quick.status), (200, 200), "{} {}", slow.text, quick.text);
        assert_consistent(&fixture, &[*slow, *quick]);
    }
}
