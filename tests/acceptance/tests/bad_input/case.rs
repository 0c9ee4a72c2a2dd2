//! An invalid request and the expected response.

use serde_json::{Value, json};

/// A wrong request.
pub(crate) struct InvalidRequestCase {
    pub(crate) name: String,
    pub(crate) transport: Transport,
    pub(crate) status: u16,
    /// The last part of the problem's type.
    pub(crate) kind: &'static str,
    /// The members at fault, in the order in which they are told.
    pub(crate) pointers: Vec<String>,
    /// What the first fault's text has to contain: the remedy.
    pub(crate) remedy: String,
    /// Whether a secret has to be opened before the fault can be seen.
    pub(crate) opens_secret: bool,
}

/// The way it goes.
pub(crate) enum Transport {
    /// Through API Gateway.
    Http { verb: &'static str, path: String, content_type: Option<&'static str>, body: Vec<u8> },
    /// Over the event bus: only what fits a rule is delivered.
    Event(Value),
    /// As an event that a wrong rule delivers.
    Delivered(Value),
    /// Straight to the function.
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

    /// A `POST` of these bytes as JSON.
    pub(crate) fn post(name: &str, path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::body(name, "POST", path, body)
    }

    /// A `PUT` of these bytes as JSON.
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

    /// Another content type; none where it is empty.
    pub(crate) fn typed(mut self, declared: &'static str) -> Self {
        if let Transport::Http { content_type, .. } = &mut self.transport {
            *content_type = Some(declared).filter(|declared| !declared.is_empty());
        }
        self
    }

    /// 400 with faults of these members.
    pub(crate) fn invalid(self, pointers: &[&str], remedy: &str) -> Self {
        self.faulty(400, "validation-error", pointers, remedy)
    }

    /// 422 with faults of these members.
    pub(crate) fn refused(self, pointers: &[&str], remedy: &str) -> Self {
        self.faulty(422, "unprocessable", pointers, remedy)
    }

    /// A problem that no member is named in.
    pub(crate) fn is(self, status: u16, kind: &'static str, remedy: &str) -> Self {
        self.faulty(status, kind, &[], remedy)
    }

    /// The verb is wrong: the right ones are told.
    pub(crate) fn verb_not_allowed(self, remedy: &str) -> Self {
        assert!(remedy.starts_with("use ") && remedy.len() > 4, "{remedy}: which verbs?");
        self.is(405, "method-not-allowed", remedy)
    }

    /// API Gateway refuses it by itself.
    pub(crate) fn by_gateway(self) -> Self {
        self.is(403, "gateway", "Missing Authentication Token")
    }

    fn faulty(self, status: u16, kind: &'static str, pointers: &[&str], remedy: &str) -> Self {
        let pointers = pointers.iter().map(|&pointer| pointer.to_owned()).collect();
        Self { status, kind, pointers, remedy: remedy.to_owned(), ..self }
    }

    /// The fault is inside a secret.
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

/// A request as API Gateway would hand it to the function, had it the route.
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

/// The same with a body that claims to be base64.
pub(crate) fn encoded(path: &str, body: &str) -> Value {
    with(&proxied("POST", path, body), "isBase64Encoded", true.into())
}
