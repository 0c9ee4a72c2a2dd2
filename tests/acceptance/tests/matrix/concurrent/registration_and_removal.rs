//! Registrations concurrent with a removal: the account exists with its secret, or neither exists.

use std::{sync::Arc, time::Duration};

use acceptance::wait_until;
use gangway_model::Partition::{Aws, AwsUsGov};
use local_cloud::{Effect, Fault};
use serde_json::Value;
use tokio::join;

use super::{MANY, assert_consistent, assert_settles, at_once, kinds, subject};
use crate::{
    fixture::Fixture,
    flow::{Action, Response},
    flows,
};

async fn against_a_removal(fixture: Fixture, route: &str, request: Value) {
    let fixture = Arc::new(fixture);
    let action = Action::post(route, request);
    let first = fixture.execute(&action, &subject()).await;
    let remove = Action::Http("DELETE", format!("/v1/accounts/{}", first.uid()), None);
    let mut actions = vec![action.clone(); MANY / 2];
    actions.insert(MANY / 4, remove);
    let responses = at_once(&fixture, &actions).await;
    println!("against a removal, {route}: {:?}", kinds(&responses));
    assert_consistent(&fixture, &responses);
    let removal = &responses[MANY / 4];
    assert!([204, 404].contains(&removal.status), "{}", removal.text);
    for response in &responses {
        assert!([200, 201, 204, 409].contains(&response.status), "{}", response.text);
    }
    assert_settles(&fixture, &action).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_of_keys_and_a_removal() {
    let fixture = Fixture::open(AwsUsGov).await;
    let request = flows::keys(fixture.app.customer(), &subject().name);
    against_a_removal(fixture, "/v1/accounts/static-credentials", request).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_of_a_role_and_a_removal() {
    let fixture = Fixture::open(Aws).await;
    let request = flows::role(fixture.app.customer(), &subject().name);
    against_a_removal(fixture, "/v1/accounts/sts", request).await;
}

/// The removal has taken the account out of Palette and turns to its secret, which meanwhile is another account's of the
/// same name.
#[tokio::test(flavor = "multi_thread")]
async fn overtaken_removal_keeps_the_secret_of_the_new_account() {
    let fixture = Fixture::open(Aws).await;
    let request = flows::keys(fixture.app.customer(), &subject().name);
    let action = Action::post("/v1/accounts/static-credentials", request);
    let subject = subject();
    let first = fixture.execute(&action, &subject).await;
    let remove = Action::Http("DELETE", format!("/v1/accounts/{}", first.uid()), None);
    let cloud = fixture.cloud();
    cloud.calls().clear();
    let late = Effect::Delay(Duration::from_secs(5));
    cloud.fault(Fault::on("secretsmanager", "TagResource", late).once());
    let (removed, registered) = join!(fixture.execute(&remove, &subject), async {
        assert!(wait_until(|| cloud.calls().count("secretsmanager", "TagResource") > 0).await);
        fixture.execute(&action, &subject).await
    });
    assert_eq!((&*removed.label(), &*registered.label()), ("204", "201"));
    let (Response::Http(removed), Response::Http(registered)) = (removed, registered) else {
        panic!("answers")
    };
    assert_consistent(&fixture, &[*removed, *registered]);
    assert_settles(&fixture, &action).await;
}
