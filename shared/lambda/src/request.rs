//! Requests of API Gateway and EventBridge.

use std::collections::BTreeMap;

use gangway_http::clock;
use gangway_model::{
    AccountId, Arn, AuthMethod, Correlation, EventOrigin, FieldError, Initiator, Operation,
    RequestLimits, RequestOrigin, RequestedScope, Uid,
};
use http::Method;
use lambda_runtime::{Context, Diagnostic};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::{
    AccountOperation, ApiError, Fields, Response,
    account_spec::log_scope,
    event::{HttpRequest, Payload},
    fields::SECRET_FIELDS,
    invocation::InvocationPayload,
    logs,
    record::InvocationRecord,
    response::respond,
    route::{Path, Route, SCOPE_IN_PATH},
};

/// Largest size of a request's body. API Gateway accepts 10 MB. The largest valid request has three
/// PEM chains, and about 60 KB.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// Rule for a secret field in an event.
const SECRET_IN_EVENT: &str =
    "must not be in an event: send secretArn; this key was sent in an event and should be replaced";

/// What invoked the function.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trigger {
    /// An HTTP request. The caller waits for the response.
    Http,
    /// An event of EventBridge, or another asynchronous invocation. Lambda retries a failed one.
    Event,
}

impl Trigger {
    /// Returns the name of the trigger in logs and events.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Event => "event",
        }
    }
}

/// A request to one of the functions: an HTTP request or an event.
pub struct Request {
    method: Method,
    path: Result<Path, FieldError>,
    route: Option<String>,
    query: BTreeMap<String, String>,
    gateway_request_id: Option<String>,
    initiator: Initiator,
    correlation: Correlation,
    body: Body,
    function_account_id: Option<AccountId>,
}

/// The body of an HTTP request, or the `detail` of an event.
enum Body {
    /// `bytes` is `None` if `isBase64Encoded` is true and the body is not valid base64.
    Http {
        content_type: Option<String>,
        bytes: Option<Zeroizing<Vec<u8>>>,
    },
    Event(Zeroizing<Box<str>>, EventOrigin),
}

impl InvocationPayload for Request {
    fn decode(payload: &str, context: &Context) -> Result<Self, ApiError> {
        Self::decode(payload, &context.invoked_function_arn)
    }

    fn record(service: &'static str, event: Option<&Self>) -> InvocationRecord {
        InvocationRecord::new(service, event)
    }

    fn respond(
        trigger: Trigger,
        outcome: &Result<Response, ApiError>,
        origin: &RequestOrigin,
    ) -> Result<Box<RawValue>, Diagnostic> {
        respond(trigger, outcome, origin)
    }
}

impl Request {
    /// Decodes a payload. `function_arn` is the ARN of this function, which contains the AWS
    /// account of the deployment.
    pub fn decode(payload: &str, function_arn: &str) -> Result<Self, ApiError> {
        let account = Arn::parse(function_arn).and_then(|arn| arn.account().parse().ok());
        match Payload::decode(payload).ok_or(ApiError::UnrecognizedEvent)? {
            Payload::Http(request) => Ok(Self::from_http(*request, account)),
            Payload::Event { detail, initiator, origin } => Ok(Self {
                method: Method::POST,
                path: Ok(Path::default()),
                route: None,
                query: BTreeMap::new(),
                gateway_request_id: None,
                initiator,
                correlation: Correlation::default(),
                body: Body::Event(detail, origin),
                function_account_id: account,
            }),
        }
    }

    fn from_http(request: HttpRequest, function_account_id: Option<AccountId>) -> Self {
        let HttpRequest {
            method,
            path,
            route,
            gateway_request_id,
            path_parameters,
            caller: initiator,
            correlation,
            content_type,
            query,
            body,
        } = request;
        let path = Path::parse(&path, route.as_deref(), &path_parameters);
        let body = Body::Http { content_type, bytes: body };
        Self {
            method,
            path,
            route,
            query,
            gateway_request_id,
            initiator,
            correlation,
            body,
            function_account_id,
        }
    }

