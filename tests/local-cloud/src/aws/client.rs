//! A minimal signing AWS client, for tests of the fake AWS and for parts of the cloud that call
//! AWS.
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::AwsCredentials;
use super::store::encode_hex;
use crate::server::NESTED_HEADER;

/// A client with the credentials of one identity.
#[derive(Debug, Clone)]
pub struct AwsClient {
    http: reqwest::Client,
    url: String,
    region: String,
    keys: AwsCredentials,
    nested: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsResponse {
    pub status: u16,
    /// XML or JSON.
    pub body: String,
}

impl AwsResponse {
    /// Returns the text of the first XML element of this name, still escaped.
    pub fn xml_element(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
    }

    /// Returns the body as JSON; `null` if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The error code, from JSON or XML.
    pub fn code(&self) -> Option<String> {
        let json = self.json().get("__type").and_then(Value::as_str).map(str::to_owned);
        json.or_else(|| self.xml_element("Code").map(str::to_owned))
    }
}

impl AwsClient {
    /// Creates a client. `http` must trust the certificate of `url`.
    pub fn new(http: reqwest::Client, url: &str, region: &str, keys: &AwsCredentials) -> AwsClient {
        let (url, region) = (url.to_owned(), region.to_owned());
        AwsClient { http, url, region, keys: keys.clone(), nested: false }
    }

    /// Marks the calls as nested, so that they are not counted as hops.
    #[must_use]
    pub fn as_nested(self) -> AwsClient {
        AwsClient { nested: true, ..self }
    }

    #[must_use]
    pub fn with_keys(&self, keys: &AwsCredentials) -> AwsClient {
        AwsClient { keys: keys.clone(), ..self.clone() }
    }

    #[must_use]
    pub fn in_region(&self, region: &str) -> AwsClient {
        AwsClient { region: region.to_owned(), ..self.clone() }
    }

    /// Calls STS or IAM.
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

    /// Calls Secrets Manager.
    pub async fn secrets_manager(
        &self,
        operation: &str,
        parameters: &Value,
    ) -> Result<AwsResponse, reqwest::Error> {
        let target = format!("secretsmanager.{operation}");
        self.json("secretsmanager", "1.1", target, parameters).await
    }

    /// Calls Organizations.
    pub async fn organizations(
        &self,
        operation: &str,
        parameters: &Value,
    ) -> Result<AwsResponse, reqwest::Error> {
        let target = format!("AWSOrganizationsV20161128.{operation}");
        self.json("organizations", "1.1", target, parameters).await
    }

    /// Calls SQS.
    pub async fn sqs(
        &self,
        operation: &str,
        parameters: &Value,
    ) -> Result<AwsResponse, reqwest::Error> {
        self.json("sqs", "1.0", format!("AmazonSQS.{operation}"), parameters).await
    }

    /// Calls DynamoDB.
    pub async fn dynamodb(
        &self,
        operation: &str,
        parameters: &Value,
    ) -> Result<AwsResponse, reqwest::Error> {
        self.json("dynamodb", "1.0", format!("DynamoDB_20120810.{operation}"), parameters).await
    }

    /// Calls EKS. `line` is method, path and query.
    pub async fn eks(
        &self,
        method: &str,
        path: &str,
        parameters: &Value,
    ) -> Result<AwsResponse, reqwest::Error> {
        let json = vec![("content-type", "application/json".to_owned())];
        let (headers, body) = if parameters.is_null() {
            (vec![], String::new())
        } else {
            (json, parameters.to_string())
        };
        self.send_to(method, path, "eks", headers, body).await
    }

    /// Puts an object into S3 by a path-style address. `headers` are signed, too.
    pub async fn put_object(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Result<AwsResponse, reqwest::Error> {
        let mut all = vec![("x-amz-content-sha256", encode_hex(&Sha256::digest(body)))];
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self.send_to("PUT", path, "s3", all, body.to_owned()).await
    }

    async fn json(
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

    /// Calls `AssumeRole`. Returns the session's keys or the error response.
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

    async fn send(
        &self,
        service: &str,
        headers: Vec<(&'static str, String)>,
        body: String,
    ) -> Result<AwsResponse, reqwest::Error> {
        self.send_to("POST", "/", service, headers, body).await
    }

    async fn send_to(
        &self,
        method: &str,
        path: &str,
        service: &str,
        mut headers: Vec<(&'static str, String)>,
        body: String,
    ) -> Result<AwsResponse, reqwest::Error> {
        #[expect(clippy::disallowed_methods, reason = "the caller's clock, not the cloud's")]
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
        let method = method.parse().expect("an HTTP method");
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

/// Returns the headers that sign a request: `authorization`, `x-amz-date` and, for temporary keys,
/// `x-amz-security-token`.
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
        .expect("complete signing parameters")
        .into();
    let signed = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let signable =
        SignableRequest::new(method, url, signed, SignableBody::Bytes(body)).expect("a URL");
    let (headers, _) = sign(signable, &params).expect("a signature").into_parts().0.into_parts();
    headers.into_iter().map(|header| (header.name(), header.value().to_owned())).collect()
}
