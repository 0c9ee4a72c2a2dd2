//! Flows of `scap`.

use acceptance::{classified, with};
use gangway_model::Partition::{AwsIso, AwsIsoB};
use serde_json::{Value, json};

use crate::{
    fixture::Fixture,
    flow::{Action, Flow, Function, Subject, Trigger},
};

const ROUTE: &str = "/v1/tenant/accounts/scap";
const POST: Trigger = Trigger::Route("POST", ROUTE);
const PUT: Trigger = Trigger::Route("PUT", "/v1/tenant/accounts/scap/{uid}");

/// Returns a registration with the first certificate of the first customer.
fn request(fixture: &Fixture, subject: &Subject) -> Value {
    let app = &fixture.app;
    let members = classified::portal_request(app.deployment(), app.customer());
    with(members, &json!({"name": subject.name}))
}

fn post(fixture: &Fixture, subject: &Subject) -> Action {
    Action::post(ROUTE, request(fixture, subject))
}

/// Returns the action that registers the account with the first certificate of the first customer.
pub(crate) fn register(fixture: &Fixture, subject: &mut Subject) -> Vec<Action> {
    vec![post(fixture, subject)]
}

/// Returns the action that stores the certificate of the first customer as an incoming secret.
fn store_certificate(fixture: &Fixture, _subject: &mut Subject) -> Vec<Action> {
    let app = &fixture.app;
    vec![Action::StoreSecret(
        classified::certificate_fields(app.deployment(), app.customer()).to_string(),
    )]
}

/// Returns a replacement with another certificate of the first customer.
fn put_new_certificate(fixture: &Fixture, subject: &Subject) -> Action {
    let new_certificate = fixture.new_certificate.as_ref().expect("a certificate");
    let identity =
        json!({"userCertificate": new_certificate.certificate, "userKey": new_certificate.key});
    Action::put(format!("{ROUTE}/{}", subject.uid), with(request(fixture, subject), &identity))
}

const FUNCTION: Function = Function("scap");

pub(crate) const FLOWS: &[Flow] = &[
    FUNCTION.flow(
        "validate",
        AwsIso,
        Trigger::Route("POST", "/v1/tenant/accounts/scap/validate"),
        |fixture, subject| Action::post(&format!("{ROUTE}/validate"), request(fixture, subject)),
    ),
    FUNCTION.flow("register", AwsIsoB, POST, post),
    FUNCTION.flow("register", AwsIso, POST, post),
    FUNCTION
        .flow("register by an event", AwsIsoB, Trigger::Event, |fixture, subject| {
            let mut detail = request(fixture, subject);
            let members = detail.as_object_mut().expect("members");
            for secret in ["certificateAuthority", "userCertificate", "userKey"] {
                members.remove(secret);
            }
            Action::Event(with(detail, &json!({"method": "scap", "secretArn": subject.secret_arn})))
        })
        .with_preparation(store_certificate),
    FUNCTION.flow("register again", AwsIso, POST, post).with_preparation(register),
    FUNCTION
        .flow("PUT a new certificate", AwsIsoB, PUT, put_new_certificate)
        .with_preparation(register),
    FUNCTION
        .flow("PUT a new certificate", AwsIso, PUT, put_new_certificate)
        .with_preparation(register),
];
