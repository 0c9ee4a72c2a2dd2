//! Error responses in the format of each AWS protocol.
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::faults::Effect;
use crate::server::Response;

/// The protocol with which a client talks to an AWS service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// The query protocol of STS and IAM, with the XML namespace of the service.
    Query(&'static str),
    /// JSON 1.1 of Secrets Manager, Organizations and EventBridge.
    Json,
    /// JSON 1.0 of SQS, with the error codes of the older query protocol in a header.
    QueryCompatibleJson,
    /// JSON 1.0 of DynamoDB. Error codes have a prefix.
    DynamoDb,
    /// REST with XML, of S3.
    RestXml,
    /// REST with JSON, of EKS. The error code is in a header.
    Rest,
}

impl Protocol {
    /// Returns the protocol of a service.
    pub(crate) fn for_service(service: &str) -> Protocol {
        match service {
            "secretsmanager" | "organizations" | "events" => Protocol::Json,
            "dynamodb" => Protocol::DynamoDb,
            "s3" => Protocol::RestXml,
            "sqs" => Protocol::QueryCompatibleJson,
            "eks" => Protocol::Rest,
            "iam" => Protocol::Query("https://iam.amazonaws.com/doc/2010-05-08/"),
            _ => Protocol::Query("https://sts.amazonaws.com/doc/2011-06-15/"),
        }
    }
}

/// An error that AWS returns: HTTP status, error code and message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AwsError {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl AwsError {
    /// Creates an error from HTTP status, error code and message.
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> AwsError {
        AwsError { status, code, message: message.into() }
    }

    /// Returns the error for an access key or a session token that AWS does not accept.
    pub(crate) fn invalid_client_token() -> AwsError {
        AwsError::new(
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        )
    }

    /// Returns the error for a signature that AWS does not accept.
    pub(crate) fn invalid_signature(message: impl Into<String>) -> AwsError {
        AwsError::new(403, "SignatureDoesNotMatch", message)
    }

    /// Returns the error of STS and IAM for a parameter that is not valid.
    pub(crate) fn validation(message: impl Into<String>) -> AwsError {
        AwsError::new(400, "ValidationError", message)
    }

    /// Returns IAM's error for an entity that does not exist.
    pub(crate) fn no_such_entity(message: impl Into<String>) -> AwsError {
        AwsError::new(404, "NoSuchEntity", message)
    }

    /// Returns the error with which a service answers a call for which a test has injected a fault.
    pub(crate) fn from_effect(service: &str, effect: Effect) -> AwsError {
        match effect {
            Effect::Throttle if service == "organizations" => AwsError::new(
                400,
                "TooManyRequestsException",
                "AWS Organizations can't complete your request because another request is already in progress. Try again later.",
            ),
            Effect::Throttle if service == "sqs" => {
                AwsError::new(400, "RequestThrottled", "Rate exceeded")
            }
            Effect::Throttle if service == "s3" => {
                AwsError::new(503, "SlowDown", "Please reduce your request rate.")
            }
            Effect::Throttle if service == "dynamodb" => AwsError::new(
                400,
                "ThrottlingException",
                "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table or index so please try again shortly.",
            ),
            Effect::Throttle => AwsError::new(400, "Throttling", "Rate exceeded"),
            Effect::AwsError { status, code } => {
                AwsError::new(status, code, "The request was rejected.")
            }
            Effect::Unavailable => AwsError::new(
                503,
                "ServiceUnavailable",
                "The request has failed due to a temporary failure of the server.",
            ),
            Effect::InternalError
            | Effect::NoResponse
            | Effect::HtmlPage
            | Effect::DisconnectBefore
            | Effect::DisconnectAfter
            | Effect::Echo(_)
            | Effect::Delay(_)
            | Effect::StaleReads(_) => AwsError::new(
                500,
                match service {
                    "iam" => "ServiceFailure",
                    "organizations" => "ServiceException",
                    "eks" => "ServerException",
                    "dynamodb" => "InternalServerError",
                    "s3" => "InternalError",
                    _ => "InternalFailure",
                },
                "The request processing has failed because of an unknown error, exception or failure.",
            ),
        }
    }

    /// Returns HTTP status and error code with which JSON services report this error. Some differ
    /// from those of the query protocol.
    pub(super) fn json_status_and_code(&self) -> (u16, &str) {
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

    /// Builds the error response in the format of a protocol.
    pub(crate) fn to_response(&self, protocol: Protocol, request_id: &str) -> Response {
        match protocol {
            Protocol::Json => {
                let (status, code) = self.json_status_and_code();
                let key = if code == "AccessDeniedException" { "Message" } else { "message" };
                let body = json!({ "__type": code, key: self.message }).to_string();
                build_response(status, "application/x-amz-json-1.1", body, request_id)
            }
            Protocol::RestXml => {
                let (status, code) = match self.code {
                    "InvalidClientTokenId" => (403, "InvalidAccessKeyId"),
                    "ExpiredToken" => (400, "ExpiredToken"),
                    "SignatureDoesNotMatch" if self.message.starts_with("Signature") => {
                        (403, "RequestTimeTooSkewed")
                    }
                    other => (self.status, other),
                };
                let message = super::xml::escape(&self.message);
                let body = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
                     <RequestId>{request_id}</RequestId></Error>"
                );
                build_response(status, "application/xml", body, request_id)
            }
            Protocol::DynamoDb => {
                let (status, code) = self.json_status_and_code();
                let namespace = match code {
                    "ValidationException" => "com.amazon.coral.validate",
                    "ConditionalCheckFailedException"
                    | "InternalServerError"
                    | "ProvisionedThroughputExceededException"
                    | "RequestLimitExceeded"
                    | "ResourceNotFoundException"
                    | "ThrottlingException"
                    | "TransactionConflictException" => super::dynamodb::ERROR_NAMESPACE,
                    _ => "com.amazon.coral.service",
                };
                let is_capital = matches!(code, "AccessDeniedException" | "SerializationException");
                let key = if is_capital { "Message" } else { "message" };
                let body = json!({"__type": format!("{namespace}#{code}"), key: self.message});
                let json = "application/x-amz-json-1.0";
                build_response(status, json, body.to_string(), request_id)
            }
            Protocol::Rest => {
                let (_, code) = self.json_status_and_code();
                // EKS returns 403 where other JSON services return 400.
                let status = if code == "ThrottlingException" { 429 } else { self.status };
                let body = json!({"message": self.message}).to_string();
                let mut response = build_response(status, "application/json", body, request_id);
                if let Ok(code) = HeaderValue::from_str(code) {
                    response.headers_mut().insert("x-amzn-errortype", code);
                }
                response
            }
            Protocol::QueryCompatibleJson => {
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
                let mut response = build_response(status, json, body.to_string(), request_id);
                if let Ok(query) = HeaderValue::from_str(&format!("{};{kind}", self.code)) {
                    response.headers_mut().insert("x-amzn-query-error", query);
                }
                response
            }
            Protocol::Query(namespace) => {
                let kind = if self.status >= 500 { "Receiver" } else { "Sender" };
                let body = format!(
                    "<ErrorResponse xmlns=\"{namespace}\">\n  <Error>\n    <Type>{kind}</Type>\n    \
                     <Code>{}</Code>\n    <Message>{}</Message>\n  </Error>\n  \
                     <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n",
                    self.code,
                    super::xml::escape(&self.message)
                );
                build_response(self.status, "text/xml", body, request_id)
            }
        }
    }
}

/// Builds a response with a content type and AWS's header for the request id.
pub(crate) fn build_response(
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
