//! Error responses that API Gateway itself sends, without a response of a function.

use axum::body::Body;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::cloudformation::Template;

/// The error responses of a REST API: those of API Gateway, unless the template replaces them by
/// `GatewayResponses`.
#[derive(Clone, Debug, Default)]
pub struct GatewayResponses {
    /// Replaces the responses with status 4xx.
    client_error: Option<ResponseTemplate>,
    /// Replaces the responses with status 5xx.
    server_error: Option<ResponseTemplate>,
}

/// Content type and body of an error response. The body may contain variables of API Gateway.
#[derive(Clone, Debug)]
struct ResponseTemplate {
    content_type: String,
    body: String,
}

impl GatewayResponses {
    /// Reads the `GatewayResponses` of a template.
    pub fn from_template(template: &Template) -> Self {
        let parse = |kind: &str| {
            let response = template.gateway_response(kind)?;
            let body = response.pointer("/ResponseTemplates/application~1json")?.as_str()?;
            let content_type = response.pointer("/ResponseParameters/Headers/Content-Type");
            let content_type = content_type.and_then(Value::as_str).unwrap_or("application/json");
            let content_type = content_type.trim_matches('\'').to_owned();
            Some(ResponseTemplate { content_type, body: body.to_owned() })
        };
        Self { client_error: parse("DEFAULT_4XX"), server_error: parse("DEFAULT_5XX") }
    }

    /// Builds an error response. `id` is the request id.
    pub(super) fn build(&self, status: StatusCode, message: &str, id: &str) -> Response<Body> {
        let template =
            if status.is_client_error() { &self.client_error } else { &self.server_error };
        let (content_type, body) = match template {
            None => ("application/json", json!({ "message": message }).to_string()),
            Some(ResponseTemplate { content_type, body }) => {
                let quoted_message = Value::from(message).to_string();
                let body = body.replace("$context.error.messageString", &quoted_message);
                (content_type.as_str(), body.replace("$context.requestId", id))
            }
        };
        let mut response = Response::builder().status(status).header("content-type", content_type);
        response = response.header("x-amzn-requestid", id);
        response.body(body.into()).unwrap_or_default()
    }
}
