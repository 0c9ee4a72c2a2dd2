//! Puts objects into one bucket of Amazon S3, without the SDK crate of S3.

#[cfg(test)]
mod tests;

use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4::SigningParams,
};
use aws_types::{SdkConfig, service_config::ServiceConfigKey};
use bytes::Bytes;
use gangway_http::{RetryPolicy, Retryable as _, clock, deadline, error_chain, upstream_timing};
use gangway_model::UpstreamError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_TYPE, DATE, ETAG},
};

use crate::{
    AwsSession,
    error::{ApiCall, AwsErrorKind},
    http::{is_html, record_server_date},
};

/// Display name of the service in error messages.
const SERVICE: &str = "Amazon S3";

const PUT: ApiCall = ApiCall { service: SERVICE, action: "s3:PutObject", resource: "such bucket" };

/// Timeout of one request. It is long enough to send an object of a few megabytes.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// Size in bytes of the largest error response that is read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// Characters that are percent-encoded in a path: all except the unreserved characters of RFC 3986
/// and the slash.
const PERCENT_ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Client of one bucket in the region of the session. Puts objects into the bucket. Clones share
/// the HTTP client.
#[derive(Clone, Debug)]
pub struct ObjectStore {
    aws: AwsSession,
    http: Client,
    bucket: String,
    /// URL of the bucket, without a slash at its end.
    url: String,
}

impl ObjectStore {
    /// Creates a client of the bucket. Sends no request.
    pub fn new(aws: &AwsSession, http: Client, bucket: String) -> Self {
        let is_fips = aws.config().use_fips() == Some(true);
        let url = endpoint_from_env(aws.config()).map_or_else(
            || bucket_url(&bucket, aws.region(), aws.partition().info().dns_suffix, is_fips),
            |endpoint| format!("{}/{bucket}", endpoint.trim_end_matches('/')),
        );
        Self { aws: aws.clone(), http, bucket, url }
    }

    /// Writes an object, or replaces an existing one. Repeats a request that was throttled or
    /// interrupted.
    ///
    /// # Errors
    ///
    /// After [`UpstreamError::Unavailable`] and [`UpstreamError::TimedOut`] the object may have
    /// been written.
    pub async fn put(
        &self,
        key: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<(), UpstreamError> {
        // HTTP clients remove the segments . and .. from the path of a URL.
        if key.split('/').any(|segment| [".", ".."].contains(&segment)) {
            let reason = "a key has no segment . or ..".to_owned();
            return Err(UpstreamError::Rejected { service: SERVICE, reason });
        }
        let url = format!("{}/{}", self.url, utf8_percent_encode(key, PERCENT_ENCODED));
        (|| self.put_once(&url, content_type, &body))
            .retry(RetryPolicy::THROTTLED)
            .when(UpstreamError::is_retryable)
            .await
    }

    async fn put_once(
        &self,
        url: &str,
        content_type: &str,
        body: &Bytes,
    ) -> Result<(), UpstreamError> {
        let request = self.build_signed_request(url, content_type, body).await?;
        let exchange = async {
            let response = self.http.execute(request).await.map_err(to_connection_error)?;
            self.check_response(response).await
        };
        let timed_out = |_elapsed| UpstreamError::TimedOut { service: SERVICE };
        upstream_timing::record(SERVICE, deadline::timeout(REQUEST_TIMEOUT, exchange))
            .await
            .map_err(timed_out)?
    }

    /// Builds a request that is signed with the credentials of the session.
    async fn build_signed_request(
        &self,
        url: &str,
        content_type: &str,
        body: &Bytes,
    ) -> Result<reqwest::Request, UpstreamError> {
        let failed = |cause: &(dyn std::error::Error + 'static)| {
            PUT.invalid_response(format!("the request cannot be signed: {}", error_chain(cause)))
        };
        let provider = self.aws.config().credentials_provider();
        let provider = provider.ok_or_else(|| PUT.invalid_response("no credentials"))?;
        let credentials = provider.provide_credentials().await;
        let identity = credentials.map_err(|error| failed(&error))?.into();
        let mut settings = SigningSettings::default();
        // Unlike other services, S3 requires the hash of the body in a header, and a signature of
        // the path exactly as it is sent.
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.aws.region())
            .name("s3")
            .time(clock::now())
            .settings(settings)
            .build()
            .map_err(|error| failed(&error))?
            .into();
        let headers = [(CONTENT_TYPE.as_str(), content_type)];
        let signable =
            SignableRequest::new("PUT", url, headers.into_iter(), SignableBody::Bytes(body));
        let signed = sign(signable.map_err(|error| failed(&error))?, &params);
        let (instructions, _signature) = signed.map_err(|error| failed(&error))?.into_parts();
        let mut request = http::Request::put(url)
            .header(CONTENT_TYPE, content_type)
            .body(body.clone())
            .map_err(|error| failed(&error))?;
        instructions.apply_to_request_http1x(&mut request);
        reqwest::Request::try_from(request).map_err(|error| failed(&error.without_url()))
    }

    async fn check_response(&self, response: Response) -> Result<(), UpstreamError> {
        let (status, headers) = (response.status(), response.headers());
        if let Some(date) = headers.get(DATE).and_then(|date| date.to_str().ok()) {
            record_server_date(date);
        }
        if status == StatusCode::OK && headers.contains_key(ETAG) && !is_html(headers) {
            return Ok(());
        }
        if status.is_success() {
            return Err(PUT.invalid_response("an answer without an ETag, which S3 does not return"));
        }
        let code = read_error_code(response).await?;
        let kind = AwsErrorKind::from_code(&code, status.as_u16());
        if kind != AwsErrorKind::NotFound {
            return Err(PUT.to_error(kind, Some(&code)));
        }
        let reason =
            format!("there is no bucket {}: deploy the stack again, which creates it", self.bucket);
        Err(UpstreamError::Rejected { service: SERVICE, reason })
    }
}

/// Returns the endpoint URL that the environment sets for S3, or else for all services. `None` if
/// the environment sets none.
pub(crate) fn endpoint_from_env(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let own = key.ok().and_then(|key| config.service_config()?.load_config(key));
    own.or_else(|| config.endpoint_url().map(str::to_owned))
}

/// Returns the URL of a bucket. The host contains the name of the bucket, except if the name has a
/// dot: the wildcard certificate of S3 does not match such a host.
fn bucket_url(bucket: &str, region: &str, suffix: &str, is_fips: bool) -> String {
    let service = if is_fips { "s3-fips" } else { "s3" };
    if bucket.contains('.') {
        format!("https://{service}.{region}.{suffix}/{bucket}")
    } else {
        format!("https://{bucket}.{service}.{region}.{suffix}")
    }
}

/// Converts an error of a request that got no complete response.
pub(crate) fn to_connection_error(error: reqwest::Error) -> UpstreamError {
    let error = error.without_url();
    if error.is_timeout() {
        UpstreamError::TimedOut { service: SERVICE }
    } else {
        PUT.invalid_response(error_chain(&error))
    }
}

/// Reads the error code in an error response of S3: the text of the first element `Code`. The code
/// is empty if there is no such element.
pub(crate) async fn read_error_code(mut response: Response) -> Result<String, UpstreamError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(to_connection_error)? {
        if body.len() + chunk.len() > MAX_ERROR_BYTES {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    let text = String::from_utf8_lossy(&body);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    Ok(code.map(|(code, _)| code.to_owned()).unwrap_or_default())
}
