//! Flows of `accounts`.

use gangway_model::Partition::{Aws, AwsIsoB, AwsUsGov};

use super::{scap, static_credentials, sts};
use crate::{
    fixture::Fixture,
    flow::{Action, Flow, Function, Subject, Trigger},
};

const ONE: &str = "/v1/accounts/{uid}";

fn of(subject: &Subject) -> String {
    format!("/v1/accounts/{}", subject.uid)
}

fn delete(_ground: &Fixture, subject: &Subject) -> Action {
    Action::Http("DELETE", of(subject), None)
}

fn validate(_ground: &Fixture, subject: &Subject) -> Action {
    Action::Http("POST", format!("{}/validate", of(subject)), None)
}

const OWN: Function = Function("accounts");

const VALIDATE: Trigger = Trigger::Route("POST", "/v1/accounts/{uid}/validate");
const DELETE: Trigger = Trigger::Route("DELETE", ONE);

pub(crate) const FLOWS: &[Flow] = &[
    OWN.flow("list", Aws, Trigger::Route("GET", "/v1/accounts"), |_, _| {
        Action::get("/v1/accounts")
    })
    .after(static_credentials::registered),
    OWN.flow("show", AwsUsGov, Trigger::Route("GET", ONE), |_, subject| Action::get(&of(subject)))
        .after(sts::registered),
    OWN.flow("look again, keys", Aws, VALIDATE, validate).after(static_credentials::registered),
    OWN.flow("look again, role", AwsUsGov, VALIDATE, validate).after(sts::registered),
    OWN.flow("look again, portal", AwsIsoB, VALIDATE, validate).after(scap::registered),
    OWN.flow("policies of keys", Aws, Trigger::Route("POST", "/v1/policies"), |fixture, _| {
        let keys = static_credentials::members(&fixture.app.customer().keys);
        Action::post("/v1/policies", keys)
    }),
    OWN.flow("gateways", AwsUsGov, Trigger::Route("GET", "/v1/private-cloud-gateways"), |_, _| {
        Action::get("/v1/private-cloud-gateways")
    }),
    OWN.flow("openapi.json", Aws, Trigger::Route("GET", "/v1/openapi.json"), |_, _| {
        Action::get("/v1/openapi.json")
    }),
    OWN.flow("delete, keys", Aws, DELETE, delete).after(static_credentials::registered),
    OWN.flow("delete, role", AwsUsGov, DELETE, delete).after(sts::registered),
    OWN.flow("delete, portal", AwsIsoB, DELETE, delete).after(scap::registered),
];
