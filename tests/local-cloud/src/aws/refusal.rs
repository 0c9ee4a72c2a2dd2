//! Refusals, in the words and the format of each of AWS's protocols.
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::faults::Effect;
use crate::server::Response;

/// How a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Form in, XML of a namespace out: STS, IAM.
    PolicyQuery(&'static str),
    /// JSON 1.1: Secrets Manager, Organizations.
    Json,
    /// JSON 1.0, with the codes of the query protocol that went before it: SQS.
    QueryJson,
    /// JSON in the body, the operation in verb and path, the error's code in a header: EKS.
    Rest,
}

impl Protocol {
    pub(crate) fn of(service: &str) -> Protocol {
        match service {
            "secretsmanager" | "organizations" => Protocol::Json,
            "sqs" => Protocol::QueryJson,
            "eks" => Protocol::Rest,
            "iam" => Protocol::PolicyQuery("https://iam.amazonaws.com/doc/2010-05-08/"),
            _ => Protocol::PolicyQuery("https://sts.amazonaws.com/doc/2011-06-15/"),
        }
    }
}

/// A call that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AwsError {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl AwsError {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> AwsError {
        AwsError { status, code, message: message.into() }
    }

    pub(crate) fn unknown_key() -> AwsError {
        AwsError::new(
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        )
    }

    pub(crate) fn signature(message: impl Into<String>) -> AwsError {
        AwsError::new(403, "SignatureDoesNotMatch", message)
    }

    pub(crate) fn validation(message: impl Into<String>) -> AwsError {
        AwsError::new(400, "ValidationError", message)
    }

    pub(crate) fn missing(message: impl Into<String>) -> AwsError {
        AwsError::new(404, "NoSuchEntity", message)
    }

    /// A throttle or an outage, as the service would put it.
    pub(crate) fn injected_error(service: &str, effect: Effect) -> AwsError {
        match effect {
            Effect::Throttle if service == "organizations" => AwsError::new(
                400,
                "TooManyRequestsException",
                "AWS Organizations can't complete your request because another request is already in progress. Try again later.",
            ),
            Effect::Throttle if service == "sqs" => {
                AwsError::new(400, "RequestThrottled", "Rate exceeded")
            }
            Effect::Throttle => AwsError::new(400, "Throttling", "Rate exceeded"),
            Effect::Unavailable => AwsError::new(
                503,
                "ServiceUnavailable",
                "The request has failed due to a temporary failure of the server.",
            ),
            Effect::InternalError
            | Effect::NeverAnswer
            | Effect::Garbage
            | Effect::CutBefore
            | Effect::CutAfter
            | Effect::Echo(_)
            | Effect::Delay(_)
            | Effect::Stale(_) => AwsError::new(
                500,
                match service {
                    "iam" => "ServiceFailure",
                    "organizations" => "ServiceException",
                    "eks" => "ServerException",
                    _ => "InternalFailure",
                },
                "The request processing has failed because of an unknown error, exception or failure.",
            ),
        }
    }

    /// The same refusal as a JSON service words and counts it.
    pub(super) fn for_json(&self) -> (u16, &str) {
        match self.code {
            "InvalidClientTokenId" => (400, "UnrecognizedClientException"),
            "SignatureDoesNotMatch" => (400, "InvalidSignatureException"),
            "ExpiredToken" => (400, "ExpiredTokenException"),
            "AccessDenied" => (400, "AccessDeniedException"),
            "MissingAuthenticationToken" => (400, "MissingAuthenticationTokenException"),
            "IncompleteSignature" => (400, "IncompleteSignatureException"),
            "Throttling" => (400, "ThrottlingException"),
            "InternalFailure" => (500, "InternalServiceError"),
            "ServiceUnavailable" => (503, "ServiceUnavailableException"),
            other => (self.status, other),
        }
    }

    pub(crate) fn render(&self, protocol: Protocol, request_id: &str) -> Response {
        match protocol {
            Protocol::Json => {
                let (status, code) = self.for_json();
                let key = if code == "AccessDeniedException" { "Message" } else { "message" };
                let body = json!({ "__type": code, key: self.message }).to_string();
                response(status, "application/x-amz-json-1.1", body, request_id)
            }
            Protocol::Rest => {
                let (_, code) = self.for_json();
                // Where the others say 400 to whoever is not known or not allowed, this says 403.
                let status = if code == "ThrottlingException" { 429 } else { self.status };
                let body = json!({"message": self.message}).to_string();
                let mut response = response(status, "application/json", body, request_id);
                if let Ok(code) = HeaderValue::from_str(code) {
                    response.headers_mut().insert("x-amzn-errortype", code);
                }
                response
            }
            Protocol::QueryJson => {
                let code = self.code.rsplit('.').next().unwrap_or(self.code);
                let (shape, space) = match code {
                    "NonExistentQueue" => ("QueueDoesNotExist", "com.amazonaws.sqs"),
                    "AccessDenied" => ("AccessDeniedException", "com.amazon.coral.service"),
                    other => (other, "com.amazonaws.sqs"),
                };
                let kind = if self.status >= 500 { "Receiver" } else { "Sender" };
                let status = if self.status == 403 { 400 } else { self.status };
                let body = json!({"__type": format!("{space}#{shape}"), "message": self.message});
                let json = "application/x-amz-json-1.0";
                let mut response = response(status, json, body.to_string(), request_id);
                if let Ok(query) = HeaderValue::from_str(&format!("{};{kind}", self.code)) {
                    response.headers_mut().insert("x-amzn-query-error", query);
                }
                response
            }
            Protocol::PolicyQuery(namespace) => {
                let kind = if self.status >= 500 { "Receiver" } else { "Sender" };
                let body = format!(
                    "<ErrorResponse xmlns=\"{namespace}\">\n  <Error>\n    <Type>{kind}</Type>\n    \
                     <Code>{}</Code>\n    <Message>{}</Message>\n  </Error>\n  \
                     <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n",
                    self.code,
                    super::xml::escape(&self.message)
                );
                response(self.status, "text/xml", body, request_id)
            }
        }
    }
}

/// An answer of any outcome.
pub(crate) fn response(
    status: u16,
    content_type: &'static str,
    body: String,
    request_id: &str,
) -> Response {
    let mut response = Response::new(body.into_bytes());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
