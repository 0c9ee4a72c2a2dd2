//! Paths, with their parameters, request bodies and responses.

use gangway_model::AuthMethod;
use serde_json::{Map, Value, json};

use crate::parts::{RouteScope, body, method_type_prefix, parameter, responses_of_route, schema};

/// Returns the tags of the operations.
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
            paths.extend(method_routes(scope, method));
        }
        let path = |rest: &str| format!("{}/{rest}", scope.path());
        let mut uid = scope.parameters();
        uid.push(parameter("uid"));
        let project = scope.parameters();
        paths.extend([
            (path("accounts"), json!({ "parameters": project, "get": list_operation(scope) })),
            (
                path("accounts/{uid}"),
                json!({ "parameters": uid, "get": show_operation(scope), "delete": remove_operation(scope) }),
            ),
            (
                path("accounts/{uid}/validate"),
                json!({ "parameters": uid, "post": revalidate_operation(scope) }),
            ),
            (path("accounts/{uid}/rotate"), json!({ "parameters": uid, "post": rotate_operation(scope) })),
            (
                path("accounts/{uid}/policies"),
                json!({ "parameters": uid, "get": account_policies_operation(scope) }),
            ),
            (path("accounts/{uid}/history"), json!({ "parameters": uid, "get": history_operation(scope) })),
            (
                path("private-cloud-gateways"),
                json!({ "parameters": project, "get": gateways_operation(scope) }),
            ),
        ]);
    }
    paths.extend([
        ("/v1/sts/trust".to_owned(), json!({ "get": trust_operation() })),
        ("/v1/pod-identity/plan".to_owned(), json!({ "get": plan_operation() })),
        ("/v1/policies".to_owned(), json!({ "post": policies_operation() })),
        ("/v1/openapi.json".to_owned(), json!({ "get": openapi_operation() })),
    ]);
    Value::Object(paths)
}

/// Returns the routes of a method: register, validate and replace.
fn method_routes(scope: RouteScope, method: AuthMethod) -> [(String, Value); 3] {
    let (id, prefix) = (method.id(), method_type_prefix(method));
    let request = format!("{prefix}Request");
    let path = format!("{}/accounts/{id}", scope.path());
    let (suffix, project) = (scope.suffix(), scope.parameters());
    let mut uid = project.clone();
    uid.push(parameter("uid"));
    let validate = json!({
        "operationId": format!("validate{prefix}{suffix}"),
        "tags": ["registration"],
        "summary": "Check whether an account can be registered",
        "description": "Returns every check with what was observed and how to fix it. Stores nothing.",
        "requestBody": body(&request, method, scope),
        "responses": responses_of_route(&[("200", "Report")], Some((method, scope)), &[400, 404, 413, 415, 422]),
    });
    let register = json!({
        "operationId": format!("register{prefix}{suffix}"),
        "tags": ["registration"],
        "summary": "Register an account",
        "description": "The same request again changes nothing: the natural key is scope and name.",
        "requestBody": body(&request, method, scope),
        "responses": responses_of_route(&[("200", "Receipt"), ("201", "Receipt")], Some((method, scope)), &[400, 404, 409, 413, 415, 422]),
    });
    let replace = json!({
        "operationId": format!("replace{prefix}{suffix}"),
        "tags": ["registration"],
        "summary": "New keys, role, certificate or settings for this account",
        "requestBody": body(&request, method, scope),
        "responses": responses_of_route(&[("200", "Receipt")], Some((method, scope)), &[400, 404, 409, 413, 415, 422]),
    });
    [
        (path.clone(), json!({ "parameters": project, "post": register })),
        (format!("{path}/validate"), json!({ "parameters": project, "post": validate })),
        (format!("{path}/{{uid}}"), json!({ "parameters": uid, "put": replace })),
    ]
}

fn trust_operation() -> Value {
    json!({
        "operationId": "showStsTrust",
        "tags": ["choices"],
        "summary": "Values and documents to create the role for STS",
        "parameters": [
            parameter("partition"), parameter("permissionProfile"), parameter("addOns"),
        ],
        "responses": responses_of_route(&[("200", "Trust")], None, &[400, 404, 422]),
    })
}

fn plan_operation() -> Value {
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
        "responses": responses_of_route(&[("200", "Plan")], None, &[400, 404, 422]),
    })
}

fn list_operation(scope: RouteScope) -> Value {
    json!({
        "operationId": format!("listAccounts{}", scope.suffix()),
        "tags": ["accounts"],
        "summary": "A page of accounts",
        "description": "With `ready`, `expiringWithin` or `sort`, lists the accounts that the deployment has checked again, without what only Palette knows of them.",
        "parameters": [
            parameter("limit"), parameter("next"), parameter("ready"), parameter("expiringWithin"),
            parameter("sort"),
        ],
        "responses": responses_of_route(&[("200", "Accounts")], None, &[400, 422]),
    })
}

fn show_operation(scope: RouteScope) -> Value {
    json!({
        "operationId": format!("showAccount{}", scope.suffix()),
        "tags": ["accounts"],
        "summary": "One account",
        "responses": responses_of_route(&[("200", "Account")], None, &[400, 404, 422]),
    })
}

fn history_operation(scope: RouteScope) -> Value {
    json!({
        "operationId": format!("showAccountHistory{}", scope.suffix()),
        "tags": ["accounts"],
        "summary": "The last changes that checks of an account have seen",
        "responses": responses_of_route(&[("200", "History")], None, &[400, 404, 422]),
    })
}

fn remove_operation(scope: RouteScope) -> Value {
    let mut responses = responses_of_route(&[], None, &[400, 404, 409, 422]);
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

fn rotate_operation(scope: RouteScope) -> Value {
    json!({
        "operationId": format!("rotateAccountKey{}", scope.suffix()),
        "tags": ["accounts"],
        "summary": "Replace the access key of a registered account by a new one",
        "responses": responses_of_route(&[("202", "Rotation")], None, &[400, 404, 422]),
    })
}

fn revalidate_operation(scope: RouteScope) -> Value {
    json!({
        "operationId": format!("validateAccount{}", scope.suffix()),
        "tags": ["accounts"],
        "summary": "The report of a registered account as it is now",
        "responses": responses_of_route(&[("200", "Report")], None, &[400, 404, 422]),
    })
}

fn account_policies_operation(scope: RouteScope) -> Value {
    json!({
        "operationId": format!("listAccountPolicies{}", scope.suffix()),
        "tags": ["choices"],
        "summary": "IAM policies of a registered account, to choose policyArns from",
        "responses": responses_of_route(&[("200", "Policies")], None, &[400, 404, 422]),
    })
}

fn policies_operation() -> Value {
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
        "responses": responses_of_route(&[("200", "Policies")], None, &[400, 404, 413, 415, 422]),
    })
}

fn gateways_operation(scope: RouteScope) -> Value {
    json!({
        "operationId": format!("listPrivateCloudGateways{}", scope.suffix()),
        "tags": ["choices"],
        "summary": "Private cloud gateways",
        "responses": responses_of_route(&[("200", "Gateways")], None, &[400, 422]),
    })
}

fn openapi_operation() -> Value {
    let mut responses = responses_of_route(&[], None, &[]);
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
