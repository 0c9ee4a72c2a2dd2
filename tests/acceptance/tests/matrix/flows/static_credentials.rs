//! Keys of an IAM user.

use acceptance::with;
use gangway_model::Partition::{Aws, AwsIsoB, AwsUsGov};
use local_cloud::{aws::Keys, world::Customer};
use serde_json::{Value, json};

use crate::{
    flow::{Ask, Flow, Function, Subject, Trigger},
    ground::Ground,
};

const ROUTE: &str = "/v1/accounts/static-credentials";
const POST: Trigger = Trigger::Route("POST", ROUTE);
const PUT: Trigger = Trigger::Route("PUT", "/v1/accounts/static-credentials/{uid}");
const VALIDATE: Trigger = Trigger::Route("POST", "/v1/accounts/static-credentials/validate");

/// The shortest request for a customer.
pub(crate) fn request(customer: &Customer, name: &str) -> Value {
    with(json!({"name": name}), &members(&customer.keys))
}

pub(crate) fn members(keys: &Keys) -> Value {
    json!({"accessKeyId": keys.id, "secretAccessKey": keys.secret})
}

fn own(ground: &Ground, subject: &Subject) -> Value {
    request(ground.stage.customer(), &subject.name)
}

/// Registered with the keys of the first customer.
pub(crate) fn registered(ground: &Ground, subject: &mut Subject) -> Vec<Ask> {
    vec![Ask::post(ROUTE, own(ground, subject))]
}

/// The keys of the first customer are left where Gangway may read them.
pub(crate) fn left(ground: &Ground, _subject: &mut Subject) -> Vec<Ask> {
    vec![Ask::Leave(members(&ground.stage.customer().keys).to_string())]
}

fn put(subject: &Subject, request: Value) -> Ask {
    Ask::put(format!("{ROUTE}/{}", subject.uid), request)
}

const OWN: Function = Function("static-credentials");

pub(crate) const FLOWS: &[Flow] = &[
    OWN.flow("validate", Aws, VALIDATE, |ground, subject| {
        Ask::post(&format!("{ROUTE}/validate"), own(ground, subject))
    }),
    OWN.flow("register", Aws, POST, |ground, subject| Ask::post(ROUTE, own(ground, subject))),
    OWN.flow("register", AwsIsoB, POST, |ground, subject| {
        let authority = json!({"certificateAuthority": ground.stage.realm().certificate_authority});
        Ask::post(ROUTE, with(own(ground, subject), &authority))
    }),
    OWN.flow("register by secretArn", AwsUsGov, POST, |_, subject| {
        Ask::post(ROUTE, json!({"name": subject.name, "secretArn": subject.secret}))
    })
    .after(left),
    OWN.flow("register by an event", Aws, Trigger::Event, |_, subject| {
        let method = "static-credentials";
        Ask::Event(json!({"method": method, "name": subject.name, "secretArn": subject.secret}))
    })
    .after(left),
    OWN.flow("register again", AwsUsGov, POST, |ground, subject| {
        Ask::post(ROUTE, own(ground, subject))
    })
    .after(registered),
    OWN.flow("other settings", Aws, POST, |ground, subject| {
        let settings = json!({"description": "Payments", "permissionProfile": "core"});
        Ask::post(ROUTE, with(own(ground, subject), &settings))
    })
    .after(registered),
    OWN.flow("a new key", AwsUsGov, POST, |ground, subject| {
        Ask::post(ROUTE, with(own(ground, subject), &members(&ground.spare)))
    })
    .after(registered),
    OWN.flow("PUT a new key", Aws, PUT, |ground, subject| {
        put(subject, with(own(ground, subject), &members(&ground.spare)))
    })
    .after(registered),
    OWN.flow("PUT other settings and name", AwsUsGov, PUT, |ground, subject| {
        let settings =
            json!({"name": format!("{}-renamed", subject.name), "description": "Payments"});
        put(subject, with(own(ground, subject), &settings))
    })
    .after(registered),
    OWN.flow("PUT another AWS account", Aws, PUT, |ground, subject| {
        put(subject, request(ground.stage.neighbour(), &subject.name))
    })
    .after(registered),
];
