//! The type of a test case, and functions that create cases.

use serde_json::{Value, json};

/// An invalid request and the expected response.
pub(crate) struct InvalidRequestCase {
    pub(crate) name: String,
    pub(crate) transport: Transport,
    /// The expected HTTP status.
    pub(crate) status: u16,
    /// The last segment of the expected problem type.
    pub(crate) kind: &'static str,
    /// The JSON Pointers of the expected errors, in order.
    pub(crate) pointers: Vec<String>,
    /// A text that the first expected error contains: the remedy.
    pub(crate) remedy: String,
    /// Whether Gangway must read an incoming secret to find the error.
    pub(crate) needs_secret: bool,
}

/// How a request reaches the function.
pub(crate) enum Transport {
    /// As an HTTP request, through API Gateway.
    Http { verb: &'static str, path: String, content_type: Option<&'static str>, body: Vec<u8> },
    /// As the detail of an event on the event bus, which delivers the event by its rules.
    BusEvent(Value),
    /// As the detail of an event with which the function is invoked, without the event bus.
    DirectEvent(Value),
    /// As the payload of a direct invocation.
    Invocation(Value),
}

/// The error text for a path that API Gateway and Gangway could interpret in different ways.
pub(crate) const PATH_RULE: &str =
    "path must not contain percent-encoding, a backslash, or a segment . or ..";

/// Creates the case of a `POST` request with a JSON body.
pub(crate) fn post(name: &str, path: &str, body: impl Into<Vec<u8>>) -> InvalidRequestCase {
    http_request(name, "POST", path, Some("application/json"), body.into())
}

/// Creates the case of a `PUT` request with a JSON body.
pub(crate) fn put(name: &str, path: &str, body: impl Into<Vec<u8>>) -> InvalidRequestCase {
    http_request(name, "PUT", path, Some("application/json"), body.into())
}

/// Creates the case of a request without a body.
pub(crate) fn request_without_body(
    name: &str,
    verb: &'static str,
    path: &str,
) -> InvalidRequestCase {
    http_request(name, verb, path, None, Vec::new())
}

fn http_request(
    name: &str,
    verb: &'static str,
    path: &str,
    content_type: Option<&'static str>,
    body: Vec<u8>,
) -> InvalidRequestCase {
    new_case(name, Transport::Http { verb, path: path.to_owned(), content_type, body })
}

/// Creates the case of an event on the event bus.
pub(crate) fn bus_event(name: &str, detail: Value) -> InvalidRequestCase {
    new_case(name, Transport::BusEvent(detail))
}

/// Creates the case of an event with which the function is invoked, although no rule matches the
/// event.
pub(crate) fn direct_event(name: &str, detail: Value) -> InvalidRequestCase {
    new_case(name, Transport::DirectEvent(detail))
}

/// Creates the case of a direct invocation of the function.
pub(crate) fn invocation(name: &str, payload: Value) -> InvalidRequestCase {
    new_case(name, Transport::Invocation(payload))
}

/// Creates a case whose expected response is not set.
fn new_case(name: &str, transport: Transport) -> InvalidRequestCase {
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
    /// Sets the content type of an HTTP request. An empty text removes the header.
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

    /// Expects a problem with this status and type, and without a list of errors.
    pub(crate) fn expect_problem(self, status: u16, kind: &'static str, remedy: &str) -> Self {
        self.expect_errors(status, kind, &[], remedy)
    }

    /// Expects status 404, because no route of the function has this path.
    pub(crate) fn expect_404(self) -> Self {
        self.expect_problem(404, "route-not-found", "no route has this path; the README of Gangway")
    }

    /// Expects status 405. `remedy` names the HTTP methods that the route allows, such as
    /// `use GET`.
    pub(crate) fn expect_405(self, remedy: &str) -> Self {
        assert!(remedy.starts_with("use ") && remedy.len() > 4, "{remedy}: which verbs?");
        self.expect_problem(405, "method-not-allowed", remedy)
    }

    /// Expects that API Gateway rejects the request with status 403, without a call of a function.
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

    /// Allows the function to read the incoming secret, because the secret's content is invalid.
    pub(crate) fn needs_secret(self) -> Self {
        Self { needs_secret: true, ..self }
    }
}

/// Returns a copy of an object with one member set.
pub(crate) fn with_member(base: &Value, member: &str, value: Value) -> Value {
    let mut object = base.clone();
    object[member] = value;
    object
}

/// Returns a copy of an object without one member.
pub(crate) fn without_member(base: &Value, member: &str) -> Value {
    let mut object = base.clone();
    object.as_object_mut().expect("an object").remove(member);
    object
}

/// Returns the payload with which API Gateway would invoke the function if it had a route for the
/// request.
pub(crate) fn proxy_payload(verb: &str, path: &str, body: &str) -> Value {
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

/// Returns the payload of a `POST` request whose body is marked as Base64.
pub(crate) fn base64_payload(path: &str, body: &str) -> Value {
    with_member(&proxy_payload("POST", path, body), "isBase64Encoded", true.into())
}
