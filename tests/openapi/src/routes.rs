//! Paths, what they take and what they answer.

use gangway_model::AuthMethod;
use serde_json::{Map, Value, json};

use crate::parts::{answers, body, parameter, schema, words};

/// What belongs together.
pub(crate) fn tags() -> Value {
    json!([
        { "name": "registration", "description": "Register an account. Each method has its own routes." },
        { "name": "accounts", "description": "The registered accounts." },
        { "name": "choices", "description": "Values to choose from in a wizard." },
    ])
}

/// Every path.
pub(crate) fn paths() -> Value {
    let mut paths = Map::new();
    for method in AuthMethod::ALL {
        paths.extend(of_method(method));
    }
    paths.extend([
        ("/v1/accounts/sts/trust".to_owned(), json!({ "get": trust() })),
        ("/v1/accounts/pod-identity/plan".to_owned(), json!({ "get": plan() })),
        ("/v1/accounts".to_owned(), json!({ "get": list() })),
        ("/v1/accounts/{uid}".to_owned(), json!({ "get": show(), "delete": remove() })),
        ("/v1/accounts/{uid}/validate".to_owned(), json!({ "post": look_again() })),
        ("/v1/policies".to_owned(), json!({ "post": policies() })),
        ("/v1/private-cloud-gateways".to_owned(), json!({ "get": gateways() })),
        ("/v1/openapi.json".to_owned(), json!({ "get": this() })),
    ]);
    Value::Object(paths)
}

/// The routes that every method has.
fn of_method(method: AuthMethod) -> [(String, Value); 3] {
    let (id, words) = (method.id(), words(method));
    let request = format!("{words}Request");
    let path = format!("/v1/accounts/{id}");
    let validate = json!({
        "operationId": format!("validate{words}"),
        "tags": ["registration"],
        "summary": "Would it work?",
        "description": "Returns every check with what was observed and how to fix it. Stores nothing.",
        "requestBody": body(&request, method),
        "responses": answers(&[("200", "Report")], Some(method), &[400, 404, 413, 415, 422]),
    });
    let register = json!({
        "operationId": format!("register{words}"),
        "tags": ["registration"],
        "summary": "Check it, keep what is secret, register it",
        "description": "The same request again changes nothing: the natural key is scope and name.",
        "requestBody": body(&request, method),
        "responses": answers(&[("200", "Receipt"), ("201", "Receipt")], Some(method), &[400, 404, 409, 413, 415, 422]),
    });
    let replace = json!({
        "operationId": format!("replace{words}"),
        "tags": ["registration"],
        "summary": "New keys, role, certificate or settings for this account",
        "requestBody": body(&request, method),
        "responses": answers(&[("200", "Receipt")], Some(method), &[400, 404, 409, 413, 415, 422]),
    });
    [
        (path.clone(), json!({ "post": register })),
        (format!("{path}/validate"), json!({ "post": validate })),
        (format!("{path}/{{uid}}"), json!({ "parameters": [parameter("uid")], "put": replace })),
    ]
}

fn trust() -> Value {
    json!({
        "operationId": "showStsTrust",
        "tags": ["choices"],
        "summary": "Values and documents to create the role for STS",
        "parameters": [
            parameter("partition"), parameter("permissionProfile"), parameter("addOns"), parameter("project"),
        ],
        "responses": answers(&[("200", "Trust")], None, &[400, 404, 422]),
    })
}

fn plan() -> Value {
    json!({
        "operationId": "showPodIdentityPlan",
        "tags": ["choices"],
        "summary": "Roles, policies and associations to make for EKS Pod Identity, in an order that works",
        "parameters": [
            parameter("clusterName"), parameter("clusterRegion"), parameter("clusterAccountId"),
            parameter("targetAccountId"), parameter("roleArn"), parameter("hubbleRoleArn"),
            parameter("identityRoleArn"), parameter("hubbleTargetRoleArn"), parameter("partition"),
            parameter("permissionProfile"),
        ],
        "responses": answers(&[("200", "Plan")], None, &[400, 404, 422]),
    })
}

fn list() -> Value {
    json!({
        "operationId": "listAccounts",
        "tags": ["accounts"],
        "summary": "A page of accounts",
        "parameters": [parameter("limit"), parameter("next"), parameter("project")],
        "responses": answers(&[("200", "Accounts")], None, &[400, 422]),
    })
}

fn show() -> Value {
    json!({
        "operationId": "showAccount",
        "tags": ["accounts"],
        "summary": "One account",
        "parameters": [parameter("uid"), parameter("project")],
        "responses": answers(&[("200", "Account")], None, &[400, 404, 422]),
    })
}

fn remove() -> Value {
    let mut responses = answers(&[], None, &[400, 404, 422]);
    responses.insert(
        "204".to_owned(),
        json!({ "description": "It is gone; its secret can be restored for 30 days." }),
    );
    json!({
        "operationId": "removeAccount",
        "tags": ["accounts"],
        "summary": "Remove it",
        "parameters": [parameter("uid"), parameter("project")],
        "responses": responses,
    })
}

fn look_again() -> Value {
    json!({
        "operationId": "validateAccount",
        "tags": ["accounts"],
        "summary": "The report of a registered account as it is now",
        "parameters": [parameter("uid"), parameter("project")],
        "responses": answers(&[("200", "Report")], None, &[400, 404, 422]),
    })
}

fn policies() -> Value {
    json!({
        "operationId": "listPolicies",
        "tags": ["choices"],
        "summary": "IAM policies of an AWS account, to choose policyArns from",
        "parameters": [parameter("project")],
        "requestBody": {
            "required": true,
            "content": { "application/json": {
                "schema": schema("PoliciesRequest"),
                "example": { "uid": "5f0c1a2b3c4d5e6f70818293" },
            } },
        },
        "responses": answers(&[("200", "Policies")], None, &[400, 404, 413, 415, 422]),
    })
}

fn gateways() -> Value {
    json!({
        "operationId": "listPrivateCloudGateways",
        "tags": ["choices"],
        "summary": "Private cloud gateways",
        "parameters": [parameter("project")],
        "responses": answers(&[("200", "Gateways")], None, &[400, 422]),
    })
}

fn this() -> Value {
    let mut responses = answers(&[], None, &[]);
    responses.insert(
        "200".to_owned(),
        json!({
            "description": "OpenAPI 3.1.",
            "headers": { "x-request-id": { "$ref": "#/components/headers/RequestId" } },
            "content": { "application/json": {
                "schema": { "type": "object" },
                "example": { "openapi": "3.1.0", "info": { "title": "Gangway", "version": env!("CARGO_PKG_VERSION") }, "paths": {} },
            } },
        }),
    );
    json!({
        "operationId": "showOpenApi",
        "tags": ["choices"],
        "summary": "This document",
        "responses": responses,
    })
}
