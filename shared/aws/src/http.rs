//! HTTP connector of the AWS SDK. It uses the HTTP client of Gangway, stops at the deadline of the
//! invocation, and records the clock skew.

use std::{error::Error, fmt, time::Duration};

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::{DateTime, body::SdkBody, date_time::Format};
use gangway_http::{clock, deadline, upstream_timing};
use reqwest::{
    Client,
    header::{CONTENT_TYPE, HeaderMap},
};

use crate::error::{EKS, IAM, SECRETS_MANAGER, STS};

/// Timeout of one request. It leaves time for a retry within the 29 s that API Gateway allows.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// Size in bytes of the largest response that is read.
const MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;

/// Sends requests of the AWS SDK with reqwest. The SDK has already signed the requests.
#[derive(Clone)]
pub(crate) struct ReqwestConnector(pub(crate) Client);

impl fmt::Debug for ReqwestConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestConnector")
    }
}

impl HttpClient for ReqwestConnector {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for ReqwestConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            if deadline::remaining().is_zero() {
                // This is a user error, because the SDK would retry a timeout error.
                return Err(ConnectorError::user("the invocation has no time left".into()));
            }
            let service = service_name(&request);
            upstream_timing::record(
                service,
                deadline::timeout(REQUEST_TIMEOUT, send_request(&client, request)),
            )
            .await
            .unwrap_or_else(|elapsed| Err(ConnectorError::timeout(elapsed.into())))
        })
    }
}

/// Returns the display name of the service that the request is signed for. The service is in the
/// header `Authorization`: `Credential=<id>/<day>/<region>/<service>/aws4_request`.
fn service_name(request: &HttpRequest) -> &'static str {
    let signed_service =
        request.headers().get("authorization").and_then(|value| value.split('/').nth(3));
    match signed_service {
        Some("sts") => STS,
        Some("iam") => IAM,
        Some("eks") => EKS,
        Some("secretsmanager") => SECRETS_MANAGER,
        Some("organizations") => "AWS Organizations",
        Some("sqs") => "Amazon SQS",
        Some("dynamodb") => "Amazon DynamoDB",
        Some(_) | None => "AWS",
    }
}

async fn send_request(
    client: &Client,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(invalid_request_error)?;
    let request = request.map(|body| body.bytes().map(<[u8]>::to_vec).unwrap_or_default());
    let request = reqwest::Request::try_from(request).map_err(invalid_request_error)?;
    let mut reply = client.execute(request).await.map_err(to_connector_error)?;
    let status = StatusCode::try_from(reply.status().as_u16()).map_err(invalid_response_error)?;
    let headers = std::mem::take(reply.headers_mut());
    if status.is_success() && is_html(&headers) {
        return Err(ConnectorError::other("an HTML page, which AWS does not return".into(), None));
    }
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(to_connector_error)? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(ConnectorError::other("the response is too long".into(), None));
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    for (name, value) in &headers {
        if let Ok(value) = value.to_str() {
            if name == "date" {
                record_server_date(value);
            }
            let (name, value) = (name.as_str().to_owned(), value.to_owned());
            response.headers_mut().try_append(name, value).map_err(invalid_response_error)?;
        }
    }
    Ok(response)
}

/// Returns `true` if the content type is HTML. A proxy or an access portal may send an HTML page
/// with a success status. The SDK ignores a body that it does not need, so it would accept the
/// page.
pub(crate) fn is_html(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|content_type| content_type.starts_with("text/html"))
}

/// Records the time in the `Date` header of a response, to compute the clock skew.
pub(crate) fn record_server_date(date: &str) {
    if let Ok(date) = DateTime::from_str(date, Format::HttpDate)
        && let Ok(date) = date.try_into()
    {
        clock::record_server_date(date);
    }
}

fn invalid_request_error(error: impl Error + Send + Sync + 'static) -> ConnectorError {
    ConnectorError::user(error.into())
}

fn invalid_response_error(error: impl Error + Send + Sync + 'static) -> ConnectorError {
    ConnectorError::other(error.into(), None)
}

/// Converts an error of reqwest to an error of the SDK. The SDK retries timeouts and I/O errors.
fn to_connector_error(error: reqwest::Error) -> ConnectorError {
    let error = error.without_url();
    if error.is_timeout() {
        ConnectorError::timeout(error.into())
    } else if error.is_builder() {
        ConnectorError::user(error.into())
    } else {
        ConnectorError::io(error.into())
    }
}
