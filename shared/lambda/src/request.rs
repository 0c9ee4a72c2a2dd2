//! A request, whichever way it came.

use std::collections::BTreeMap;

use gangway_model::{
    AccountId, Arn, AuthMethod, FieldError, Operation, RegistrationError, RequestedScope, Uid,
};
use zeroize::Zeroizing;

use crate::{
    ApiError, JsonFields,
    route::{self, HttpMethod},
    trigger::{Payload, ProxyRequest},
};

/// API Gateway lets 10 MB through; the longest request, three PEM chains, has 60 KB.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// Members whose values are secrets. Events are logged, archived and replayed, so they may not be in one.
const SECRET_FIELDS: [&str; 2] = ["secretAccessKey", "userKey"];

/// Who waits for the answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trigger {
    /// A caller, through API Gateway.
    Http,
    /// Nobody: EventBridge delivers again what fails.
    Event,
}

/// A request, whichever way it came.
pub struct Request {
    verb: HttpMethod,
    path: Vec<String>,
    resource: Option<String>,
    query: BTreeMap<String, String>,
    gateway_request_id: Option<String>,
    body: Body,
    deployed_in: Option<AccountId>,
}

enum Body {
    Http { content_type: Option<String>, bytes: Option<Zeroizing<Vec<u8>>> },
    Event(Zeroizing<String>),
}

impl Request {
    /// Reads an invocation. The function's ARN tells which account it is deployed in.
    pub fn read(payload: &str, function_arn: &str) -> Result<Self, ApiError> {
        let deployed_in = Arn::parse(function_arn).and_then(|arn| arn.account().parse().ok());
        match Payload::read(payload).ok_or(ApiError::UnrecognizedEvent)? {
            Payload::Http(ProxyRequest {
                verb,
                path,
                resource,
                gateway_request_id,
                content_type,
                query,
                body,
            }) => Ok(Self {
                verb: HttpMethod::of(&verb),
                path: route::segments(&path),
                resource,
                query,
                gateway_request_id,
                body: Body::Http { content_type, bytes: body },
                deployed_in,
            }),
            Payload::Event(detail) => Ok(Self {
                verb: HttpMethod::Other,
                path: Vec::new(),
                resource: None,
                query: BTreeMap::new(),
                gateway_request_id: None,
                body: Body::Event(detail),
                deployed_in,
            }),
        }
    }

    /// The verb, and the segments behind `/v1`. An event has neither.
    pub fn route(&self) -> (HttpMethod, Vec<&str>) {
        (self.verb, self.path.iter().map(String::as_str).collect())
    }

    /// Whether it is this: a verb, and a path behind `/v1` without placeholders.
    pub fn matches_route(&self, (verb, path): (HttpMethod, &str)) -> bool {
        self.verb == verb && path.split('/').eq(&self.path)
    }

    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The scope that the query names: `project=<uid or name>`, else the tenant's.
    pub fn scope(&self) -> Result<RequestedScope, FieldError> {
        match self.query("project").map(str::parse) {
            None => Ok(RequestedScope::Tenant),
            Some(Ok(project)) => Ok(RequestedScope::Project(project)),
            Some(Err(rule)) => Err(FieldError::malformed("/project", format!("project {rule}"))),
        }
    }

    /// What is wrong with a project that the query names is told of the query.
    pub fn map_query_errors(&self, mut rejection: ApiError) -> ApiError {
        if let ApiError::Registration(RegistrationError::Invalid(faults)) = &mut rejection
            && self.query("project").is_some()
        {
            for fault in faults.iter_mut().filter(|fault| fault.pointer == "/scope/project") {
                "/project".clone_into(&mut fault.pointer);
            }
        }
        rejection
    }

    /// Who waits for the answer.
    pub const fn origin(&self) -> Trigger {
        match self.body {
            Body::Http { .. } => Trigger::Http,
            Body::Event(_) => Trigger::Event,
        }
    }

    /// The uid that a segment of the path is.
    pub fn uid(segment: &str) -> Result<Uid, FieldError> {
        segment.parse().map_err(|rule| FieldError::malformed("/uid", format!("uid {rule}")))
    }

    /// The account that this function is deployed in.
    pub const fn function_account_id(&self) -> Option<AccountId> {
        self.deployed_in
    }

