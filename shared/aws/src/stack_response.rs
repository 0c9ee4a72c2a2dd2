//! Responses to AWS CloudFormation: it gives each request for a custom resource a presigned URL of
//! Amazon S3, and waits for an object there.

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
    objects::{endpoint, read_error_code, to_connection_error},
};

/// Display name used in error messages.
const SERVICE: &str = "Amazon S3";

const PUT: ApiCall = ApiCall { service: SERVICE, action: "s3:PutObject", resource: "such bucket" };

/// Timeout of one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The buckets of CloudFormation, before the region without its hyphens.
const BUCKET_PREFIX: &str = "cloudformation-custom-resource-response-";

/// Parameters of a presigned URL that contain the signature: of version 4 and of version 2.
const SIGNATURES: [&str; 2] = ["X-Amz-Signature", "Signature"];

/// A URL that CloudFormation waits at. Whoever has it can answer in Gangway's place, so there is no
/// `Debug`.
pub struct ResponseUrl(Url);

/// The rule that the URL of a response violates.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("ResponseURL must be a presigned URL of CloudFormation in this region, for this request")]
pub struct InvalidResponseUrl;

/// What became of a response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ResponseOutcome {
    Accepted,
    /// S3 refuses the signature, or it has expired: nobody waits for the response.
    Refused,
}

/// Sends responses to CloudFormation in the region of the session.
#[derive(Clone, Debug)]
pub struct StackResponder {
    http: Client,
    bucket: String,
    hosts: Vec<String>,
    /// `https://<host>` of an endpoint from the environment, without a slash at its end.
    endpoint: Option<String>,
}

impl StackResponder {
    /// Creates a client. Sends nothing. `http` must not follow redirects.
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
            endpoint: endpoint(aws.config()).map(|url| url.trim_end_matches('/').to_owned()),
        }
    }

    /// Parses a URL. It must be one that CloudFormation has signed for the object `key`, as far as
    /// a text can show it. Nothing else is ever requested.
    pub fn parse(&self, text: &str, key: &str) -> Result<ResponseUrl, InvalidResponseUrl> {
        let url = Url::parse(text).map_err(|_invalid| InvalidResponseUrl)?;
        let has_signature = url
            .query_pairs()
            .any(|(name, value)| SIGNATURES.contains(&name.as_ref()) && !value.is_empty());
        let is_plain =
            url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let object = self.object_path(&url).ok_or(InvalidResponseUrl)?;
        let object =
            percent_decode_str(object).decode_utf8().map_err(|_invalid| InvalidResponseUrl)?;
        if has_signature && is_plain && object == key {
            Ok(ResponseUrl(url))
        } else {
            Err(InvalidResponseUrl)
        }
    }

    /// Returns the encoded key in a URL, if scheme, host, port and bucket are those of
    /// CloudFormation.
    fn object_path<'a>(&self, url: &'a Url) -> Option<&'a str> {
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

    /// Puts a response. Throttled and interrupted requests are repeated.
    ///
    /// # Errors
    ///
    /// After an error the response may have arrived.
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
            // A content type would be part of a signature of version 2, and CloudFormation signs
            // none.
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
            Err(PUT.to_error(kind, Some(&code)))
        };
        let timed_out = |_elapsed| UpstreamError::TimedOut { service: SERVICE };
        upstream_timing::record(SERVICE, deadline::timeout(REQUEST_TIMEOUT, exchange))
            .await
            .map_err(timed_out)?
    }
}
