//! Flows of `static-credentials`.

use acceptance::with;
use gangway_model::Partition::{Aws, AwsIsoB, AwsUsGov};
use local_cloud::{aws::AwsCredentials, fixtures::CustomerAccount};
use serde_json::{Value, json};

use crate::{
    fixture::Fixture,
    flow::{Action, Flow, Function, Subject, Trigger},
};

const ROUTE: &str = "/v1/tenant/accounts/static-credentials";
const POST: Trigger = Trigger::Route("POST", ROUTE);
const PUT: Trigger = Trigger::Route("PUT", "/v1/tenant/accounts/static-credentials/{uid}");
const VALIDATE: Trigger = Trigger::Route("POST", "/v1/tenant/accounts/static-credentials/validate");

/// The shortest request for a customer.
pub(crate) fn request(customer: &CustomerAccount, name: &str) -> Value {
    with(json!({"name": name}), &members(&customer.keys))
}

pub(crate) fn members(keys: &AwsCredentials) -> Value {
    json!({"accessKeyId": keys.id, "secretAccessKey": keys.secret})
}

fn own_request(fixture: &Fixture, subject: &Subject) -> Value {
    request(fixture.app.customer(), &subject.name)
}

/// Registers with the keys of the first customer.
pub(crate) fn registered(fixture: &Fixture, subject: &mut Subject) -> Vec<Action> {
    vec![Action::post(ROUTE, own_request(fixture, subject))]
}

/// Stores the keys of the first customer as an incoming secret.
pub(crate) fn store_keys(fixture: &Fixture, _subject: &mut Subject) -> Vec<Action> {
    vec![Action::StoreSecret(members(&fixture.app.customer().keys).to_string())]
}

fn register_with_secret(_fixture: &Fixture, subject: &Subject) -> Action {
    Action::PostWithSecret(ROUTE, json!({"name": subject.name}))
}

/// Registered with the keys in an incoming secret.
fn registered_with_secret(fixture: &Fixture, subject: &mut Subject) -> Vec<Action> {
    let mut actions = store_keys(fixture, subject);
    actions.push(register_with_secret(fixture, subject));
    actions
}

fn put(subject: &Subject, request: Value) -> Action {
    Action::put(format!("{ROUTE}/{}", subject.uid), request)
}

const FUNCTION: Function = Function("static-credentials");

pub(crate) const FLOWS: &[Flow] = &[
    FUNCTION.flow("validate", Aws, VALIDATE, |fixture, subject| {
        Action::post(&format!("{ROUTE}/validate"), own_request(fixture, subject))
    }),
    FUNCTION.flow("register", Aws, POST, |fixture, subject| {
        Action::post(ROUTE, own_request(fixture, subject))
    }),
    FUNCTION.flow("register", AwsIsoB, POST, |fixture, subject| {
        let ca = json!({"certificateAuthority": fixture.app.deployment().aws_ca_pem});
        Action::post(ROUTE, with(own_request(fixture, subject), &ca))
    }),
    FUNCTION
        .flow("register by secretArn", AwsUsGov, POST, register_with_secret)
        .with_preparation(store_keys),
    FUNCTION
        .flow("register by secretArn again", Aws, POST, register_with_secret)
        .with_preparation(registered_with_secret),
    FUNCTION
        .flow("register by an event", Aws, Trigger::Event, |_, subject| {
            let method = "static-credentials";
            Action::Event(
                json!({"method": method, "name": subject.name, "secretArn": subject.secret}),
            )
        })
        .with_preparation(store_keys),
    FUNCTION
        .flow("register again", AwsUsGov, POST, |fixture, subject| {
            Action::post(ROUTE, own_request(fixture, subject))
        })
        .with_preparation(registered),
    FUNCTION
        .flow("other settings", Aws, POST, |fixture, subject| {
            let settings = json!({"description": "Payments", "permissionProfile": "core"});
            Action::post(ROUTE, with(own_request(fixture, subject), &settings))
        })
        .with_preparation(registered),
    FUNCTION
        .flow("a new key", AwsUsGov, POST, |fixture, subject| {
            Action::post(ROUTE, with(own_request(fixture, subject), &members(&fixture.second_key)))
        })
        .with_preparation(registered),
    FUNCTION
        .flow("PUT a new key", Aws, PUT, |fixture, subject| {
            put(subject, with(own_request(fixture, subject), &members(&fixture.second_key)))
        })
        .with_preparation(registered),
    FUNCTION
        .flow("PUT other settings and name", AwsUsGov, PUT, |fixture, subject| {
            let settings =
                json!({"name": format!("{}-renamed", subject.name), "description": "Payments"});
            put(subject, with(own_request(fixture, subject), &settings))
        })
        .with_preparation(registered),
    FUNCTION
        .flow("PUT another AWS account", Aws, PUT, |fixture, subject| {
            put(subject, request(fixture.app.second_customer(), &subject.name))
        })
        .with_preparation(registered),
];
