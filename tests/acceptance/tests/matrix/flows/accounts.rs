//! What is registered: shown, looked at again, removed; and what the wizard lets one choose from.

use domain::Partition::{self, Aws, AwsIsoB, AwsUsGov};

use super::{scap, static_credentials, sts};
use crate::{
    flow::{Ask, Flow, Subject, Trigger},
    ground::Ground,
};

const ONE: &str = "/v1/accounts/{uid}";

fn of(subject: &Subject) -> String {
    format!("/v1/accounts/{}", subject.uid)
}

fn delete(_ground: &Ground, subject: &Subject) -> Ask {
    Ask::Http("DELETE", of(subject), None)
}

fn validate(_ground: &Ground, subject: &Subject) -> Ask {
    Ask::Http("POST", format!("{}/validate", of(subject)), None)
}

const fn flow(
    name: &'static str,
    partition: Partition,
    trigger: Trigger,
    ask: fn(&Ground, &Subject) -> Ask,
) -> Flow {
    Flow::new("accounts", name, partition, trigger, ask)
}

const VALIDATE: Trigger = Trigger::Route("POST", "/v1/accounts/{uid}/validate");
const DELETE: Trigger = Trigger::Route("DELETE", ONE);

pub(crate) const FLOWS: &[Flow] = &[
    flow("list", Aws, Trigger::Route("GET", "/v1/accounts"), |_, _| Ask::get("/v1/accounts"))
        .after(static_credentials::registered),
    flow("show", AwsUsGov, Trigger::Route("GET", ONE), |_, subject| Ask::get(&of(subject)))
        .after(sts::registered),
    flow("look again, keys", Aws, VALIDATE, validate).after(static_credentials::registered),
    flow("look again, role", AwsUsGov, VALIDATE, validate).after(sts::registered),
    flow("look again, portal", AwsIsoB, VALIDATE, validate).after(scap::registered),
    flow("policies of keys", Aws, Trigger::Route("POST", "/v1/policies"), |ground, _| {
        let keys = static_credentials::members(&ground.stage.customer().keys);
        Ask::post("/v1/policies", keys)
    }),
    flow("gateways", AwsUsGov, Trigger::Route("GET", "/v1/private-cloud-gateways"), |_, _| {
        Ask::get("/v1/private-cloud-gateways")
    }),
    flow("openapi.json", Aws, Trigger::Route("GET", "/v1/openapi.json"), |_, _| {
        Ask::get("/v1/openapi.json")
    }),
    flow("delete, keys", Aws, DELETE, delete).after(static_credentials::registered),
    flow("delete, role", AwsUsGov, DELETE, delete).after(sts::registered),
    flow("delete, portal", AwsIsoB, DELETE, delete).after(scap::registered),
];
