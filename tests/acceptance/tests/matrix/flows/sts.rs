//! Flows of `sts`.

use acceptance::with;
use gangway_model::Partition::{Aws, AwsUsGov};
use local_cloud::world::Customer;
use serde_json::{Value, json};

use super::static_credentials;
use crate::{
    fixture::Fixture,
    flow::{Action, Flow, Function, Subject, Trigger},
};

const ROUTE: &str = "/v1/accounts/sts";
const POST: Trigger = Trigger::Route("POST", ROUTE);
const PUT: Trigger = Trigger::Route("PUT", "/v1/accounts/sts/{uid}");

/// The shortest request for a customer.
pub(crate) fn request(customer: &Customer, name: &str) -> Value {
    json!({"name": name, "roleArn": customer.role.arn()})
}

fn own(fixture: &Fixture, subject: &Subject) -> Value {
    request(fixture.app.customer(), &subject.name)
}

/// Registered with the role of the first customer.
pub(crate) fn registered(fixture: &Fixture, subject: &mut Subject) -> Vec<Action> {
    vec![Action::post(ROUTE, own(fixture, subject))]
}

fn put(subject: &Subject, request: Value) -> Action {
    Action::put(format!("{ROUTE}/{}", subject.uid), request)
}

const OWN: Function = Function("sts");

pub(crate) const FLOWS: &[Flow] = &[
    OWN.flow("trust", AwsUsGov, Trigger::Route("GET", "/v1/accounts/sts/trust"), |_, _| {
        Action::get("/v1/accounts/sts/trust")
    }),
    OWN.flow(
        "validate",
        Aws,
        Trigger::Route("POST", "/v1/accounts/sts/validate"),
        |fixture, subject| Action::post(&format!("{ROUTE}/validate"), own(fixture, subject)),
    ),
    OWN.flow("register", AwsUsGov, POST, |fixture, subject| {
        Action::post(ROUTE, own(fixture, subject))
    }),
    OWN.flow("register by an event", Aws, Trigger::Event, |fixture, subject| {
        Action::Event(with(own(fixture, subject), &json!({"method": "sts"})))
    }),
    OWN.flow("register again", Aws, POST, |fixture, subject| {
        Action::post(ROUTE, own(fixture, subject))
    })
    .after(registered),
    OWN.flow("other settings", AwsUsGov, POST, |fixture, subject| {
        let settings = json!({"description": "Payments", "permissionProfile": "core"});
        Action::post(ROUTE, with(own(fixture, subject), &settings))
    })
    .after(registered),
    OWN.flow("PUT another role", Aws, PUT, |fixture, subject| {
        put(subject, request(fixture.app.second_customer(), &subject.name))
    })
    .after(registered),
    OWN.flow("PUT a role for keys", AwsUsGov, PUT, |fixture, subject| {
        put(subject, own(fixture, subject))
    })
    .after(static_credentials::registered),
];
