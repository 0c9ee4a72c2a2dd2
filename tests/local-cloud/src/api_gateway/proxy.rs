//! Converts HTTP requests to proxy events (format 1.0), and responses back.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::body::Body;
use http::{HeaderMap, Response, StatusCode, request::Parts};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::routes::MatchedRoute;

/// API id and stage of the fake API.
pub const API_ID: &str = "local12345";
pub(super) const STAGE: &str = "live";

static NEXT_REQUEST: AtomicU64 = AtomicU64::new(1);

/// Returns a request id that is unique in this process.
pub(super) fn request_id() -> String {
    let number = NEXT_REQUEST.fetch_add(1, Ordering::Relaxed);
    format!("c6af9ac6-7b61-41e6-9a41-{number:012x}")
}

/// Builds the proxy event. `caller` is the ARN of the principal that signed the request.
pub(super) fn build_event(
    account: &str,
    id: &str,
    caller: Option<&str>,
    found: &MatchedRoute,
    head: &Parts,
    body: &[u8],
) -> Value {
    let (path, method) = (head.uri.path(), head.method.as_str());
    let headers = header_lists(&head.headers);
    let query = query_lists(head.uri.query().unwrap_or_default());
    let parameters = (!found.parameters.is_empty()).then_some(&found.parameters);
    let text = (!body.is_empty()).then(|| String::from_utf8_lossy(body));
    let user_agent = head.headers.get("user-agent").and_then(|value| value.to_str().ok());
    json!({
        "resource": found.resource,
        "path": path,
        "httpMethod": method,
        "headers": last_of_each(&headers),
        "multiValueHeaders": none_if_empty(&headers),
        "queryStringParameters": last_of_each(&query),
        "multiValueQueryStringParameters": none_if_empty(&query),
        "pathParameters": parameters,
        "stageVariables": null,
        "requestContext": {
            "accountId": account,
            "apiId": API_ID,
            "domainName": "127.0.0.1",
            "domainPrefix": "127",
            "extendedRequestId": "JKJaXmPLvHcESHA=",
            "httpMethod": method,
            "identity": {
                "accessKey": null, "accountId": account, "caller": null, "cognitoAuthenticationProvider": null,
                "cognitoAuthenticationType": null, "cognitoIdentityId": null, "cognitoIdentityPoolId": null,
                "principalOrgId": null, "sourceIp": "127.0.0.1", "user": null, "userAgent": user_agent, "userArn": caller,
            },
            "path": format!("/{STAGE}{path}"),
            "protocol": "HTTP/1.1",
            "requestId": id,
            "requestTime": "23/Nov/2026:08:00:00 +0000",
            "requestTimeEpoch": 1_795_420_800_000_u64,
            "resourceId": "123456",
            "resourcePath": found.resource,
            "stage": STAGE,
        },
        "body": text,
        "isBase64Encoded": false,
    })
}

type MultiValues = BTreeMap<String, Vec<String>>;

fn header_lists(headers: &HeaderMap) -> MultiValues {
    let mut lists = MultiValues::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        lists.entry(name.as_str().to_owned()).or_default().push(value);
    }
    lists
}

fn query_lists(query: &str) -> MultiValues {
    let mut lists = MultiValues::new();
    let decoded =
        |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        lists.entry(decoded(name)).or_default().push(decoded(value));
    }
    lists
}

fn none_if_empty(lists: &MultiValues) -> Option<&MultiValues> {
    (!lists.is_empty()).then_some(lists)
}

fn last_of_each(lists: &MultiValues) -> Option<BTreeMap<String, Option<String>>> {
    let last =
        |(name, values): (&'_ String, &'_ Vec<String>)| (name.clone(), values.last().cloned());
    none_if_empty(lists).map(|lists| lists.iter().map(last).collect())
}

/// Converts a function's response. Returns `None` if API Gateway would not accept it.
pub(super) fn http_response(answer: &Value, id: &str) -> Option<Response<Body>> {
    let status = answer.get("statusCode")?.as_u64()?;
    let status = StatusCode::from_u16(u16::try_from(status).ok()?).ok()?;
    let mut response = Response::builder().status(status);
    let members = |name: &str| answer.get(name).and_then(Value::as_object).into_iter().flatten();
    // A header in both counts as the list says.
    let lists = answer.get("multiValueHeaders");
    let single =
        members("headers").filter(|(name, _)| lists.is_none_or(|it| it.get(name).is_none()));
    for (name, value) in single {
        response = response.header(name, text(value));
    }
    for (name, values) in members("multiValueHeaders") {
        for value in values.as_array().into_iter().flatten() {
            response = response.header(name, text(value));
        }
    }
    response = response.header("x-amzn-requestid", id);
    let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    response.body(Body::from(body.to_owned())).ok().map(with_default_content_type)
}

/// Adds API Gateway's default content type, JSON, to a response without one.
fn with_default_content_type(mut response: Response<Body>) -> Response<Body> {
    if response.status() != StatusCode::NO_CONTENT
        && let http::header::Entry::Vacant(entry) = response.headers_mut().entry("content-type")
    {
        entry.insert(http::HeaderValue::from_static("application/json"));
    }
    response
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
