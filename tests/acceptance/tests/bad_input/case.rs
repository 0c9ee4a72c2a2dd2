//! An invalid request and the expected response.

use serde_json::{Value, json};

/// An invalid request and the expected response.
pub(crate) struct InvalidRequestCase {
    pub(crate) name: String,
    pub(crate) transport: Transport,
    pub(crate) status: u16,
    /// The last segment of the problem's type.
    pub(crate) kind: &'static str,
    /// The JSON pointers of the errors, in order.
    pub(crate) pointers: Vec<String>,
    /// A part of the first error's text: the remedy.
    pub(crate) remedy: String,
    /// Whether the error can be found only by reading a secret.
    pub(crate) needs_secret: bool,
}

/// The transport of a request.
pub(crate) enum Transport {
    /// Through API Gateway.
    Http { verb: &'static str, path: String, content_type: Option<&'static str>, body: Vec<u8> },
    /// Over the event bus, which delivers only matching events.
    Event(Value),
    /// An event that is delivered directly to the function.
    Delivered(Value),
    /// A direct invocation.
    Invocation(Value),
}

/// The remedy for a path that can be written in two ways.
pub(crate) const PATH_RULE: &str =
    "path must not contain percent-encoding, a backslash, or a segment . or ..";

/// Creates a `POST` of a JSON body.
pub(crate) fn post(name: &str, path: &str, body: impl Into<Vec<u8>>) -> InvalidRequestCase {
    http(name, "POST", path, Some("application/json"), body.into())
}

/// Creates a `PUT` of a JSON body.
pub(crate) fn put(name: &str, path: &str, body: impl Into<Vec<u8>>) -> InvalidRequestCase {
    http(name, "PUT", path, Some("application/json"), body.into())
}

/// Creates a request without a body.
pub(crate) fn without_body(name: &str, verb: &'static str, path: &str) -> InvalidRequestCase {
    http(name, verb, path, None, Vec::new())
}

fn http(
    name: &str,
    verb: &'static str,
    path: &str,
    content_type: Option<&'static str>,
    body: Vec<u8>,
) -> InvalidRequestCase {
    case(name, Transport::Http { verb, path: path.to_owned(), content_type, body })
}

/// Creates an event on the event bus.
pub(crate) fn bus_event(name: &str, detail: Value) -> InvalidRequestCase {
    case(name, Transport::Event(detail))
}

/// Creates an event that is delivered directly to the function, although no rule matches it.
pub(crate) fn delivered_event(name: &str, detail: Value) -> InvalidRequestCase {
    case(name, Transport::Delivered(detail))
}

/// Creates a direct invocation of the function.
pub(crate) fn invocation(name: &str, payload: Value) -> InvalidRequestCase {
    case(name, Transport::Invocation(payload))
}

fn case(name: &str, transport: Transport) -> InvalidRequestCase {
    InvalidRequestCase {
        name: name.to_owned(),
        transport,
        status: 0,
        kind: "",
        pointers: Vec::new(),
        remedy: String::new(),
        needs_secret: false,
    }
}

impl InvalidRequestCase {
    /// Sets another content type; an empty text removes it.
    pub(crate) fn content_type(mut self, value: &'static str) -> Self {
        if let Transport::Http { content_type, .. } = &mut self.transport {
            *content_type = Some(value).filter(|value| !value.is_empty());
        }
        self
    }

    /// Expects status 400 with errors at these pointers.
    pub(crate) fn expect_400(self, pointers: &[&str], remedy: &str) -> Self {
        self.expect_errors(400, "validation-error", pointers, remedy)
    }

    /// Expects status 422 with errors at these pointers.
    pub(crate) fn expect_422(self, pointers: &[&str], remedy: &str) -> Self {
        self.expect_errors(422, "unprocessable", pointers, remedy)
    }

    /// Expects a problem that names no member.
    pub(crate) fn expect_problem(self, status: u16, kind: &'static str, remedy: &str) -> Self {
        self.expect_errors(status, kind, &[], remedy)
    }

    /// Expects status 404: no route has this path.
    pub(crate) fn expect_404(self) -> Self {
        self.expect_problem(404, "route-not-found", "no route has this path; the README of Gangway")
    }

    /// Expects status 405 with the allowed verbs.
    pub(crate) fn expect_405(self, remedy: &str) -> Self {
        assert!(remedy.starts_with("use ") && remedy.len() > 4, "{remedy}: which verbs?");
        self.expect_problem(405, "method-not-allowed", remedy)
    }

    /// Expects API Gateway to reject it without calling a function.
    pub(crate) fn expect_gateway_403(self) -> Self {
        self.expect_problem(403, "gateway", "Missing Authentication Token")
    }

    fn expect_errors(
        self,
        status: u16,
        kind: &'static str,
        pointers: &[&str],
        remedy: &str,
    ) -> Self {
        let pointers = pointers.iter().map(|&pointer| pointer.to_owned()).collect();
        Self { status, kind, pointers, remedy: remedy.to_owned(), ..self }
    }

    /// Allows the function to read the secret, because the error is inside it.
    pub(crate) fn needs_secret(self) -> Self {
        Self { needs_secret: true, ..self }
    }
}

/// Returns an object with one member set.
pub(crate) fn with(base: &Value, member: &str, value: Value) -> Value {
    let mut object = base.clone();
    object[member] = value;
    object
}

/// Returns an object without one member.
pub(crate) fn without(base: &Value, member: &str) -> Value {
    let mut object = base.clone();
    object.as_object_mut().expect("an object").remove(member);
    object
}

/// Returns a request as API Gateway would pass it on if it had the route.
pub(crate) fn proxied(verb: &str, path: &str, body: &str) -> Value {
    json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": verb,
        "headers": { "content-type": "application/json" },
        "queryStringParameters": null,
        "requestContext": { "requestId": "a-gateways-own-id", "stage": "live" },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// Returns a proxied `POST` whose body is marked as Base64.
pub(crate) fn encoded(path: &str, body: &str) -> Value {
    with(&proxied("POST", path, body), "isBase64Encoded", true.into())
}
