//! Tests concurrent replacements. Afterwards, Palette and Secrets Manager have the same credential.

use std::{sync::Arc, time::Duration};

use acceptance::{wait_until, with};
use gangway_model::Partition::Aws;
use local_cloud::{Effect, Fault};
use serde_json::{Value, json};
use tokio::join;

use super::{
    assert_repetition_becomes_unchanged, assert_stores_agree, count_outcomes, send_concurrently,
    subject,
};
use crate::{
    fixture::Fixture,
    flow::{Action, Response},
    flows,
};

/// The number of times that two replacements are sent at the same time.
const ROUNDS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_replacements_leave_the_same_key_in_both_stores() {
    let fixture = Arc::new(Fixture::start(Aws).await);
    let old_key = flows::access_key_request(fixture.app.customer(), &subject().name);
    let second_key = with(old_key.clone(), &flows::access_key_members(&fixture.second_key));
    let route = "/v1/tenant/accounts/static-credentials";
    let first = fixture.execute(&Action::post(route, old_key.clone()), &subject()).await;
    let put = |request| Action::put(format!("{route}/{}", first.uid()), request);
    let mut actions = Vec::new();
    for round in 0..ROUNDS {
        // Each request has another description, so each one changes the account.
        actions = ["one", "other"]
            .into_iter()
            .zip([&old_key, &second_key])
            .map(|(which, request)| {
                let description = json!({"description": format!("{which}, {round}")});
                put(with(request.clone(), &description))
            })
            .collect();
        let responses = send_concurrently(&fixture, &actions).await;
        println!("two PUTs: {:?}", count_outcomes(&responses));
        assert_stores_agree(&fixture, &responses);
        for response in &responses {
            assert!([200, 409].contains(&response.status), "{}", response.text);
        }
    }
    for action in &actions {
        assert_repetition_becomes_unchanged(&fixture, action).await;
    }
}

/// The credential of a slow replacement, and that of a replacement that is sent while the slow one
/// runs. The account is registered with an access key.
enum Replacements {
    /// A role, then a new access key.
    NewKeyAfterRole,
    /// An access key of another AWS account, then a new access key of the first account.
    NewKeyAfterOtherAccount,
    /// A role, then the access key that the account was registered with. A stale read would show
    /// this key, too.
    OldKeyAfterRole,
}

/// A request replaces an access key by a role, or by an access key of another AWS account. Before
/// the function deletes the obsolete secret, another request replaces the credential by an access
/// key.
#[tokio::test(flavor = "multi_thread")]
async fn delayed_replacement_keeps_the_secret_of_a_newer_replacement() {
    use Replacements::{NewKeyAfterOtherAccount, NewKeyAfterRole, OldKeyAfterRole};
    let delay = Effect::Delay(Duration::from_secs(4));
    for replacements in [NewKeyAfterRole, NewKeyAfterOtherAccount, OldKeyAfterRole] {
        let fixture = Fixture::start(Aws).await;
        let (cloud, subject) = (fixture.cloud(), subject());
        let key_request_of = |customer| flows::access_key_request(customer, &subject.name);
        let (old_key, other_account) =
            (key_request_of(fixture.app.customer()), key_request_of(fixture.app.second_customer()));
        let first = fixture
            .execute(
                &Action::post("/v1/tenant/accounts/static-credentials", old_key.clone()),
                &subject,
            )
            .await;
        let put = |method: &str, request: Value| {
            Action::put(format!("/v1/tenant/accounts/{method}/{}", first.uid()), request)
        };
        let second_key = with(
            key_request_of(fixture.app.customer()),
            &flows::access_key_members(&fixture.second_key),
        );
        let role = flows::role_request(fixture.app.customer(), &subject.name);
        let put_access_key = |request| put("static-credentials", request);
        let (slow, fast) = match replacements {
            NewKeyAfterRole => (put("sts", role), put_access_key(second_key)),
            NewKeyAfterOtherAccount => (put_access_key(other_account), put_access_key(second_key)),
            OldKeyAfterRole => (put("sts", role), put_access_key(old_key)),
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
        assert_stores_agree(&fixture, &[*slow, *fast]);
    }
}
