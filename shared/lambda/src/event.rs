//! Decodes Lambda payloads: requests of API Gateway (REST and HTTP APIs), function URLs and
//! application load balancers, and EventBridge events.
//!
//! The types of `aws_lambda_events` contain bodies and headers, which may be secret: do not format
//! these types with `Debug`.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, btree_map::Entry},
    time::SystemTime,
};

use aws_lambda_events::{
    apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest},
    eventbridge::EventBridgeEvent,
    query_map::QueryMap,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use gangway_model::{Correlation, EventOrigin, Initiator};
use http::{HeaderMap, Method, header::CONTENT_TYPE};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::{RawValue, to_raw_value};
use zeroize::Zeroizing;

/// `detail-type` of the event that requests a registration.
const REGISTRATION_DETAIL_TYPE: &str = "Gangway Registration Requested";

/// A decoded payload.
pub(crate) enum Payload {
    /// An HTTP request.
    Http(Box<HttpRequest>),
    /// The `detail` of an EventBridge event that requests a registration, and the event's origin.
    Event { detail: Zeroizing<Box<str>>, initiator: Initiator, origin: EventOrigin },
}

/// The parts of an HTTP request that Gangway uses. Requests of API Gateway, function URLs and load
/// balancers are all converted to this type.
pub(crate) struct HttpRequest {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The route with placeholders, as API Gateway names it. Logs contain the route and not the
    /// path, because the path may contain a secret.
    pub(crate) route: Option<String>,
    pub(crate) path_parameters: HashMap<String, String>,
    pub(crate) gateway_request_id: Option<String>,
    pub(crate) caller: Initiator,
    pub(crate) correlation: Correlation,
    pub(crate) content_type: Option<String>,
    pub(crate) query: BTreeMap<String, String>,
    /// `None` if `isBase64Encoded` is true and the body is not valid base64.
    pub(crate) body: Option<Zeroizing<Vec<u8>>>,
}

/// The members by which Gangway recognizes the type of a payload.
#[derive(Deserialize)]
struct PayloadMembers<'a> {
    #[serde(rename = "detail-type")]
    detail_type: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "requestContext")]
    request_context: Option<&'a RawValue>,
}

/// The member `replay-name` of an event, which the type `EventBridgeEvent` does not have.
#[derive(Deserialize)]
struct ReplayName {
    #[serde(rename = "replay-name")]
    replay_name: Option<IgnoredAny>,
}

/// The members of `requestContext` by which Gangway recognizes the service that sent an HTTP
/// request.
#[derive(Deserialize)]
struct RequestContextMembers {
    http: Option<IgnoredAny>,
    #[serde(rename = "httpMethod")]
    http_method: Option<IgnoredAny>,
    /// Present in requests of an application load balancer.
    elb: Option<IgnoredAny>,
}

impl Payload {
    /// Decodes a payload. Returns `None` if the payload is neither an HTTP request nor an event
    /// that requests a registration.
    pub(crate) fn decode(payload: &str) -> Option<Self> {
        let kind: PayloadMembers<'_> = serde_json::from_str(payload).ok()?;
        let Some(context) = kind.request_context else {
            return (kind.detail_type? == REGISTRATION_DETAIL_TYPE)
                .then(|| decode_registration_event(payload))?;
        };
        let context: RequestContextMembers = serde_json::from_str(context.get()).ok()?;
        let request = if context.http.is_some() {
            HttpRequest::from_http_api(serde_json::from_str(payload).ok()?)
        } else if context.http_method.is_some() {
            HttpRequest::from_rest_api(serde_json::from_str(payload).ok()?)
        } else {
            let filled = add_context_method(payload)?;
            HttpRequest::from_rest_api(serde_json::from_slice(&filled).ok()?)
        };
        let mut request = request?;
        if context.elb.is_some() {
            // API Gateway decodes percent-encoding in the query. A load balancer does not.
            for value in request.query.values_mut() {
                *value = percent_decode_str(value).decode_utf8().ok()?.into_owned();
            }
        }
        Some(Self::Http(Box::new(request)))
    }
}

