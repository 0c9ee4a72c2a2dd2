//! Tests registrations at the same time as a removal. Afterwards, the account exists with its
//! secret, or neither exists.

use std::{sync::Arc, time::Duration};

use acceptance::wait_until;
use gangway_model::Partition::{Aws, AwsUsGov};
use local_cloud::{Effect, Fault};
use serde_json::Value;
use tokio::join;

use super::{
    REQUEST_COUNT, assert_repetition_becomes_unchanged, assert_stores_agree, count_outcomes,
    send_concurrently, subject,
};
use crate::{
    fixture::Fixture,
    flow::{Action, Response},
    flows,
};

/// Registers an account. Then sends a removal and more registrations concurrently, and asserts that
/// Palette and Secrets Manager agree.
async fn assert_removal_is_consistent(fixture: Fixture, route: &str, request: Value) {
    let fixture = Arc::new(fixture);
    let action = Action::post(route, request);
    let first = fixture.execute(&action, &subject()).await;
    let remove = Action::Http("DELETE", format!("/v1/tenant/accounts/{}", first.uid()), None);
    let mut actions = vec![action.clone(); REQUEST_COUNT / 2];
    actions.insert(REQUEST_COUNT / 4, remove);
    let responses = send_concurrently(&fixture, &actions).await;
    println!("with a removal, {route}: {:?}", count_outcomes(&responses));
    assert_stores_agree(&fixture, &responses);
    let removal = &responses[REQUEST_COUNT / 4];
    assert!([204, 404].contains(&removal.status), "{}", removal.text);
    for response in &responses {
        assert!([200, 201, 204, 409].contains(&response.status), "{}", response.text);
    }
    assert_repetition_becomes_unchanged(&fixture, &action).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_key_registrations_and_removal_are_consistent() {
    let fixture = Fixture::start(AwsUsGov).await;
    let request = flows::access_key_request(fixture.app.customer(), &subject().name);
    assert_removal_is_consistent(fixture, "/v1/tenant/accounts/static-credentials", request).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_role_registrations_and_removal_are_consistent() {
    let fixture = Fixture::start(Aws).await;
    let request = flows::role_request(fixture.app.customer(), &subject().name);
    assert_removal_is_consistent(fixture, "/v1/tenant/accounts/sts", request).await;
}

/// A removal deletes the account in Palette. Before the removal deletes the secret, another request
/// registers an account of the same name, which uses the same secret.
#[tokio::test(flavor = "multi_thread")]
async fn delayed_removal_keeps_the_secret_of_the_new_account() {
    let fixture = Fixture::start(Aws).await;
    let request = flows::access_key_request(fixture.app.customer(), &subject().name);
    let action = Action::post("/v1/tenant/accounts/static-credentials", request);
    let subject = subject();
    let first = fixture.execute(&action, &subject).await;
    let remove = Action::Http("DELETE", format!("/v1/tenant/accounts/{}", first.uid()), None);
    let cloud = fixture.cloud();
    cloud.calls().clear();
    let delay = Effect::Delay(Duration::from_secs(5));
    cloud.fault(Fault::on("secretsmanager", "TagResource", delay).once());
    let (removed, registered) = join!(fixture.execute(&remove, &subject), async {
        assert!(wait_until(|| cloud.calls().count("secretsmanager", "TagResource") > 0).await);
        fixture.execute(&action, &subject).await
    });
    assert_eq!((&*removed.label(), &*registered.label()), ("204", "201"));
    let (Response::Http(removed), Response::Http(registered)) = (removed, registered) else {
        panic!("HTTP responses")
    };
    assert_stores_agree(&fixture, &[*removed, *registered]);
    assert_repetition_becomes_unchanged(&fixture, &action).await;
}
