//! An invalid request and the expected response.

use serde_json::{Value, json};

/// An invalid request and the expected response.
pub(crate) struct InvalidRequestCase {
    pub(crate) name: String,
    pub(crate) transport: Transport,
    pub(crate) status: u16,
    /// The last segment of the problem's type.
    pub(crate) kind: &'static str,
    /// The JSON pointers of the faults, in order.
    pub(crate) pointers: Vec<String>,
    /// A part of the first error's text: the remedy.
    pub(crate) remedy: String,
    /// Whether the fault is visible only after reading a secret.
    pub(crate) opens_secret: bool,
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

impl InvalidRequestCase {
    fn new(name: &str, transport: Transport) -> Self {
        Self {
            name: name.to_owned(),
            transport,
            status: 0,
            kind: "",
            pointers: Vec::new(),
            remedy: String::new(),
            opens_secret: false,
        }
    }

    /// A `POST` of this JSON body.
    pub(crate) fn post(name: &str, path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::body(name, "POST", path, body)
    }

    /// A `PUT` of this JSON body.
    pub(crate) fn put(name: &str, path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::body(name, "PUT", path, body)
    }

    fn body(name: &str, verb: &'static str, path: &str, body: impl Into<Vec<u8>>) -> Self {
        let content_type = Some("application/json");
        Self::new(
            name,
            Transport::Http { verb, path: path.to_owned(), content_type, body: body.into() },
        )
    }

    /// A request without a body.
    pub(crate) fn bare(name: &str, verb: &'static str, path: &str) -> Self {
        let body = Vec::new();
        Self::new(name, Transport::Http { verb, path: path.to_owned(), content_type: None, body })
    }

    pub(crate) fn event(name: &str, detail: Value) -> Self {
        Self::new(name, Transport::Event(detail))
    }

    pub(crate) fn delivered(name: &str, detail: Value) -> Self {
        Self::new(name, Transport::Delivered(detail))
    }

    pub(crate) fn invocation(name: &str, payload: Value) -> Self {
        Self::new(name, Transport::Invocation(payload))
    }

    /// Sets another content type; an empty text removes it.
    pub(crate) fn typed(mut self, declared: &'static str) -> Self {
        if let Transport::Http { content_type, .. } = &mut self.transport {
            *content_type = Some(declared).filter(|declared| !declared.is_empty());
        }
        self
    }

    /// Expects status 400 with faults of these members.
    pub(crate) fn invalid(self, pointers: &[&str], remedy: &str) -> Self {
        self.faulty(400, "validation-error", pointers, remedy)
    }

    /// Expects status 422 with faults of these members.
    pub(crate) fn refused(self, pointers: &[&str], remedy: &str) -> Self {
        self.faulty(422, "unprocessable", pointers, remedy)
    }

    /// Expects a problem that names no member.
    pub(crate) fn is(self, status: u16, kind: &'static str, remedy: &str) -> Self {
        self.faulty(status, kind, &[], remedy)
    }

    /// Expects status 405 with the allowed verbs.
    pub(crate) fn verb_not_allowed(self, remedy: &str) -> Self {
        assert!(remedy.starts_with("use ") && remedy.len() > 4, "{remedy}: which verbs?");
        self.is(405, "method-not-allowed", remedy)
    }

    /// Expects API Gateway to refuse it without calling a function.
    pub(crate) fn by_gateway(self) -> Self {
        self.is(403, "gateway", "Missing Authentication Token")
    }

    fn faulty(self, status: u16, kind: &'static str, pointers: &[&str], remedy: &str) -> Self {
        let pointers = pointers.iter().map(|&pointer| pointer.to_owned()).collect();
        Self { status, kind, pointers, remedy: remedy.to_owned(), ..self }
    }

    /// Marks a fault that is inside a secret.
    pub(crate) fn inside_secret(self) -> Self {
        Self { opens_secret: true, ..self }
    }
}

/// An object with one member set.
pub(crate) fn with(base: &Value, member: &str, value: Value) -> Value {
    let mut object = base.clone();
    object[member] = value;
    object
}

/// An object without one member.
pub(crate) fn without(base: &Value, member: &str) -> Value {
    let mut object = base.clone();
    object.as_object_mut().expect("an object").remove(member);
    object
}

/// A request as API Gateway would pass it, if it had the route.
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

/// The same with a body that is marked as base64.
pub(crate) fn encoded(path: &str, body: &str) -> Value {
    with(&proxied("POST", path, body), "isBase64Encoded", true.into())
}