    /// Returns the HTTP method, the scope in the path, and the segments of the path after the
    /// scope. An event has no scope and no segments here.
    ///
    /// # Errors
    ///
    /// The path contains percent-encoding, or its project is malformed. The query parameter
    /// `project` is an error, too: a caller who sends it expects another scope than that of the
    /// path.
    pub fn route(&self) -> Result<(&Method, Option<&RequestedScope>, Vec<&str>), FieldError> {
        let path = self.path.as_ref().map_err(Clone::clone)?;
        if self.query.contains_key("project") {
            return Err(FieldError::malformed("/project", SCOPE_IN_PATH));
        }
        if let Some(scope) = &path.scope {
            log_scope(scope);
        }
        let segments = path.segments.iter().map(String::as_str).collect();
        Ok((&self.method, path.scope.as_ref(), segments))
    }

    /// Returns `true` if the method and the path of the request are those of a route without
    /// placeholders.
    pub fn matches_route(&self, (method, route): &Route<'_>) -> bool {
        self.method == *method && self.path.as_ref().is_ok_and(|path| path.is_literal(route))
    }

    /// Returns who or what started the request: a caller, an event, or a direct invocation.
    pub(crate) const fn initiator(&self) -> &Initiator {
        &self.initiator
    }

    /// Returns the ids in the headers `x-request-id` and `traceparent`, which the caller sent.
    pub(crate) const fn correlation(&self) -> &Correlation {
        &self.correlation
    }

    /// Returns the value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Returns the query parameters as [`Fields`].
    pub fn query_fields(&self) -> Fields {
        Fields::from_query(self.query.iter())
    }

    /// Returns what invoked the function.
    pub const fn trigger(&self) -> Trigger {
        match self.body {
            Body::Http { .. } => Trigger::Http,
            Body::Event(..) => Trigger::Event,
        }
    }

    /// Parses a segment of the path as the uid of an account, and adds the uid to the log line.
    pub fn uid(segment: &str) -> Result<Uid, FieldError> {
        let uid: Uid =
            segment.parse().map_err(|rule| FieldError::malformed("/uid", format!("uid {rule}")))?;
        logs::update_fields(|fields| fields.uid = Some(uid.to_string()));
        Ok(uid)
    }

    /// Returns the AWS account in which this function is deployed.
    pub const fn function_account_id(&self) -> Option<AccountId> {
        self.function_account_id
    }

    /// Parses the JSON body, or the `detail` of an event. An empty body gives no fields, so that
    /// the error names the required fields.
    pub fn json(&self) -> Result<Fields, ApiError> {
        let (content_type, bytes) = match &self.body {
            Body::Event(detail, _) => return Ok(Fields::from_json(detail)?),
            Body::Http { content_type, bytes } => (content_type.as_deref(), bytes),
        };
        let malformed = |rule: &str| FieldError::malformed("", format!("the body {rule}"));
        let bytes = bytes
            .as_ref()
            .ok_or_else(|| malformed("is not valid base64, although isBase64Encoded is true"))?;
        if bytes.len() > MAX_BODY_BYTES {
            return Err(ApiError::PayloadTooLarge);
        }
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        if bytes.trim_ascii().is_empty() {
            return Ok(Fields::empty());
        }
        if !content_type.is_some_and(is_json) {
            return Err(ApiError::UnsupportedMediaType);
        }
        let text = str::from_utf8(bytes).map_err(|_not_utf8| malformed("must be text in UTF-8"))?;
        Ok(Fields::from_json(text)?)
    }

