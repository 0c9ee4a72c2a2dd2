//! The invocation as Lambda delivers it: a request of API Gateway, REST or HTTP, or an event of EventBridge.
//!
//! Structs of our own, of the few members that matter: those of `aws_lambda_events` demand members that mean nothing
//! here, read every header twice, and bring a calendar.

use std::{borrow::Cow, collections::BTreeMap};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// What an event that asks for a registration is called.
const DETAIL_TYPE: &str = "Gangway Registration Requested";

/// Either trigger, told by its members.
#[derive(Deserialize)]
struct RawEvent<'a> {
    #[serde(borrow, rename = "detail-type")]
    detail_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    #[serde(borrow, rename = "requestContext")]
    context: Option<Context<'a>>,
    #[serde(borrow, rename = "httpMethod")]
    verb: Option<Cow<'a, str>>,
    #[serde(borrow)]
    path: Option<Cow<'a, str>>,
    #[serde(borrow)]
    resource: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "rawPath")]
    raw_path: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "routeKey")]
    route_key: Option<Cow<'a, str>>,
    headers: Option<BTreeMap<String, Option<String>>>,
    #[serde(rename = "queryStringParameters")]
    query: Option<BTreeMap<String, Option<String>>>,
    body: Option<String>,
    #[serde(default, rename = "isBase64Encoded")]
    base64: bool,
}

#[derive(Deserialize)]
struct Context<'a> {
    #[serde(borrow, rename = "requestId")]
    request_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    http: Option<Http<'a>>,
}

#[derive(Deserialize)]
struct Http<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    path: Option<Cow<'a, str>>,
}

/// What called us, taken apart.
pub(crate) enum Payload {
    /// API Gateway.
    Http(ProxyRequest),
    /// EventBridge, with the event's detail.
    Event(Zeroizing<String>),
}

/// A request of API Gateway.
pub(crate) struct ProxyRequest {
    pub(crate) verb: String,
    pub(crate) path: String,
    /// The route as API Gateway has it, with placeholders: fit for logs.
    pub(crate) resource: Option<String>,
    pub(crate) gateway_request_id: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) query: BTreeMap<String, String>,
    /// `None` where it claims to be base64 and is not.
    pub(crate) body: Option<Zeroizing<Vec<u8>>>,
}

impl Payload {
    /// Takes an invocation apart; `None` where it is neither.
    pub(crate) fn read(payload: &str) -> Option<Self> {
        let shape: RawEvent<'_> = serde_json::from_str(payload).ok()?;
        let body = shape.body.map(Zeroizing::new).unwrap_or_default();
        let Some(context) = shape.context else {
            let detail = shape.detail.filter(|_| shape.detail_type.as_deref() == Some(DETAIL_TYPE));
            return detail.map(|detail| Self::Event(Zeroizing::new(detail.get().to_owned())));
        };
        let (verb, path, resource) = match (context.http, shape.verb) {
            (Some(http), _) => (http.method, shape.raw_path.or(http.path)?, shape.route_key),
            (None, Some(verb)) => (verb, shape.path?, shape.resource),
            (None, None) => return None,
        };
        let content_type =
            shape.headers.into_iter().flatten().find_map(|(name, value)| {
                value.filter(|_| name.eq_ignore_ascii_case("content-type"))
            });
        let query = shape.query.into_iter().flatten();
        let body = if shape.base64 {
            BASE64_STANDARD.decode(body.as_bytes()).ok().map(Zeroizing::new)
        } else {
            Some(Zeroizing::new(body.as_bytes().to_vec()))
        };
        Some(Self::Http(ProxyRequest {
            verb: verb.into_owned(),
            path: path.into_owned(),
            resource: resource.map(Cow::into_owned),
            gateway_request_id: context.request_id.map(Cow::into_owned),
            content_type,
            query: query.map(|(name, value)| (name, value.unwrap_or_default())).collect(),
            body,
        }))
    }
}

#[cfg(test)]
mod tests {
    use gangway_model::AuthMethod;
    use serde_json::{Value, json};

    use crate::{
        ApiError, HttpMethod, Request, Trigger,
        samples::{ARN, event, http, read, rest},
    };

    const BODY: &str = r#"{"name":"prod"}"#;

