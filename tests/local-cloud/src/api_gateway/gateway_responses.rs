//! Error responses that API Gateway sends without invoking a function.

use axum::body::Body;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::cloudformation::Template;

/// Bodies of the error responses: API Gateway's defaults, or those of the template's
/// `GatewayResponses`.
#[derive(Clone, Debug, Default)]
pub struct GatewayResponses {
    client: Option<ResponseTemplate>,
    server: Option<ResponseTemplate>,
}

#[derive(Clone, Debug)]
struct ResponseTemplate {
    content_type: String,
    body: String,
}

impl GatewayResponses {
    /// Reads the `GatewayResponses` of a template.
    pub fn from_template(template: &Template) -> Self {
        let form = |kind: &str| {
            let response = template.gateway_response(kind)?;
            let body = response.pointer("/ResponseTemplates/application~1json")?.as_str()?;
            let content_type = response.pointer("/ResponseParameters/Headers/Content-Type");
            let content_type = content_type.and_then(Value::as_str).unwrap_or("application/json");
            let content_type = content_type.trim_matches('\'').to_owned();
            Some(ResponseTemplate { content_type, body: body.to_owned() })
        };
        Self { client: form("DEFAULT_4XX"), server: form("DEFAULT_5XX") }
    }

    pub(super) fn build(&self, status: StatusCode, message: &str, id: &str) -> Response<Body> {
        let form = if status.is_client_error() { &self.client } else { &self.server };
        let (content_type, body) = match form {
            None => ("application/json", json!({ "message": message }).to_string()),
            Some(ResponseTemplate { content_type, body }) => {
                let quoted = Value::from(message).to_string();
                let body = body.replace("$context.error.messageString", &quoted);
                (content_type.as_str(), body.replace("$context.requestId", id))
            }
        };
        let mut response = Response::builder().status(status).header("content-type", content_type);
        response = response.header("x-amzn-requestid", id);
        response.body(body.into()).unwrap_or_default()
    }
}