    /// Returns the operation and the fields of a request for this authentication method.
    /// `extra_routes` are the routes that only this method has. The operation of an event is always
    /// a registration. `limits` says which events are accepted, and which checks a request may
    /// waive.
    pub fn parse_operation(
        &self,
        method: AuthMethod,
        extra_routes: &[Route<'_>],
        limits: &RequestLimits,
    ) -> Result<(Operation, Fields), ApiError> {
        match &self.body {
            Body::Http { .. } => {
                let (operation, scope) = self.operation(method, extra_routes)?;
                let fields = self.json()?.with_scope(scope);
                Ok((operation, fields.with_waivable_checks(&limits.waivable_checks)))
            }
            Body::Event(_, origin) => {
                limits.check_origin(*origin, clock::now())?;
                let mut fields = self.json()?.with_event_projects(&limits.projects);
                fields.require_method(method);
                fields.forbid_secrets(&SECRET_FIELDS, SECRET_IN_EVENT);
                Ok((Operation::Register, fields.with_waivable_checks(&limits.waivable_checks)))
            }
        }
    }

    /// Returns the error for a request that matches none of `routes`. The status is 405 if one of
    /// the routes has the same path, otherwise 404.
    pub fn routing_error(&self, routes: &[Route<'_>]) -> ApiError {
        let methods = match &self.path {
            Ok(path) => path.methods(routes),
            Err(error) => return error.clone().into(),
        };
        if methods.is_empty() {
            return ApiError::RouteNotFound;
        }
        let names: Vec<_> = methods.iter().map(Method::as_str).collect();
        ApiError::MethodNotAllowed { allow: names.join(", ") }
    }

    /// Returns the operation and the scope of an HTTP request.
    fn operation(
        &self,
        method: AuthMethod,
        extra_routes: &[Route<'_>],
    ) -> Result<(Operation, RequestedScope), ApiError> {
        let id = method.id();
        let (verb, scope, path) = self.route()?;
        if let (Some(scope), ["accounts", name, rest @ ..]) = (scope, path.as_slice())
            && *name == id
        {
            let operation = match (verb, rest) {
                (&Method::POST, []) => Some(Operation::Register),
                (&Method::POST, ["validate"]) => Some(Operation::Validate),
                (&Method::PUT, [uid]) if *uid != "validate" => {
                    Some(Operation::Replace(Self::uid(uid)?))
                }
                _ => None,
            };
            if let Some(operation) = operation {
                return Ok((operation, scope.clone()));
            }
        }
        let register = format!("{{scope}}/accounts/{id}");
        let (validate, replace) = (format!("{register}/validate"), format!("{register}/{{uid}}"));
        let mut routes: Vec<Route<'_>> = extra_routes.to_vec();
        routes.extend([
            (Method::POST, &*validate),
            (Method::POST, &*register),
            (Method::PUT, &*replace),
        ]);
        Err(self.routing_error(&routes))
    }

    /// Returns the route with placeholders, for logs. The path is not logged, because it may
    /// contain a secret.
    pub(crate) fn route_name(&self) -> Option<&str> {
        self.route.as_deref()
    }

    /// Returns the request id that API Gateway assigned.
    pub(crate) fn gateway_request_id(&self) -> Option<&str> {
        self.gateway_request_id.as_deref()
    }

    /// Returns what the request does with an account. Returns `None` if the request changes no
    /// account.
    pub(crate) fn account_operation(&self) -> Option<AccountOperation> {
        match (self.trigger(), &self.method) {
            (Trigger::Event, _) => Some(AccountOperation::Register),
            (Trigger::Http, &Method::PUT) => Some(AccountOperation::Replace),
            (Trigger::Http, &Method::POST) => self
                .path
                .as_ref()
                .is_ok_and(|path| path.scope.is_some() && path.segments.len() == 2)
                .then_some(AccountOperation::Register),
            (Trigger::Http, &Method::DELETE) => Some(AccountOperation::Delete),
            (Trigger::Http, _) => None,
        }
    }
}

impl Fields {
    /// Records an error if the event is for another authentication method.
    fn require_method(&mut self, method: AuthMethod) {
        let Some(requested) = self.required::<AuthMethod>("method") else { return };
        if requested != method {
            self.reject("method", format_args!("must be {method} here: the rule must deliver events for {requested} to the function {requested}"));
        }
    }
}

/// The byte order mark U+FEFF in UTF-8. Some editors and shells write it at the start of a text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Returns `true` if the media type is `application/json`, with or without parameters.
fn is_json(content_type: &str) -> bool {
    let media_type =
        content_type.split_once(';').map_or(content_type, |(media_type, _)| media_type);
    media_type.trim().eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests;
