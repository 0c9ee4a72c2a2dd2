//! The invocation as Lambda delivers it: a request of API Gateway, REST or HTTP, or an event of EventBridge.
//!
//! Structs of our own, of the few members that matter: those of `aws_lambda_events` refuse what they do not expect, and
//! read every header twice.

use std::{borrow::Cow, collections::BTreeMap};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// What an event that asks for a registration is called.
const DETAIL_TYPE: &str = "Gangway Registration Requested";

/// Either trigger, told by its members.
#[derive(Deserialize)]
struct Shape<'a> {
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
pub(crate) enum Trigger {
    /// API Gateway.
    Http(Call),
    /// EventBridge, with the event's detail.
    Event(Zeroizing<String>),
}

/// A request of API Gateway.
pub(crate) struct Call {
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

impl Trigger {
    /// Takes an invocation apart; `None` where it is neither.
    pub(crate) fn read(payload: &str) -> Option<Self> {
        let shape: Shape<'_> = serde_json::from_str(payload).ok()?;
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
        Some(Self::Http(Call {
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
