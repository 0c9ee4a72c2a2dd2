//! Paths, with their parameters, request bodies and responses.

use gangway_model::AuthMethod;
use serde_json::{Map, Value, json};

use crate::parts::{RouteScope, answers, body, parameter, schema, words};

/// The tags of the operations.
pub(crate) fn tags() -> Value {
    json!([
        { "name": "registration", "description": "Register an account. Each method has its own routes." },
        { "name": "accounts", "description": "The registered accounts." },
        { "name": "choices", "description": "Values to choose from in a wizard." },
    ])
}

/// Returns every path.
pub(crate) fn paths() -> Value {
    let mut paths = Map::new();
    for scope in RouteScope::ALL {
        for method in AuthMethod::ALL {
            paths.extend(of_method(scope, method));
        }
        let path = |rest: &str| format!("{}/{rest}", scope.path());
        let mut uid = scope.parameters();
        uid.push(parameter("uid"));
        let project = scope.parameters();
        paths.extend([
            (path("accounts"), json!({ "parameters": project, "get": list(scope) })),
            (
                path("accounts/{uid}"),
                json!({ "parameters": uid, "get": show(scope), "delete": remove(scope) }),
            ),
            (
                path("accounts/{uid}/validate"),
                json!({ "parameters": uid, "post": revalidate(scope) }),
            ),
            (path("accounts/{uid}/rotate"), json!({ "parameters": uid, "post": rotate(scope) })),
            (
                path("accounts/{uid}/policies"),
                json!({ "parameters": uid, "get": account_policies(scope) }),
            ),
            (path("accounts/{uid}/history"), json!({ "parameters": uid, "get": history(scope) })),
            (
                path("private-cloud-gateways"),
                json!({ "parameters": project, "get": gateways(scope) }),
            ),
        ]);
    }
    paths.extend([
        ("/v1/sts/trust".to_owned(), json!({ "get": trust() })),
        ("/v1/pod-identity/plan".to_owned(), json!({ "get": plan() })),
        ("/v1/policies".to_owned(), json!({ "post": policies() })),
        ("/v1/openapi.json".to_owned(), json!({ "get": this() })),
    ]);
    Value::Object(paths)
}

/// The routes that every method has.
fn of_method(scope: RouteScope, method: AuthMethod) -> [(String, Value); 3] {
    let (id, words) = (method.id(), words(method));
    let request = format!("{words}Request");
    let path = format!("{}/accounts/{id}", scope.path());
    let (suffix, project) = (scope.suffix(), scope.parameters());
    let mut uid = project.clone();
    uid.push(parameter("uid"));
    let validate = json!({
        "operationId": format!("validate{words}{suffix}"),
        "tags": ["registration"],
        "summary": "Check whether an account can be registered",
        "description": "Returns every check with what was observed and how to fix it. Stores nothing.",
        "requestBody": body(&request, method, scope),
        "responses": answers(&[("200", "Report")], Some((method, scope)), &[400, 404, 413, 415, 422]),
    });
    let register = json!({
        "operationId": format!("register{words}{suffix}"),
        "tags": ["registration"],
        "summary": "Register an account",
        "description": "The same request again changes nothing: the natural key is scope and name.",
        "requestBody": body(&request, method, scope),
        "responses": answers(&[("200", "Receipt"), ("201", "Receipt")], Some((method, scope)), &[400, 404, 409, 413, 415, 422]),
    });
    let replace = json!({
        "operationId": format!("replace{words}{suffix}"),
        "tags": ["registration"],
        "summary": "New keys, role, certificate or settings for this account",
        "requestBody": body(&request, method, scope),
        "responses": answers(&[("200", "Receipt")], Some((method, scope)), &[400, 404, 409, 413, 415, 422]),
    });
    [
        (path.clone(), json!({ "parameters": project, "post": register })),
        (format!("{path}/validate"), json!({ "parameters": project, "post": validate })),
        (format!("{path}/{{uid}}"), json!({ "parameters": uid, "put": replace })),
    ]
}

fn trust() -> Value {
    json!({
        "operationId": "showStsTrust",
        "tags": ["choices"],
        "summary": "Values and documents to create the role for STS",
        "parameters": [
            parameter("partition"), parameter("permissionProfile"), parameter("addOns"),
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

fn list(scope: RouteScope) -> Value {
    json!({
        "operationId": format!("listAccounts{}", scope.suffix()),
        "tags": ["accounts"],
        "summary": "A page of accounts",
        "description": "With `ready`, `expiringWithin` or `sort`, lists the accounts that the deployment has checked again, without what only Palette knows of them.",
        "parameters": [
            parameter("limit"), parameter("next"), parameter("ready"), parameter("expiringWithin"),
            parameter("sort"),
        ],
        "responses": answers(&[("200", "Accounts")], None, &[400, 422]),
    })
}

fn show(scope: RouteScope) -> Value {
    json!({
        "operationId": format!("showAccount{}", scope.suffix()),
        "tags": ["accounts"],
        "summary": "One account",
        "responses": answers(&[("200", "Account")], None, &[400, 404, 422]),
    })
}

fn history(scope: RouteScope) -> Value {
    json!({
        "operationId": format!("showAccountHistory{}", scope.suffix()),
        "tags": ["accounts"],
        "summary": "The last changes that checks of an account have seen",
        "responses": answers(&[("200", "History")], None, &[400, 404, 422]),
    })
}

fn remove(scope: RouteScope) -> Value {
    let mut responses = answers(&[], None, &[400, 404, 409, 422]);
    responses.insert(
        "204".to_owned(),
        json!({ "description": "The account was removed; its secret can be restored for 30 days." }),
    );
    json!({
        "operationId": format!("removeAccount{}", scope.suffix()),
        "tags": ["accounts"],
        "summary": "Remove an account",
        "responses": responses,
    })
}

fn rotate(scope: RouteScope) -> Value {
    json!({
        "operationId": format!("rotateAccountKey{}", scope.suffix()),
        "tags": ["accounts"],
        "summary": "Replace the access key of a registered account by a new one",
        "responses": answers(&[("202", "Rotation")], None, &[400, 404, 422]),
    })
}

fn revalidate(scope: RouteScope) -> Value {
    json!({
        "operationId": format!("validateAccount{}", scope.suffix()),
        "tags": ["accounts"],
        "summary": "The report of a registered account as it is now",
        "responses": answers(&[("200", "Report")], None, &[400, 404, 422]),
    })
}

fn account_policies(scope: RouteScope) -> Value {
    json!({
        "operationId": format!("listAccountPolicies{}", scope.suffix()),
        "tags": ["choices"],
        "summary": "IAM policies of a registered account, to choose policyArns from",
        "responses": answers(&[("200", "Policies")], None, &[400, 404, 422]),
    })
}

fn policies() -> Value {
    json!({
        "operationId": "listPolicies",
        "tags": ["choices"],
        "summary": "IAM policies of an AWS account, to choose policyArns from",
        "requestBody": {
            "required": true,
            "content": { "application/json": {
                "schema": schema("PoliciesRequest"),
                "example": { "roleArn": "arn:aws:iam::123456789012:role/SpectroCloudRole" },
            } },
        },
        "responses": answers(&[("200", "Policies")], None, &[400, 404, 413, 415, 422]),
    })
}

fn gateways(scope: RouteScope) -> Value {
    json!({
        "operationId": format!("listPrivateCloudGateways{}", scope.suffix()),
        "tags": ["choices"],
        "summary": "Private cloud gateways",
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
