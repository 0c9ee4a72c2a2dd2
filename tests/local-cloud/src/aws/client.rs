//! A small AWS client that signs its calls. Tests of the fake AWS use it, and parts of the local
//! cloud that call AWS.
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::AwsCredentials;
use super::store::encode_hex;
use crate::server::NESTED_HEADER;

/// A client that calls AWS in one region, with the credentials of one principal.
#[derive(Debug, Clone)]
pub struct AwsClient {
    http: reqwest::Client,
    url: String,
    region: String,
    keys: AwsCredentials,
    /// Whether the calls are marked as nested: made by a part of the local cloud, not by Gangway.
    nested: bool,
}

/// A response of AWS, successful or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsResponse {
    /// The HTTP status code.
    pub status: u16,
    /// The response body: XML or JSON.
    pub body: String,
}

impl AwsResponse {
    /// Returns the text in the first XML element of this name, as it is escaped in the response.
    pub fn xml_element(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
    }

    /// Returns the response body as JSON, or `null` if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Returns AWS's error code from a JSON or XML response body.
    pub fn code(&self) -> Option<String> {
        let json = self.json().get("__type").and_then(Value::as_str).map(str::to_owned);
        json.or_else(|| self.xml_element("Code").map(str::to_owned))
    }
}

impl AwsClient {
    /// Creates a client that sends all calls to `url`. `http` must trust the certificate of `url`.
    pub fn new(http: reqwest::Client, url: &str, region: &str, keys: &AwsCredentials) -> AwsClient {
        let (url, region) = (url.to_owned(), region.to_owned());
        AwsClient { http, url, region, keys: keys.clone(), nested: false }
    }

    /// Returns a client that marks its calls as nested: the local cloud makes them while it serves
    /// another call.
    #[must_use]
    pub fn as_nested(self) -> AwsClient {
        AwsClient { nested: true, ..self }
    }

    /// Returns a client with other credentials.
    #[must_use]
    pub fn with_keys(&self, keys: &AwsCredentials) -> AwsClient {
        AwsClient { keys: keys.clone(), ..self.clone() }
    }

