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

/// Returns a registration with a customer's access key, without optional members.
pub(crate) fn request(customer: &CustomerAccount, name: &str) -> Value {
    with(json!({"name": name}), &access_key_members(&customer.keys))
}

/// Returns the request members of an access key.
pub(crate) fn access_key_members(access_key: &AwsCredentials) -> Value {
    json!({"accessKeyId": access_key.id, "secretAccessKey": access_key.secret})
}

/// Returns a registration of the run's account with the access key of the first customer.
fn request_of_first_customer(fixture: &Fixture, subject: &Subject) -> Value {
    request(fixture.app.customer(), &subject.name)
}

/// Returns the action that registers the account with the access key of the first customer.
pub(crate) fn register(fixture: &Fixture, subject: &mut Subject) -> Vec<Action> {
    vec![Action::post(ROUTE, request_of_first_customer(fixture, subject))]
}

/// Returns the action that stores the access key of the first customer as an incoming secret.
pub(crate) fn store_access_key(fixture: &Fixture, _subject: &mut Subject) -> Vec<Action> {
    vec![Action::StoreSecret(access_key_members(&fixture.app.customer().keys).to_string())]
}

fn register_with_secret(_fixture: &Fixture, subject: &Subject) -> Action {
    Action::PostWithSecret(ROUTE, json!({"name": subject.name}))
}

/// Returns the actions that store the access key as an incoming secret, and register the account
/// with it.
fn store_access_key_and_register(fixture: &Fixture, subject: &mut Subject) -> Vec<Action> {
    let mut actions = store_access_key(fixture, subject);
    actions.push(register_with_secret(fixture, subject));
    actions
}

fn put(subject: &Subject, request: Value) -> Action {
    Action::put(format!("{ROUTE}/{}", subject.uid), request)
}

const FUNCTION: Function = Function("static-credentials");

pub(crate) const FLOWS: &[Flow] = &[
    FUNCTION.flow("validate", Aws, VALIDATE, |fixture, subject| {
        Action::post(&format!("{ROUTE}/validate"), request_of_first_customer(fixture, subject))
    }),
    FUNCTION.flow("register", Aws, POST, |fixture, subject| {
        Action::post(ROUTE, request_of_first_customer(fixture, subject))
    }),
    FUNCTION.flow("register", AwsIsoB, POST, |fixture, subject| {
        let ca = json!({"certificateAuthority": fixture.app.deployment().aws_ca_pem});
        Action::post(ROUTE, with(request_of_first_customer(fixture, subject), &ca))
    }),
    FUNCTION
        .flow("register by secretArn", AwsUsGov, POST, register_with_secret)
        .with_preparation(store_access_key),
    FUNCTION
        .flow("register by secretArn again", Aws, POST, register_with_secret)
        .with_preparation(store_access_key_and_register),
    FUNCTION
        .flow("register by an event", Aws, Trigger::Event, |_, subject| {
            let method = "static-credentials";
            Action::Event(
                json!({"method": method, "name": subject.name, "secretArn": subject.secret_arn}),
            )
        })
        .with_preparation(store_access_key),
    FUNCTION
        .flow("register again", AwsUsGov, POST, |fixture, subject| {
            Action::post(ROUTE, request_of_first_customer(fixture, subject))
        })
        .with_preparation(register),
    FUNCTION
        .flow("other settings", Aws, POST, |fixture, subject| {
            let settings = json!({"description": "Payments", "permissionProfile": "core"});
            Action::post(ROUTE, with(request_of_first_customer(fixture, subject), &settings))
        })
        .with_preparation(register),
    FUNCTION
        .flow("a new key", AwsUsGov, POST, |fixture, subject| {
            Action::post(
                ROUTE,
                with(
                    request_of_first_customer(fixture, subject),
                    &access_key_members(&fixture.second_key),
                ),
            )
        })
        .with_preparation(register),
    FUNCTION
        .flow("PUT a new key", Aws, PUT, |fixture, subject| {
            put(
                subject,
                with(
                    request_of_first_customer(fixture, subject),
                    &access_key_members(&fixture.second_key),
                ),
            )
        })
        .with_preparation(register),
    FUNCTION
        .flow("PUT other settings and name", AwsUsGov, PUT, |fixture, subject| {
            let settings =
                json!({"name": format!("{}-renamed", subject.name), "description": "Payments"});
            put(subject, with(request_of_first_customer(fixture, subject), &settings))
        })
        .with_preparation(register),
    FUNCTION
        .flow("PUT another AWS account", Aws, PUT, |fixture, subject| {
            put(subject, request(fixture.app.second_customer(), &subject.name))
        })
        .with_preparation(register),
];