    #[test]
    fn both_flavours_of_api_gateway_are_the_same_request() {
        let mut encoded = rest("POST", "/v1/accounts/sts", "eyJuYW1lIjoicHJvZCJ9");
        encoded["isBase64Encoded"] = true.into();
        let mut shouted = rest("POST", "/v1/accounts/sts/", BODY);
        shouted["headers"] = json!({ "CONTENT-TYPE": "Application/JSON ; charset=UTF-8" });
        for invocation in [
            rest("POST", "/v1/accounts/sts", BODY),
            http("POST", "/v1/accounts/sts", BODY),
            encoded,
            shouted,
        ] {
            let request = read(&invocation);
            assert_eq!(
                request.route(),
                (HttpMethod::Post, vec!["accounts", "sts"]),
                "{invocation}"
            );
            assert_eq!(request.origin(), Trigger::Http);
            assert_eq!(request.function_account_id().unwrap().as_str(), "123456789012");
            let mut members = request.parse_operation(AuthMethod::Sts, &[]).unwrap().1;
            assert_eq!(members.required::<String>("name").unwrap(), "prod");
            members.finish().unwrap();
        }
    }

    #[test]
    fn queries_come_decoded_or_not_at_all() {
        let mut invocation = rest("GET", "/v1/accounts", "");
        invocation["queryStringParameters"] = json!({ "limit": "5", "project": "Default" });
        let request = read(&invocation);
        assert_eq!(request.query("limit"), Some("5"));
        assert_eq!(request.query("next"), None);
        assert!(request.scope().is_ok());
        invocation["queryStringParameters"] = json!({ "project": "" });
        assert_eq!(read(&invocation).scope().unwrap_err().pointer, "/project");
    }

    #[test]
    fn an_event_is_told_by_its_detail_type() {
        let request = read(&event(&json!({ "method": "sts", "name": "prod" })));
        assert_eq!(request.origin(), Trigger::Event);
        assert_eq!(request.route(), (HttpMethod::Other, vec![]));
        assert!(matches!(
            request.routing_error(&[(HttpMethod::Get, "accounts")]),
            ApiError::NotFound
        ));
    }

    #[test]
    fn what_is_neither_is_turned_away() {
        let with = |mut invocation: Value, member: &str, value: Value| {
            invocation[member] = value;
            invocation
        };
        for garbage in [
            json!(null),
            json!([]),
            json!("text"),
            json!(7),
            json!({}),
            json!({ "requestContext": {} }),
            json!({ "requestContext": { "http": {} } }),
            json!({ "httpMethod": "GET", "path": "/v1/accounts" }),
            json!({ "Records": [] }),
            with(event(&json!({})), "detail-type", "AWS Service Event via CloudTrail".into()),
            with(event(&json!({})), "detail-type", 7.into()),
            with(event(&json!({})), "detail", Value::Null),
            with(rest("GET", "/v1/accounts", ""), "path", Value::Null),
            with(rest("GET", "/v1/accounts", ""), "httpMethod", Value::Null),
            with(rest("GET", "/v1/accounts", ""), "headers", json!("none")),
        ] {
            let read = Request::read(&garbage.to_string(), ARN).map(|_| ());
            assert!(matches!(read, Err(ApiError::UnrecognizedEvent)), "{garbage}");
        }
        for text in ["", "{", "\0", "nul"] {
            assert!(matches!(Request::read(text, ""), Err(ApiError::UnrecognizedEvent)), "{text}");
        }
    }

    #[test]
    fn no_broken_invocation_panics() {
        let whole =
            rest("POST", "/v1/accounts/sts", r#"{"name":"é","scope":{"project":["\\u0000"]}}"#);
        let mut encoded = whole.clone();
        encoded["isBase64Encoded"] = true.into();
        for payload in [whole.to_string(), encoded.to_string(), event(&whole).to_string()] {
            for (at, _) in payload.char_indices() {
                let (head, tail) = payload.split_at(at);
                let mut rest = tail.chars();
                rest.next();
                for text in
                    [head.to_owned(), format!("{head}{}", rest.as_str()), format!("{head}\\{tail}")]
                {
                    let order = Request::read(&text, ARN)
                        .and_then(|request| request.parse_operation(AuthMethod::Sts, &[]));
                    drop(order.map(|(_, members)| members.finish()));
                }
            }
        }
    }

    #[test]
    fn a_function_without_an_arn_is_in_no_account() {
        let invocation = rest("GET", "/v1/accounts", "").to_string();
        for arn in ["", "none", "arn:aws:lambda:us-east-1:12:function:sts", ":::::"] {
            assert_eq!(
                Request::read(&invocation, arn).unwrap().function_account_id(),
                None,
                "{arn}"
            );
        }
    }
}
