//! Concurrent replacements: Palette holds the keys that Secrets Manager holds.

use std::{sync::Arc, time::Duration};

use acceptance::{wait_until, with};
use gangway_model::Partition::Aws;
use local_cloud::{Effect, Fault};
use serde_json::{Value, json};
use tokio::join;

use super::{assert_consistent, assert_settles, count_outcomes, send_concurrently, subject};
use crate::{
    fixture::Fixture,
    flow::{Action, Response},
    flows,
};

/// The number of rounds.
const ROUNDS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn two_key_replacements_leave_one_key_in_both_stores() {
    let fixture = Arc::new(Fixture::start(Aws).await);
    let old_keys = flows::keys(fixture.app.customer(), &subject().name);
    let second_key = with(old_keys.clone(), &flows::members(&fixture.second_key));
    let route = "/v1/tenant/accounts/static-credentials";
    let first = fixture.execute(&Action::post(route, old_keys.clone()), &subject()).await;
    let put = |request| Action::put(format!("{route}/{}", first.uid()), request);
    let mut actions = Vec::new();
    for time in 0..ROUNDS {
        // Each request has its own description, so that neither is unchanged.
        actions = ["one", "other"]
            .into_iter()
            .zip([&old_keys, &second_key])
            .map(|(which, request)| {
                let description = json!({"description": format!("{which}, {time}")});
                put(with(request.clone(), &description))
            })
            .collect();
        let responses = send_concurrently(&fixture, &actions).await;
        println!("two PUTs: {:?}", count_outcomes(&responses));
        assert_consistent(&fixture, &responses);
        for response in &responses {
            assert!([200, 409].contains(&response.status), "{}", response.text);
        }
    }
    for action in &actions {
        assert_settles(&fixture, action).await;
    }
}

/// Two concurrent replacements: the first one, and the keys of the second one.
enum Replacements {
    RoleAndNew,
    OtherAccountAndNew,
    /// A stale replica would show the same state.
    RoleAndOld,
}

/// A run replaces keys by a role, or by keys of another AWS account. Before it deletes the obsolete
/// secret, another run replaces the credential again, by keys.
#[tokio::test(flavor = "multi_thread")]
async fn delayed_replacement_keeps_the_other_secret() {
    use Replacements::{OtherAccountAndNew, RoleAndNew, RoleAndOld};
    let delay = Effect::Delay(Duration::from_secs(4));
    for replacements in [RoleAndNew, OtherAccountAndNew, RoleAndOld] {
        let fixture = Fixture::start(Aws).await;
        let (cloud, subject) = (fixture.cloud(), subject());
        let keys_of = |customer| flows::keys(customer, &subject.name);
        let (old_keys, other_account) =
            (keys_of(fixture.app.customer()), keys_of(fixture.app.second_customer()));
        let first = fixture
            .execute(
                &Action::post("/v1/tenant/accounts/static-credentials", old_keys.clone()),
                &subject,
            )
            .await;
        let put = |method: &str, request: Value| {
            Action::put(format!("/v1/tenant/accounts/{method}/{}", first.uid()), request)
        };
        let second_key =
            with(keys_of(fixture.app.customer()), &flows::members(&fixture.second_key));
        let role = flows::role(fixture.app.customer(), &subject.name);
        let keys = |request| put("static-credentials", request);
        let (slow, fast) = match replacements {
            RoleAndNew => (put("sts", role), keys(second_key)),
            OtherAccountAndNew => (keys(other_account), keys(second_key)),
            RoleAndOld => (put("sts", role), keys(old_keys)),
        };
        cloud.calls().clear();
        cloud.fault(Fault::on("secretsmanager", "ListSecrets", delay).once());
        let (slow, fast) = join!(fixture.execute(&slow, &subject), async {
            assert!(wait_until(|| cloud.calls().count("secretsmanager", "ListSecrets") > 0).await);
            fixture.execute(&fast, &subject).await
        });
        let (Response::Http(slow), Response::Http(fast)) = (slow, fast) else {
            panic!("HTTP responses")
        };
        assert_eq!((slow.status, fast.status), (200, 200), "{} {}", slow.text, fast.text);
        assert_consistent(&fixture, &[*slow, *fast]);
    }
}
