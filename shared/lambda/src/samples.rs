//! Sample payloads of API Gateway and EventBridge, for tests.

use std::time::Duration;

use gangway_model::RequestLimits;
use serde_json::{Value, json};

use crate::Request;

pub(crate) const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:sts";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// Returns a request of a REST API.
pub(crate) fn rest_request(method: &str, path: &str, body: &str) -> Value {
    json!({
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": { "Content-Type": "application/json", "Accept": "*/*" },
        "multiValueHeaders": { "Content-Type": ["application/json"] },
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": null,
        "stageVariables": null,
        "requestContext": {
            "requestId": "gateway-1",
            "stage": "prod",
            "httpMethod": method,
            "identity": { "userArn": null },
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// Returns a request of an HTTP API.
pub(crate) fn http_request(method: &str, path: &str, body: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": format!("/prod{path}"),
        "rawQueryString": "",
        "headers": { "content-type": "application/json; charset=utf-8" },
        "requestContext": { "requestId": "gateway-2", "stage": "prod", "http": { "method": method, "path": path } },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// Returns an event that requests a registration.
pub(crate) fn registration_event(detail: &Value) -> Value {
    json!({
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "Gangway Registration Requested",
        "source": "com.example.vending",
        "account": "123456789012",
        "time": "2026-11-20T21:42:18Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    })
}

/// Decodes a payload that must be a valid request.
pub(crate) fn decode(invocation: &Value) -> Request {
    match Request::decode(&invocation.to_string(), ARN) {
        Ok(request) => request,
        Err(rejection) => panic!("{rejection:?}"),
    }
}

/// Returns limits that accept every sample event whose project is `Default` or `Payments`.
pub(crate) fn no_limits() -> RequestLimits {
    let projects = ["Default", "Payments"].into_iter().filter_map(|name| name.parse().ok());
    RequestLimits {
        max_age: Duration::MAX,
        projects: projects.collect(),
        waivable_checks: Vec::new(),
    }
}
