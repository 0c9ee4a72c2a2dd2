//! Palette's answers: JSON with an audit id, or an error with a code that is a word or a number.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    contract::{SchemaFault, Shape},
    server::Response,
};

/// An answer that is not an error.
pub(super) struct PaletteResponse {
    status: StatusCode,
    body: Option<Value>,
}

impl PaletteResponse {
    /// 200, once the body keeps the contract that Gangway reads by.
    pub(super) fn ok(shape: &'static str, body: Value) -> Self {
        match Shape::Read(shape).faults(&body).first() {
            None => Self { status: StatusCode::OK, body: Some(body) },
            Some(SchemaFault { message, .. }) => Self {
                status: StatusCode::NOT_IMPLEMENTED,
                body: Some(json!({"code": "LocalPaletteBroken", "message": message})),
            },
        }
    }

    pub(super) fn created(uid: &str) -> Self {
        Self { status: StatusCode::CREATED, body: Some(json!({"uid": uid})) }
    }

    pub(super) const fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None }
    }

    pub(super) fn into_response(self) -> Response {
        respond(self.status, self.body.as_ref())
    }
}

/// An error.
#[derive(Debug)]
pub(super) struct PaletteError {
    status: StatusCode,
    code: Value,
    message: String,
}

impl PaletteError {
    /// One of Palette's own, told by a word.
    pub(super) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// One of the router's, told by the status or by go-openapi's number.
    pub(super) fn with_numeric_code(
        status: StatusCode,
        code: u16,
        message: impl Into<String>,
    ) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    pub(super) fn unprocessable(fault: &SchemaFault) -> Self {
        Self::with_numeric_code(StatusCode::UNPROCESSABLE_ENTITY, fault.code, fault.message.clone())
    }

    pub(super) fn not_found(kind: &str, uid: &str) -> Self {
        let message = format!("Resource '{kind}' with uid '{uid}' not found");
        Self::new(StatusCode::NOT_FOUND, "ResourceNotFound", message)
    }

    pub(super) fn forbidden(permission: &str) -> Self {
        let message = format!(
            "Operation '{permission}' is forbidden. Verify the user has '{permission}' permission"
        );
        Self::new(StatusCode::FORBIDDEN, "OperationForbidden", message)
    }

    pub(super) fn into_response(self) -> Response {
        let Self { status, code, message } = self;
        respond(
            status,
            Some(&json!({"code": code, "message": message, "details": {}, "ref": "local"})),
        )
    }
}

fn respond(status: StatusCode, body: Option<&Value>) -> Response {
    let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let builder =
        http::Response::builder().status(status).header("AuditUid", "65f0a1b2c3d4e5f607182930");
    let builder = match body {
        Some(_) => builder.header("content-type", "application/json"),
        None => builder,
    };
    builder.body(bytes).unwrap_or_default()
}
