//! Flows of `accounts`.

use gangway_model::Partition::{Aws, AwsIsoB, AwsUsGov};
use serde_json::json;

use super::{scap, static_credentials, sts};
use crate::{
    fixture::Fixture,
    flow::{Action, Flow, Function, Subject, Trigger},
};

const ACCOUNT_ROUTE: &str = "/v1/tenant/accounts/{uid}";

/// Returns the path of the account of a run.
fn account_path(subject: &Subject) -> String {
    format!("/v1/tenant/accounts/{}", subject.uid)
}

fn delete(_fixture: &Fixture, subject: &Subject) -> Action {
    Action::Http("DELETE", account_path(subject), None)
}

/// Writes an item about the account to the state table, as the watch does.
fn put_state(fixture: &Fixture, subject: &Subject) {
    let table = fixture.app.deployment().table("AccountStates").expect("the table");
    table.put(&json!({
        "scope": {"S": "tenant"},
        "uid": {"S": subject.uid},
        "revision": {"N": "1"},
        "checked": {"S": "2026-11-30T00:00:00Z"},
        "expires": {"N": "4102444800"},
        "document": {"S": "{}"},
    }));
}

const FUNCTION: Function = Function("accounts");

const DELETE_ACCOUNT: Trigger = Trigger::Route("DELETE", ACCOUNT_ROUTE);

pub(crate) const FLOWS: &[Flow] = &[
    FUNCTION
        .flow("list", Aws, Trigger::Route("GET", "/v1/tenant/accounts"), |_, _| {
            Action::get("/v1/tenant/accounts")
        })
        .with_preparation(static_credentials::register),
    FUNCTION
        .flow("show", AwsUsGov, Trigger::Route("GET", ACCOUNT_ROUTE), |_, subject| {
            Action::get(&account_path(subject))
        })
        .with_preparation(sts::register),
    FUNCTION
        .flow(
            "policies of an account",
            AwsUsGov,
            Trigger::Route("GET", "/v1/tenant/accounts/{uid}/policies"),
            |_, subject| Action::get(&format!("{}/policies", account_path(subject))),
        )
        .with_preparation(sts::register),
    FUNCTION
        .flow(
            "history of an account",
            Aws,
            Trigger::Route("GET", "/v1/tenant/accounts/{uid}/history"),
            |_, subject| Action::get(&format!("{}/history", account_path(subject))),
        )
        .with_preparation(sts::register)
        .with_change(put_state),
    FUNCTION.flow("policies of keys", Aws, Trigger::Route("POST", "/v1/policies"), |fixture, _| {
        let access_key = static_credentials::access_key_members(&fixture.app.customer().keys);
        Action::post("/v1/policies", access_key)
    }),
    FUNCTION.flow(
        "gateways",
        AwsUsGov,
        Trigger::Route("GET", "/v1/tenant/private-cloud-gateways"),
        |_, _| Action::get("/v1/tenant/private-cloud-gateways"),
    ),
    FUNCTION.flow("openapi.json", Aws, Trigger::Route("GET", "/v1/openapi.json"), |_, _| {
        Action::get("/v1/openapi.json")
    }),
    FUNCTION
        .flow("delete, keys", Aws, DELETE_ACCOUNT, delete)
        .with_preparation(static_credentials::register),
    FUNCTION.flow("delete, role", AwsUsGov, DELETE_ACCOUNT, delete).with_preparation(sts::register),
    FUNCTION
        .flow("delete, portal", AwsIsoB, DELETE_ACCOUNT, delete)
        .with_preparation(scap::register),
];