    /// Returns a client for another region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> AwsClient {
        AwsClient { region: region.to_owned(), ..self.clone() }
    }

    /// Calls an action of STS or IAM, with the AWS query protocol.
    pub async fn query(
        &self,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<AwsResponse, reqwest::Error> {
        let version = if service == "iam" { "2010-05-08" } else { "2011-06-15" };
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let mut body = format!("Action={action}&Version={version}");
        for (name, value) in parameters {
            body.extend(["&", &encode(name), "=", &encode(value)]);
        }
        let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
        self.send(service, headers, body).await
    }

    /// Calls an operation of Secrets Manager.
    pub async fn secrets_manager(
        &self,
        operation: &str,
        parameters: &Value,
    ) -> Result<AwsResponse, reqwest::Error> {
        let target = format!("secretsmanager.{operation}");
        self.call_json("secretsmanager", "1.1", target, parameters).await
    }

    /// Calls an operation of Organizations.
    pub async fn organizations(
        &self,
        operation: &str,
        parameters: &Value,
    ) -> Result<AwsResponse, reqwest::Error> {
        let target = format!("AWSOrganizationsV20161128.{operation}");
        self.call_json("organizations", "1.1", target, parameters).await
    }

    /// Calls an operation of SQS.
    pub async fn sqs(
        &self,
        operation: &str,
        parameters: &Value,
    ) -> Result<AwsResponse, reqwest::Error> {
        self.call_json("sqs", "1.0", format!("AmazonSQS.{operation}"), parameters).await
    }

    /// Calls an operation of DynamoDB.
    pub async fn dynamodb(
        &self,
        operation: &str,
        parameters: &Value,
    ) -> Result<AwsResponse, reqwest::Error> {
        self.call_json("dynamodb", "1.0", format!("DynamoDB_20120810.{operation}"), parameters)
            .await
    }

    /// Calls EKS. `path` may contain a query. With `null` as `parameters`, the request has no body.
    pub async fn eks(
        &self,
        method: &str,
        path: &str,
        parameters: &Value,
    ) -> Result<AwsResponse, reqwest::Error> {
        let content_type = vec![("content-type", "application/json".to_owned())];
        let (headers, body) = if parameters.is_null() {
            (vec![], String::new())
        } else {
            (content_type, parameters.to_string())
        };
        self.send_to(method, path, "eks", headers, body).await
    }

    /// Puts an object into S3. `path` is `/<bucket>/<key>`; `headers` are signed, too.
    pub async fn put_object(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<AwsResponse, reqwest::Error> {
        let mut all_headers = vec![("x-amz-content-sha256", encode_hex(&Sha256::digest(body)))];
        all_headers.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self.send_to("PUT", path, "s3", all_headers, body.to_owned()).await
    }

    /// Calls an operation with the AWS JSON protocol of this version.
    async fn call_json(
        &self,
        service: &str,
        version: &str,
        target: String,
        parameters: &Value,
    ) -> Result<AwsResponse, reqwest::Error> {
        let headers = vec![
            ("content-type", format!("application/x-amz-json-{version}")),
            ("x-amz-target", target),
        ];
        self.send(service, headers, parameters.to_string()).await
    }

    /// Calls `AssumeRole` of STS. Returns the credentials of the new session, or the response with
    /// AWS's error.
    pub async fn assume_role(
        &self,
        role: &str,
        session: &str,
        external_id: Option<&str>,
    ) -> Result<Result<AwsCredentials, AwsResponse>, reqwest::Error> {
        let mut parameters = vec![("RoleArn", role), ("RoleSessionName", session)];
        parameters.extend(external_id.map(|id| ("ExternalId", id)));
        let response = self.query("sts", "AssumeRole", &parameters).await?;
        let text = |name| response.xml_element(name).map(str::to_owned);
        let keys = text("AccessKeyId").zip(text("SecretAccessKey")).zip(text("SessionToken"));
        Ok(keys
            .map(|((id, secret), token)| AwsCredentials { id, secret, token: Some(token) })
            .ok_or(response))
    }

    /// Sends a signed `POST /` request.
    async fn send(
        &self,
        service: &str,
        headers: Vec<(&'static str, String)>,
        body: String,
    ) -> Result<AwsResponse, reqwest::Error> {
        self.send_to("POST", "/", service, headers, body).await
    }

    /// Sends a signed request with any method and path.
    async fn send_to(
        &self,
        method: &str,
        path: &str,
        service: &str,
        mut headers: Vec<(&'static str, String)>,
        body: String,
    ) -> Result<AwsResponse, reqwest::Error> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the client has a clock of its own, independent of the local cloud's"
        )]
        let now = SystemTime::now();
        let url = format!("{}{path}", self.url);
        headers.extend(sign_request(
            &self.keys,
            service,
            &self.region,
            (method, &url),
            &headers,
            body.as_bytes(),
            now,
        ));
        let method = method.parse().expect("The method is not an HTTP method.");
        let mut request =
            self.http.request(method, url).body(body).timeout(Duration::from_secs(30));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if self.nested {
            request = request.header(NESTED_HEADER, "1");
        }
        let response = request.send().await?;
        Ok(AwsResponse { status: response.status().as_u16(), body: response.text().await? })
    }
}

/// Returns the headers that sign a request: `authorization`, `x-amz-date` and, for temporary
/// credentials, `x-amz-security-token`. `headers` are the headers to sign.
///
/// # Panics
/// If `url` is not a URL.
pub fn sign_request(
    keys: &AwsCredentials,
    service: &str,
    region: &str,
    (method, url): (&str, &str),
    headers: &[(&'static str, String)],
    body: &[u8],
    now: SystemTime,
) -> Vec<(&'static str, String)> {
    let identity =
        Credentials::new(&keys.id, &keys.secret, keys.token.clone(), None, "by hand").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .expect("Signing parameters are missing.")
        .into();
    let headers_to_sign = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let signable = SignableRequest::new(method, url, headers_to_sign, SignableBody::Bytes(body))
        .expect("The URL is not valid.");
    let (headers, _) =
        sign(signable, &params).expect("The request cannot be signed.").into_parts().0.into_parts();
    headers.into_iter().map(|header| (header.name(), header.value().to_owned())).collect()
}
