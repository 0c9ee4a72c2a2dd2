//! A role that Palette assumes.

use acceptance::with;
use gangway_model::Partition::{Aws, AwsUsGov};
use local_cloud::world::Customer;
use serde_json::{Value, json};

use super::static_credentials;
use crate::{
    flow::{Ask, Flow, Function, Subject, Trigger},
    ground::Ground,
};

const ROUTE: &str = "/v1/accounts/sts";
const POST: Trigger = Trigger::Route("POST", ROUTE);
const PUT: Trigger = Trigger::Route("PUT", "/v1/accounts/sts/{uid}");

/// The shortest request for a customer.
pub(crate) fn request(customer: &Customer, name: &str) -> Value {
    json!({"name": name, "roleArn": customer.role.arn()})
}

fn own(ground: &Ground, subject: &Subject) -> Value {
    request(ground.stage.customer(), &subject.name)
}

/// Registered with the role of the first customer.
pub(crate) fn registered(ground: &Ground, subject: &mut Subject) -> Vec<Ask> {
    vec![Ask::post(ROUTE, own(ground, subject))]
}

fn put(subject: &Subject, request: Value) -> Ask {
    Ask::put(format!("{ROUTE}/{}", subject.uid), request)
}

const OWN: Function = Function("sts");

pub(crate) const FLOWS: &[Flow] = &[
    OWN.flow("trust", AwsUsGov, Trigger::Route("GET", "/v1/accounts/sts/trust"), |_, _| {
        Ask::get("/v1/accounts/sts/trust")
    }),
    OWN.flow(
        "validate",
        Aws,
        Trigger::Route("POST", "/v1/accounts/sts/validate"),
        |ground, subject| Ask::post(&format!("{ROUTE}/validate"), own(ground, subject)),
    ),
    OWN.flow("register", AwsUsGov, POST, |ground, subject| Ask::post(ROUTE, own(ground, subject))),
    OWN.flow("register by an event", Aws, Trigger::Event, |ground, subject| {
        Ask::Event(with(own(ground, subject), &json!({"method": "sts"})))
    }),
    OWN.flow("register again", Aws, POST, |ground, subject| Ask::post(ROUTE, own(ground, subject)))
        .after(registered),
    OWN.flow("other settings", AwsUsGov, POST, |ground, subject| {
        let settings = json!({"description": "Payments", "permissionProfile": "core"});
        Ask::post(ROUTE, with(own(ground, subject), &settings))
    })
    .after(registered),
    OWN.flow("PUT another role", Aws, PUT, |ground, subject| {
        put(subject, request(ground.stage.neighbour(), &subject.name))
    })
    .after(registered),
    OWN.flow("PUT a role for keys", AwsUsGov, PUT, |ground, subject| {
        put(subject, own(ground, subject))
    })
    .after(static_credentials::registered),
];