    /// The members of the JSON body. An empty body has none, so that those which are missing are named.
    pub fn json(&self) -> Result<JsonFields, ApiError> {
        let (content_type, bytes) = match &self.body {
            Body::Event(detail) => return Ok(JsonFields::parse_body(detail)?),
            Body::Http { content_type, bytes } => (content_type.as_deref(), bytes),
        };
        let not_text = |what: &str| FieldError::malformed("", format!("the body {what}"));
        let bytes =
            bytes.as_ref().ok_or_else(|| not_text("is not the base64 that it claims to be"))?;
        if bytes.len() > MAX_BODY_BYTES {
            return Err(ApiError::PayloadTooLarge);
        }
        if bytes.trim_ascii().is_empty() {
            return Ok(JsonFields::none());
        }
        if !content_type.is_some_and(is_json) {
            return Err(ApiError::UnsupportedMediaType);
        }
        let text = str::from_utf8(bytes).map_err(|_not_utf8| not_text("must be text in UTF-8"))?;
        Ok(JsonFields::parse_body(text)?)
    }

    /// What is to be done, and the members that say to what. The same for every method and both triggers; `own` are the
    /// routes that this method alone has.
    pub fn parse_operation(
        &self,
        method: AuthMethod,
        own: &[(HttpMethod, &str)],
    ) -> Result<(Operation, JsonFields), ApiError> {
        match self.origin() {
            Trigger::Http => Ok((self.operation(method, own)?, self.json()?)),
            Trigger::Event => {
                let mut members = self.json()?;
                members.require_method(method);
                members.forbid_in_events(&SECRET_FIELDS);
                Ok((Operation::Register, members))
            }
        }
    }

    /// What to say when no route fits: 404, or 405 where the path is one of these.
    pub fn routing_error(&self, routes: &[(HttpMethod, &str)]) -> ApiError {
        let (_, path) = self.route();
        let verbs = route::methods(routes, &path);
        if verbs.is_empty() {
            return ApiError::NotFound;
        }
        let names: Vec<_> = verbs.into_iter().map(HttpMethod::name).collect();
        ApiError::MethodNotAllowed { allow: names.join(", ") }
    }

    fn operation(
        &self,
        method: AuthMethod,
        own: &[(HttpMethod, &str)],
    ) -> Result<Operation, ApiError> {
        let register = format!("accounts/{method}");
        let (validate, replace) = (format!("{register}/validate"), format!("{register}/{{uid}}"));
        let mut routes = own.to_vec();
        routes.extend([
            (HttpMethod::Post, &*validate),
            (HttpMethod::Post, &*register),
            (HttpMethod::Put, &*replace),
        ]);
        let (verb, path) = self.route();
        if !route::methods(&routes, &path).contains(&verb) {
            return Err(self.routing_error(&routes));
        }
        match (verb, path.as_slice()) {
            (HttpMethod::Post, [_, _, "validate"]) => Ok(Operation::Validate),
            (HttpMethod::Post, [_, _]) => Ok(Operation::Register),
            (HttpMethod::Put, [_, _, uid]) => Ok(Operation::Replace(Self::uid(uid)?)),
            _ => Err(self.routing_error(&routes)),
        }
    }

    /// The route for logs: never the path itself, which may hold anything.
    pub(crate) fn resource(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    pub(crate) fn gateway_request_id(&self) -> Option<&str> {
        self.gateway_request_id.as_deref()
    }

    /// Whether it asks for something to be registered, rather than shown, checked or removed.
    pub(crate) fn is_registration(&self) -> bool {
        let (verb, path) = self.route();
        match (self.origin(), verb) {
            (Trigger::Event, _) | (Trigger::Http, HttpMethod::Put) => true,
            (Trigger::Http, HttpMethod::Post) => matches!(path.as_slice(), ["accounts", _]),
            (Trigger::Http, HttpMethod::Get | HttpMethod::Delete | HttpMethod::Other) => false,
        }
    }
}

impl JsonFields {
    /// Refuses an event that is for another function.
    fn require_method(&mut self, method: AuthMethod) {
        let Some(asked) = self.required::<AuthMethod>("method") else { return };
        if asked != method {
            self.unprocessable("method", format!("method must be {method} here: the rule must deliver events for {asked} to the function {asked}"));
        }
    }
}

/// `application/json`, with or without parameters.
fn is_json(content_type: &str) -> bool {
    let media_type =
        content_type.split_once(';').map_or(content_type, |(media_type, _)| media_type);
    media_type.trim().eq_ignore_ascii_case("application/json")
}