/// Decodes an EventBridge event that requests a registration. Returns `None` if the event is
/// invalid, or if its `detail` is null.
fn decode_registration_event(payload: &str) -> Option<Payload> {
    let event: EventBridgeEvent<Box<RawValue>> = serde_json::from_str(payload).ok()?;
    let (id, account) = (event.id.as_deref(), event.account.as_deref());
    let initiator = Initiator::event(id, Some(&event.source), account);
    let detail = Zeroizing::new(Box::<str>::from(event.detail));
    // EventBridge Pipes and input transformers may send `detail` as a string that contains JSON.
    let detail = match serde_json::from_str::<String>(&detail) {
        Ok(text) => Zeroizing::new(text.into_boxed_str()),
        Err(_not_a_string) => detail,
    };
    let envelope: ReplayName = serde_json::from_str(payload).ok()?;
    let origin = EventOrigin {
        time: event.time.map(SystemTime::from),
        is_replayed: envelope.replay_name.is_some(),
    };
    (&**detail != "null").then_some(Payload::Event { detail, initiator, origin })
}

/// Copies the member `httpMethod` of a payload into `requestContext`, where
/// `ApiGatewayProxyRequest` requires it. API Gateway sends the member in both places. People who
/// invoke a function directly may send it in one place only.
fn add_context_method(payload: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(payload).ok()?;
    let method = *members.get("httpMethod")?;
    let context = members.get("requestContext")?;
    let mut context: BTreeMap<Cow<'_, str>, &RawValue> =
        serde_json::from_str(context.get()).ok()?;
    context.insert("httpMethod".into(), method);
    let context = to_raw_value(&context).ok()?;
    members.insert("requestContext".into(), &context);
    // Reserves the whole capacity first: a vector that has to grow would leave a copy of the body
    // in memory.
    let mut filled = Zeroizing::new(Vec::with_capacity(payload.len() * 2));
    serde_json::to_writer(&mut *filled, &members).ok()?;
    Some(filled)
}

impl HttpRequest {
    /// Converts a request of a REST API or of a load balancer. Returns `None` if the request has no
    /// path.
    fn from_rest_api(request: ApiGatewayProxyRequest) -> Option<Self> {
        let identity = &request.request_context.identity;
        let caller = Initiator::caller(
            identity.user_arn.as_deref(),
            identity.account_id.as_deref(),
            identity.source_ip.as_deref(),
        );
        Some(Self {
            method: request.http_method,
            path: request.path?,
            route: request.resource,
            path_parameters: request.path_parameters,
            gateway_request_id: request.request_context.request_id,
            caller,
            correlation: read_correlation(&request.headers, &request.multi_value_headers),
            // A load balancer sends either `headers` or `multiValueHeaders`.
            content_type: content_type(&request.headers)
                .or_else(|| content_type(&request.multi_value_headers)),
            // For a repeated parameter, `queryStringParameters` has only the last value.
            query: flatten_query(if request.multi_value_query_string_parameters.is_empty() {
                &request.query_string_parameters
            } else {
                &request.multi_value_query_string_parameters
            }),
            body: decode_body(request.body, request.is_base64_encoded),
        })
    }

    /// Converts a request of an HTTP API or of a function URL. Returns `None` if the request has no
    /// path.
    fn from_http_api(request: ApiGatewayV2httpRequest) -> Option<Self> {
        let context = request.request_context;
        let iam = context.authorizer.as_ref().and_then(|authorizer| authorizer.iam.as_ref());
        let caller = Initiator::caller(
            iam.and_then(|iam| iam.user_arn.as_deref()),
            iam.and_then(|iam| iam.account_id.as_deref()),
            context.http.source_ip.as_deref(),
        );
        Some(Self {
            method: context.http.method,
            path: request.raw_path.or(context.http.path)?,
            route: request.route_key,
            path_parameters: request.path_parameters,
            gateway_request_id: context.request_id,
            caller,
            correlation: read_correlation(&request.headers, &request.headers),
            content_type: content_type(&request.headers),
            query: flatten_query(&request.query_string_parameters),
            body: decode_body(request.body, request.is_base64_encoded),
        })
    }
}

/// Reads the ids in the headers `x-request-id` and `traceparent`.
fn read_correlation(headers: &HeaderMap, multi_value_headers: &HeaderMap) -> Correlation {
    let header =
        |name: &str| headers.get(name).or_else(|| multi_value_headers.get(name))?.to_str().ok();
    Correlation::new(header("x-request-id"), header("traceparent"))
}

