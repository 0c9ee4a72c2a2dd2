//! Successful responses and error responses of Palette.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    contract::{Schema, SchemaError},
    server::Response,
};

/// A successful response of Palette.
pub(super) struct PaletteResponse {
    status: StatusCode,
    body: Option<Value>,
}

impl PaletteResponse {
    /// Returns a response with status 200 and this body. If the body violates the response schema,
    /// returns 501 instead, so that the test that called fails.
    pub(super) fn ok(schema: &'static str, body: Value) -> Self {
        match Schema::Response(schema).validate(&body).first() {
            None => Self { status: StatusCode::OK, body: Some(body) },
            Some(SchemaError { message, .. }) => Self {
                status: StatusCode::NOT_IMPLEMENTED,
                body: Some(json!({"code": "LocalResponseViolatesSchema", "message": message})),
            },
        }
    }

    /// Returns the response to the creation of an account with this uid.
    pub(super) fn created(uid: &str) -> Self {
        Self { status: StatusCode::CREATED, body: Some(json!({"uid": uid})) }
    }

    pub(super) const fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None }
    }

    pub(super) fn into_response(self) -> Response {
        build_response(self.status, self.body.as_ref())
    }
}

/// An error response of Palette.
#[derive(Debug)]
pub(super) struct PaletteError {
    status: StatusCode,
    code: Value,
    message: String,
}

impl PaletteError {
    /// Returns an error response of Palette's services, which has a string as code.
    pub(super) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// Returns an error response of Palette's router, which has a number as code: the status, or
    /// the error code of the library go-openapi.
    pub(super) fn with_numeric_code(
        status: StatusCode,
        code: u16,
        message: impl Into<String>,
    ) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// Returns the response to a request body that violates its schema.
    pub(super) fn unprocessable(error: &SchemaError) -> Self {
        Self::with_numeric_code(StatusCode::UNPROCESSABLE_ENTITY, error.code, error.message.clone())
    }

    pub(super) fn not_found(kind: &str, uid: &str) -> Self {
        let message = format!("Resource '{kind}' with uid '{uid}' not found");
        Self::new(StatusCode::NOT_FOUND, "ResourceNotFound", message)
    }

    /// Returns the response to a caller who lacks a permission.
    pub(super) fn forbidden(permission: &str) -> Self {
        let message = format!(
            "Operation '{permission}' is forbidden. Verify the user has '{permission}' permission"
        );
        Self::new(StatusCode::FORBIDDEN, "OperationForbidden", message)
    }

    pub(super) fn into_response(self) -> Response {
        let Self { status, code, message } = self;
        build_response(
            status,
            Some(&json!({"code": code, "message": message, "details": {}, "ref": "local"})),
        )
    }
}

fn build_response(status: StatusCode, body: Option<&Value>) -> Response {
    let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let builder =
        http::Response::builder().status(status).header("AuditUid", "65f0a1b2c3d4e5f607182930");
    let builder = match body {
        Some(_) => builder.header("content-type", "application/json"),
        None => builder,
    };
    builder.body(bytes).unwrap_or_default()
}
