//! Sends responses to AWS CloudFormation. Each request of CloudFormation for a custom resource
//! contains a presigned URL of Amazon S3. CloudFormation waits until somebody puts the response
//! there as an object.

#[cfg(test)]
mod tests;

use std::time::Duration;

use gangway_http::{RetryPolicy, Retryable as _, deadline, upstream_timing};
use gangway_model::UpstreamError;
use percent_encoding::percent_decode_str;
use reqwest::{Client, StatusCode, Url};

use crate::{
    AwsSession,
    error::ApiCall,
    objects::{endpoint_from_env, read_error_code, to_connection_error},
};

/// Display name of the service in error messages.
const SERVICE: &str = "Amazon S3";

const PUT_OBJECT: ApiCall =
    ApiCall { service: SERVICE, action: "s3:PutObject", resource: "such bucket" };

/// Timeout of one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Prefix of the names of the buckets of CloudFormation. The region without hyphens follows.
const BUCKET_PREFIX: &str = "cloudformation-custom-resource-response-";

/// Query parameters of a presigned URL that contain the signature: for signature version 4 and for
/// version 2.
const SIGNATURE_PARAMETERS: [&str; 2] = ["X-Amz-Signature", "Signature"];

/// Presigned URL to which CloudFormation expects the response. Anybody with this URL could send a
/// response, so the type does not implement `Debug`.
pub struct ResponseUrl(Url);

/// Rule that an invalid URL of a response violates.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("ResponseURL must be a presigned URL of CloudFormation in this region, for this request")]
pub struct InvalidResponseUrl;

/// Result of sending a response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ResponseOutcome {
    /// S3 has stored the response.
    Accepted,
    /// S3 refuses the signature, for example because it has expired. CloudFormation no longer waits
    /// for the response.
    Refused,
}

/// Sends responses to CloudFormation in the region of the session.
#[derive(Clone, Debug)]
pub struct StackResponder {
    http: Client,
    /// Bucket of CloudFormation in the region.
    bucket: String,
    /// Host names of S3 that a presigned URL may contain.
    hosts: Vec<String>,
    /// Endpoint URL of S3 from the environment, without a slash at its end. `None` if the
    /// environment sets none.
    endpoint: Option<String>,
}

impl StackResponder {
    /// Creates a client. Sends no request. `http` must not follow redirects.
    pub fn new(aws: &AwsSession, http: Client) -> Self {
        let (region, suffix) = (aws.region(), aws.partition().info().dns_suffix);
        Self {
            http,
            bucket: format!("{BUCKET_PREFIX}{}", region.replace('-', "")),
            hosts: vec![
                format!("s3.{region}.{suffix}"),
                format!("s3-{region}.{suffix}"),
                format!("s3.{suffix}"),
            ],
            endpoint: endpoint_from_env(aws.config())
                .map(|url| url.trim_end_matches('/').to_owned()),
        }
    }

    /// Parses the URL of a response. Checks that the URL has a signature, and that its host and
    /// bucket are those of CloudFormation and its object is `key`. Gangway sends requests only to
    /// URLs that pass.
    pub fn parse(&self, text: &str, key: &str) -> Result<ResponseUrl, InvalidResponseUrl> {
        let url = Url::parse(text).map_err(|_invalid| InvalidResponseUrl)?;
        let has_signature = url.query_pairs().any(|(name, value)| {
            SIGNATURE_PARAMETERS.contains(&name.as_ref()) && !value.is_empty()
        });
        let is_plain =
            url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let object = self.encoded_object_key(&url).ok_or(InvalidResponseUrl)?;
        let object =
            percent_decode_str(object).decode_utf8().map_err(|_invalid| InvalidResponseUrl)?;
        if has_signature && is_plain && object == key {
            Ok(ResponseUrl(url))
        } else {
            Err(InvalidResponseUrl)
        }
    }

    /// Returns the percent-encoded object key in a URL. Returns `None` if scheme, host, port or
    /// bucket are not those of CloudFormation.
    fn encoded_object_key<'a>(&self, url: &'a Url) -> Option<&'a str> {
        let path = url.path().strip_prefix('/')?;
        let in_bucket = || path.strip_prefix(self.bucket.as_str())?.strip_prefix('/');
        if self.endpoint.as_deref() == Some(url.origin().ascii_serialization().as_str()) {
            return in_bucket();
        }
        if url.scheme() != "https" || url.port().is_some() {
            return None;
        }
        let host = url.host_str()?;
        if self.hosts.iter().any(|known| known == host) {
            return in_bucket();
        }
        let service = host.strip_prefix(self.bucket.as_str())?.strip_prefix('.')?;
        self.hosts.iter().any(|known| known == service).then_some(path)
    }

    /// Sends a response to CloudFormation. Repeats a request that was throttled or interrupted.
    ///
    /// # Errors
    ///
    /// After an error, S3 may have stored the response.
    pub async fn put(
        &self,
        url: &ResponseUrl,
        body: &str,
    ) -> Result<ResponseOutcome, UpstreamError> {
        (|| self.put_once(url, body))
            .retry(RetryPolicy::THROTTLED)
            .when(UpstreamError::is_retryable)
            .await
    }

    async fn put_once(
        &self,
        url: &ResponseUrl,
        body: &str,
    ) -> Result<ResponseOutcome, UpstreamError> {
        let exchange = async {
            // The request has no content type: signature version 2 includes the content type, and
            // CloudFormation signs the URL without one.
            let request = self.http.put(url.0.clone()).body(body.to_owned());
            let response = request.send().await.map_err(to_connection_error)?;
            let status = response.status();
            if status.is_success() {
                return Ok(ResponseOutcome::Accepted);
            }
            if status == StatusCode::FORBIDDEN {
                return Ok(ResponseOutcome::Refused);
            }
            let code = read_error_code(response).await?;
            let kind = crate::error::AwsErrorKind::from_code(&code, status.as_u16());
            Err(PUT_OBJECT.to_error(kind, Some(&code)))
        };
        let timed_out = |_elapsed| UpstreamError::TimedOut { service: SERVICE };
        upstream_timing::record(SERVICE, deadline::timeout(REQUEST_TIMEOUT, exchange))
            .await
            .map_err(timed_out)?
    }
}