/// Returns the value of the header `content-type`.
fn content_type(headers: &HeaderMap) -> Option<String> {
    headers.get(CONTENT_TYPE)?.to_str().ok().map(str::to_owned)
}

/// Returns the query parameters by name. Joins the values of a repeated parameter with commas, as
/// HTTP APIs do. `ApiGatewayV2httpRequest` splits each value at its commas; joining restores the
/// value.
fn flatten_query(query: &QueryMap) -> BTreeMap<String, String> {
    let mut parameters = BTreeMap::new();
    for (name, value) in query.iter() {
        match parameters.entry(name.to_owned()) {
            Entry::Vacant(entry) => {
                entry.insert(value.to_owned());
            }
            Entry::Occupied(mut entry) => {
                let values: &mut String = entry.get_mut();
                values.push(',');
                values.push_str(value);
            }
        }
    }
    parameters
}

/// Returns the bytes of the body. Returns `None` if `is_base64` is true and the body is not valid
/// base64.
fn decode_body(body: Option<String>, is_base64: bool) -> Option<Zeroizing<Vec<u8>>> {
    let body = Zeroizing::new(body.unwrap_or_default());
    if is_base64 {
        BASE64_STANDARD.decode(body.as_bytes()).ok().map(Zeroizing::new)
    } else {
        Some(Zeroizing::new(body.as_bytes().to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use gangway_model::{AuthMethod, RequestedScope};
    use http::Method;
    use serde_json::{Value, json};

    use crate::{
        ApiError, Request, Trigger,
        samples::{ARN, decode, http_request, no_limits, registration_event, rest_request},
    };

    const BODY: &str = r#"{"name":"prod"}"#;

    #[test]
    fn rest_and_http_apis_give_the_same_request() {
        let mut direct = rest_request("POST", "/v1/tenant/accounts/sts", BODY);
        direct["requestContext"] = json!({});
        let mut encoded = rest_request("POST", "/v1/tenant/accounts/sts", "eyJuYW1lIjoicHJvZCJ9");
        encoded["isBase64Encoded"] = true.into();
        let mut upper_case = rest_request("POST", "/v1/tenant/accounts/sts/", BODY);
        upper_case["headers"] = json!({ "CONTENT-TYPE": "Application/JSON ; charset=UTF-8" });
        for invocation in [
            rest_request("POST", "/v1/tenant/accounts/sts", BODY),
            http_request("POST", "/v1/tenant/accounts/sts", BODY),
            direct,
            encoded,
            upper_case,
        ] {
            let request = decode(&invocation);
            let route = request.route().unwrap();
            let scope = Some(&RequestedScope::Tenant);
            assert_eq!(route, (&Method::POST, scope, vec!["accounts", "sts"]), "{invocation}");
            assert_eq!(request.trigger(), Trigger::Http);
            assert_eq!(request.function_account_id().unwrap().as_str(), "123456789012");
            let mut fields = request.parse_operation(AuthMethod::Sts, &[], &no_limits()).unwrap().1;
            assert_eq!(fields.required::<String>("name").unwrap(), "prod");
            fields.finish(Some(())).unwrap();
        }
    }

    #[test]
    fn query_parameters_are_found_by_name() {
        let mut invocation = rest_request("GET", "/v1/tenant/accounts", "");
        invocation["queryStringParameters"] = json!({ "limit": "5" });
        let request = decode(&invocation);
        assert_eq!(request.query("limit"), Some("5"));
        assert_eq!(request.query("next"), None);
        assert!(request.route().is_ok());
        // In old versions of the API, the parameter `project` named the scope. A caller who still
        // sends it expects another scope than that of the path.
        invocation["queryStringParameters"] = json!({ "project": "Default" });
        assert_eq!(decode(&invocation).route().unwrap_err().pointer, "/project");
        let mut invocation = http_request("GET", "/v1/tenant/accounts", "");
        invocation["queryStringParameters"] = json!({ "addOns": "one,two" });
        assert_eq!(decode(&invocation).query("addOns"), Some("one,two"));
    }

    #[test]
    fn a_repeated_query_parameter_keeps_every_value() {
        let mut invocation = rest_request("GET", "/v1/tenant/accounts", "");
        invocation["queryStringParameters"] = json!({ "limit": "500" });
        invocation["multiValueQueryStringParameters"] = json!({ "limit": ["5", "500"] });
        assert_eq!(decode(&invocation).query("limit"), Some("5,500"));
    }

    #[test]
    fn a_detail_may_be_json_in_a_string_and_begin_with_a_byte_order_mark() {
        let detail = json!({ "method": "sts", "name": "prod" }).to_string();
        for text in [detail.clone(), format!("\u{feff}{detail}")] {
            let request = decode(&registration_event(&Value::String(text)));
            let mut fields = request.parse_operation(AuthMethod::Sts, &[], &no_limits()).unwrap().1;
            assert_eq!(fields.required::<String>("name").unwrap(), "prod");
            fields.finish(Some(())).unwrap();
        }
        let request = decode(&registration_event(&json!("prod")));
        let error = request.parse_operation(AuthMethod::Sts, &[], &no_limits()).err().unwrap();
        assert!(format!("{error:?}").contains("the request is not JSON"), "{error:?}");
        let bytes = format!("\u{feff}{BODY}");
        let request = decode(&rest_request("POST", "/v1/tenant/accounts/sts", &bytes));
        let mut fields = request.parse_operation(AuthMethod::Sts, &[], &no_limits()).unwrap().1;
        assert_eq!(fields.required::<String>("name").unwrap(), "prod");
        fields.finish(Some(())).unwrap();
    }

    #[test]
    fn an_event_is_recognized_by_its_detail_type() {
        let request = decode(&registration_event(&json!({ "method": "sts", "name": "prod" })));
        assert_eq!(request.trigger(), Trigger::Event);
        assert_eq!(request.route().unwrap(), (&Method::POST, None, vec![]));
        assert!(matches!(
            request.routing_error(&[(Method::GET, "{scope}/accounts")]),
            ApiError::RouteNotFound
        ));
    }

    #[test]
    fn unknown_payloads_are_rejected() {
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
            json!({ "requestContext": { "httpMethod": "GET" }, "path": "/v1/tenant/accounts" }),
            json!({ "httpMethod": "GET", "path": "/v1/tenant/accounts" }),
            json!({ "Records": [] }),
            with(
                registration_event(&json!({})),
                "detail-type",
                "AWS Service Event via CloudTrail".into(),
            ),
            with(registration_event(&json!({})), "detail-type", 7.into()),
            with(registration_event(&json!({})), "detail", Value::Null),
            with(rest_request("GET", "/v1/tenant/accounts", ""), "path", Value::Null),
            with(rest_request("GET", "/v1/tenant/accounts", ""), "httpMethod", Value::Null),
            with(rest_request("GET", "/v1/tenant/accounts", ""), "headers", json!("none")),
        ] {
            let read = Request::decode(&garbage.to_string(), ARN).map(|_| ());
            assert!(matches!(read, Err(ApiError::UnrecognizedEvent)), "{garbage}");
        }
        for text in ["", "{", "\0", "nul"] {
            assert!(
                matches!(Request::decode(text, ""), Err(ApiError::UnrecognizedEvent)),
                "{text}"
            );
        }
    }

    #[test]
    fn truncated_or_modified_payloads_do_not_panic() {
        let whole = rest_request(
            "POST",
            "/v1/tenant/accounts/sts",
            r#"{"name":"é","scope":{"project":["\\u0000"]}}"#,
        );
        let mut encoded = whole.clone();
        encoded["isBase64Encoded"] = true.into();
        for payload in
            [whole.to_string(), encoded.to_string(), registration_event(&whole).to_string()]
        {
            for (at, _) in payload.char_indices() {
                let (head, tail) = payload.split_at(at);
                let mut rest = tail.chars();
                rest.next();
                for text in
                    [head.to_owned(), format!("{head}{}", rest.as_str()), format!("{head}\\{tail}")]
                {
                    let operation = Request::decode(&text, ARN).and_then(|request| {
                        request.parse_operation(AuthMethod::Sts, &[], &no_limits())
                    });
                    drop(operation.map(|(_, fields)| fields.finish(Some(()))));
                }
            }
        }
    }

    #[test]
    fn function_arn_without_account_gives_no_account_id() {
        let invocation = rest_request("GET", "/v1/tenant/accounts", "").to_string();
        for arn in ["", "none", "arn:aws:lambda:us-east-1:12:function:sts", ":::::"] {
            assert_eq!(
                Request::decode(&invocation, arn).unwrap().function_account_id(),
                None,
                "{arn}"
            );
        }
    }
}
