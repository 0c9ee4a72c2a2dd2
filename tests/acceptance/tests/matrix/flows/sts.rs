//! Flows of `sts`.

use acceptance::with;
use gangway_model::Partition::{Aws, AwsUsGov};
use local_cloud::fixtures::CustomerAccount;
use serde_json::{Value, json};

use super::static_credentials;
use crate::{
    fixture::Fixture,
    flow::{Action, Flow, Function, Subject, Trigger},
};

const ROUTE: &str = "/v1/tenant/accounts/sts";
const POST: Trigger = Trigger::Route("POST", ROUTE);
const PUT: Trigger = Trigger::Route("PUT", "/v1/tenant/accounts/sts/{uid}");

/// Returns a registration with a customer's role, without optional members.
pub(crate) fn request(customer: &CustomerAccount, name: &str) -> Value {
    json!({"name": name, "roleArn": customer.role.arn()})
}

/// Returns a registration of the run's account with the role of the first customer.
fn request_of_first_customer(fixture: &Fixture, subject: &Subject) -> Value {
    request(fixture.app.customer(), &subject.name)
}

/// Returns the action that registers the account with the role of the first customer.
pub(crate) fn register(fixture: &Fixture, subject: &mut Subject) -> Vec<Action> {
    vec![Action::post(ROUTE, request_of_first_customer(fixture, subject))]
}

fn put(subject: &Subject, request: Value) -> Action {
    Action::put(format!("{ROUTE}/{}", subject.uid), request)
}

const FUNCTION: Function = Function("sts");

pub(crate) const FLOWS: &[Flow] = &[
    FUNCTION.flow("trust", AwsUsGov, Trigger::Route("GET", "/v1/sts/trust"), |_, _| {
        Action::get("/v1/sts/trust")
    }),
    FUNCTION.flow(
        "validate",
        Aws,
        Trigger::Route("POST", "/v1/tenant/accounts/sts/validate"),
        |fixture, subject| {
            Action::post(&format!("{ROUTE}/validate"), request_of_first_customer(fixture, subject))
        },
    ),
    FUNCTION.flow("register", AwsUsGov, POST, |fixture, subject| {
        Action::post(ROUTE, request_of_first_customer(fixture, subject))
    }),
    FUNCTION.flow("register by an event", Aws, Trigger::Event, |fixture, subject| {
        Action::Event(with(request_of_first_customer(fixture, subject), &json!({"method": "sts"})))
    }),
    FUNCTION
        .flow("register again", Aws, POST, |fixture, subject| {
            Action::post(ROUTE, request_of_first_customer(fixture, subject))
        })
        .with_preparation(register),
    FUNCTION
        .flow("other settings", AwsUsGov, POST, |fixture, subject| {
            let settings = json!({"description": "Payments", "permissionProfile": "core"});
            Action::post(ROUTE, with(request_of_first_customer(fixture, subject), &settings))
        })
        .with_preparation(register),
    FUNCTION
        .flow("PUT another role", Aws, PUT, |fixture, subject| {
            put(subject, request(fixture.app.second_customer(), &subject.name))
        })
        .with_preparation(register),
    FUNCTION
        .flow("PUT a role for keys", AwsUsGov, PUT, |fixture, subject| {
            put(subject, request_of_first_customer(fixture, subject))
        })
        .with_preparation(static_credentials::register),
];
