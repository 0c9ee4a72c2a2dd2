//! Registrations against a removal: the account is there with its secret, or neither is.

use std::{sync::Arc, time::Duration};

use acceptance::comes_true;
use gangway_model::Partition::{Aws, AwsUsGov};
use local_cloud::{Effect, Fault};
use serde_json::Value;
use tokio::join;

use super::{MANY, assert_consistent, assert_settles, at_once, kinds, subject};
use crate::{
    flow::{Ask, Told},
    flows,
    ground::Ground,
};

async fn against_a_removal(ground: Ground, route: &str, request: Value) {
    let ground = Arc::new(ground);
    let ask = Ask::post(route, request);
    let first = ground.carry(&ask, &subject()).await;
    let remove = Ask::Http("DELETE", format!("/v1/accounts/{}", first.uid()), None);
    let mut asks = vec![ask.clone(); MANY / 2];
    asks.insert(MANY / 4, remove);
    let answers = at_once(&ground, &asks).await;
    println!("against a removal, {route}: {:?}", kinds(&answers));
    assert_consistent(&ground, &answers);
    let removal = &answers[MANY / 4];
    assert!([204, 404].contains(&removal.status), "{}", removal.text);
    for answer in &answers {
        assert!([200, 201, 204, 409].contains(&answer.status), "{}", answer.text);
    }
    assert_settles(&ground, &ask).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_of_keys_and_a_removal() {
    let ground = Ground::open(AwsUsGov).await;
    let request = flows::keys(ground.stage.customer(), &subject().name);
    against_a_removal(ground, "/v1/accounts/static-credentials", request).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_of_a_role_and_a_removal() {
    let ground = Ground::open(Aws).await;
    let request = flows::role(ground.stage.customer(), &subject().name);
    against_a_removal(ground, "/v1/accounts/sts", request).await;
}

/// The removal has taken the account out of Palette and turns to its secret, which meanwhile is another account's of the
/// same name.
#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_is_overtaken_lets_the_new_accounts_secret_be() {
    let ground = Ground::open(Aws).await;
    let request = flows::keys(ground.stage.customer(), &subject().name);
    let ask = Ask::post("/v1/accounts/static-credentials", request);
    let subject = subject();
    let first = ground.carry(&ask, &subject).await;
    let remove = Ask::Http("DELETE", format!("/v1/accounts/{}", first.uid()), None);
    let cloud = ground.cloud();
    cloud.calls().clear();
    let late = Effect::Delay(Duration::from_secs(5));
    cloud.fault(Fault::on("secretsmanager", "TagResource", late).once());
    let (removed, registered) = join!(ground.carry(&remove, &subject), async {
        assert!(comes_true(|| cloud.calls().count("secretsmanager", "TagResource") > 0).await);
        ground.carry(&ask, &subject).await
    });
    assert_eq!((&*removed.word(), &*registered.word()), ("204", "201"));
    let (Told::Answer(removed), Told::Answer(registered)) = (removed, registered) else {
        panic!("answers")
    };
    assert_consistent(&ground, &[*removed, *registered]);
    assert_settles(&ground, &ask).await;
}
