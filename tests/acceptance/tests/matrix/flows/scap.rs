//! The access portals of the secret partitions.

use acceptance::{enclave, with};
use gangway_model::Partition::{AwsIso, AwsIsoB};
use serde_json::{Value, json};

use crate::{
    flow::{Ask, Flow, Function, Subject, Trigger},
    ground::Ground,
};

const ROUTE: &str = "/v1/accounts/scap";
const POST: Trigger = Trigger::Route("POST", ROUTE);
const PUT: Trigger = Trigger::Route("PUT", "/v1/accounts/scap/{uid}");

fn own(ground: &Ground, subject: &Subject) -> Value {
    let stage = &ground.stage;
    let members = enclave::through_portal(stage.realm(), stage.customer());
    with(members, &json!({"name": subject.name}))
}

fn post(ground: &Ground, subject: &Subject) -> Ask {
    Ask::post(ROUTE, own(ground, subject))
}

/// Registered with the first certificate of the first customer.
pub(crate) fn registered(ground: &Ground, subject: &mut Subject) -> Vec<Ask> {
    vec![post(ground, subject)]
}

/// The certificate of the first customer is left where Gangway may read it.
fn left(ground: &Ground, _subject: &mut Subject) -> Vec<Ask> {
    let stage = &ground.stage;
    vec![Ask::Leave(enclave::identity(stage.realm(), stage.customer()).to_string())]
}

/// The same with a new certificate of the same entity.
fn renewed(ground: &Ground, subject: &Subject) -> Ask {
    let fresh = ground.fresh.as_ref().expect("a certificate");
    let shown = json!({"userCertificate": fresh.certificate, "userKey": fresh.key});
    Ask::put(format!("{ROUTE}/{}", subject.uid), with(own(ground, subject), &shown))
}

const OWN: Function = Function("scap");

pub(crate) const FLOWS: &[Flow] = &[
    OWN.flow(
        "validate",
        AwsIso,
        Trigger::Route("POST", "/v1/accounts/scap/validate"),
        |ground, subject| Ask::post(&format!("{ROUTE}/validate"), own(ground, subject)),
    ),
    OWN.flow("register", AwsIsoB, POST, post),
    OWN.flow("register", AwsIso, POST, post),
    OWN.flow("register by an event", AwsIsoB, Trigger::Event, |ground, subject| {
        let mut detail = own(ground, subject);
        let members = detail.as_object_mut().expect("members");
        for secret in ["certificateAuthority", "userCertificate", "userKey"] {
            members.remove(secret);
        }
        Ask::Event(with(detail, &json!({"method": "scap", "secretArn": subject.secret})))
    })
    .after(left),
    OWN.flow("register again", AwsIso, POST, post).after(registered),
    OWN.flow("PUT a new certificate", AwsIsoB, PUT, renewed).after(registered),
    OWN.flow("PUT a new certificate", AwsIso, PUT, renewed).after(registered),
];
