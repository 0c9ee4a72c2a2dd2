//! Converts HTTP requests to proxy events (format 1.0), and the responses of functions to HTTP
//! responses.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::body::Body;
use http::{HeaderMap, Response, StatusCode, request::Parts};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::routes::MatchedRoute;

/// Id of the fake REST API.
pub const API_ID: &str = "local12345";
/// Stage of the fake REST API.
pub(super) const STAGE: &str = "live";

/// Number of the next request, which becomes a part of its id.
static NEXT_REQUEST: AtomicU64 = AtomicU64::new(1);

/// Returns a new request id, which is unique in this process.
pub(super) fn next_request_id() -> String {
    let number = NEXT_REQUEST.fetch_add(1, Ordering::Relaxed);
    format!("c6af9ac6-7b61-41e6-9a41-{number:012x}")
}

/// Builds the proxy event of a request. `caller` is the ARN of the principal that signed the
/// request; `None` for a request without signature.
pub(super) fn build_event(
    account: &str,
    id: &str,
    caller: Option<&str>,
    route: &MatchedRoute,
    head: &Parts,
    body: &[u8],
) -> Value {
    let (path, method) = (head.uri.path(), head.method.as_str());
    let headers = collect_headers(&head.headers);
    let query = collect_query_parameters(head.uri.query().unwrap_or_default());
    let parameters = (!route.parameters.is_empty()).then_some(&route.parameters);
    let text = (!body.is_empty()).then(|| String::from_utf8_lossy(body));
    let user_agent = head.headers.get("user-agent").and_then(|value| value.to_str().ok());
    json!({
        "resource": route.resource,
        "path": path,
        "httpMethod": method,
        "headers": select_last_values(&headers),
        "multiValueHeaders": none_if_empty(&headers),
        "queryStringParameters": select_last_values(&query),
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
                "accessKey": null, "accountId": account, "caller": null,
                "cognitoAuthenticationProvider": null, "cognitoAuthenticationType": null,
                "cognitoIdentityId": null, "cognitoIdentityPoolId": null,
                "principalOrgId": null, "sourceIp": "127.0.0.1", "user": null,
                "userAgent": user_agent, "userArn": caller,
            },
            "path": format!("/{STAGE}{path}"),
            "protocol": "HTTP/1.1",
            "requestId": id,
            "requestTime": "23/Nov/2026:08:00:00 +0000",
            "requestTimeEpoch": 1_795_420_800_000_u64,
            "resourceId": "123456",
            "resourcePath": route.resource,
            "stage": STAGE,
        },
        "body": text,
        "isBase64Encoded": false,
    })
}

/// All values of each header or query parameter, by name.
type MultiValues = BTreeMap<String, Vec<String>>;

fn collect_headers(headers: &HeaderMap) -> MultiValues {
    let mut lists = MultiValues::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        lists.entry(name.as_str().to_owned()).or_default().push(value);
    }
    lists
}

/// Returns the decoded parameters of a query.
fn collect_query_parameters(query: &str) -> MultiValues {
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

/// Returns the last value of each name, or `None` if there is no name.
fn select_last_values(lists: &MultiValues) -> Option<BTreeMap<String, Option<String>>> {
    let last_value =
        |(name, values): (&'_ String, &'_ Vec<String>)| (name.clone(), values.last().cloned());
    none_if_empty(lists).map(|lists| lists.iter().map(last_value).collect())
}

/// Converts the response of a function to an HTTP response. Returns `None` if API Gateway would not
/// accept the function's response.
pub(super) fn build_http_response(function_response: &Value, id: &str) -> Option<Response<Body>> {
    let status = function_response.get("statusCode")?.as_u64()?;
    let status = StatusCode::from_u16(u16::try_from(status).ok()?).ok()?;
    let mut response = Response::builder().status(status);
    let members =
        |name: &str| function_response.get(name).and_then(Value::as_object).into_iter().flatten();
    // If `multiValueHeaders` has a header of the same name, the one in `headers` is ignored.
    let lists = function_response.get("multiValueHeaders");
    let single_values =
        members("headers").filter(|(name, _)| lists.is_none_or(|lists| lists.get(name).is_none()));
    for (name, value) in single_values {
        response = response.header(name, to_header_text(value));
    }
    for (name, values) in members("multiValueHeaders") {
        for value in values.as_array().into_iter().flatten() {
            response = response.header(name, to_header_text(value));
        }
    }
    response = response.header("x-amzn-requestid", id);
    let body = function_response.get("body").and_then(Value::as_str).unwrap_or_default();
    response.body(Body::from(body.to_owned())).ok().map(with_default_content_type)
}

/// Adds the content type `application/json` to a response without content type, as API Gateway
/// does. A response with status 204 gets none.
fn with_default_content_type(mut response: Response<Body>) -> Response<Body> {
    if response.status() != StatusCode::NO_CONTENT
        && let http::header::Entry::Vacant(entry) = response.headers_mut().entry("content-type")
    {
        entry.insert(http::HeaderValue::from_static("application/json"));
    }
    response
}

/// Returns a JSON value as the text of a header.
fn to_header_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
