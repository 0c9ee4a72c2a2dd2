//! Palette's own calls to AWS: signed with the keys that it was given, over HTTP like anybody's.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::server::NESTED;

/// Keys to sign with.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) token: Option<String>,
}

/// What AWS said no with, or why it could not be asked.
#[derive(Debug)]
pub(super) struct AwsRefusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

/// The AWS that this Palette reaches.
#[derive(Debug)]
pub(super) struct SignedCalls {
    http: reqwest::Client,
    endpoint: String,
}

impl SignedCalls {
    pub(super) fn new(endpoint: &str, trusted: Option<&str>) -> Self {
        Self { http: crate::outbound::client(trusted), endpoint: format!("{endpoint}/") }
    }

    /// One call of a service with the query protocol; its XML.
    pub(super) async fn query(
        &self,
        keys: &Keys,
        (service, region): (&str, &str),
        parameters: &[(&str, &str)],
    ) -> Result<String, AwsRefusal> {
        let encoded: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        let request = self.signed(keys, service, region, encoded.join("&")).map_err(unreachable)?;
        let request = request.try_into().map_err(unreachable)?;
        let response = self.http.execute(request).await.map_err(unreachable)?;
        let status = response.status();
        let text = response.text().await.map_err(unreachable)?;
        if status.is_success() {
            return Ok(text);
        }
        let part = |tag| element(&text, tag).unwrap_or("Unknown").to_owned();
        Err(AwsRefusal { status: status.as_u16(), code: part("Code"), message: part("Message") })
    }

    fn signed(
        &self,
        keys: &Keys,
        service: &str,
        region: &str,
        body: String,
    ) -> Result<http::Request<String>, Box<dyn std::error::Error + Send + Sync>> {
        let Keys { id, secret, token } = keys.clone();
        let identity = Credentials::new(id, secret, token, None, "palette").into();
        #[expect(clippy::disallowed_methods, reason = "a signature carries the time it was made")]
        let now = SystemTime::now();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(service)
            .time(now)
            .settings(SigningSettings::default())
            .build()?
            .into();
        let mut request = http::Request::post(&self.endpoint)
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
            .header("user-agent", "palette/4.8 aws-sdk-go/1.55")
            .header(NESTED, "palette")
            .body(body)?;
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let signable = SignableRequest::new(
            "POST",
            self.endpoint.as_str(),
            headers.into_iter(),
            SignableBody::Bytes(request.body().as_bytes()),
        )?;
        let (instructions, _signature) = sign(signable, &parameters)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

fn unreachable(error: impl std::fmt::Display) -> AwsRefusal {
    AwsRefusal { status: 0, code: "RequestError".to_owned(), message: error.to_string() }
}

/// The text of the first element of that name.
pub(super) fn element<'a>(xml: &'a str, tag: &str) -> Option<&'a str> {
    let (_before, rest) = xml.split_once(&format!("<{tag}>"))?;
    rest.split_once(&format!("</{tag}>")).map(|(text, _after)| text)
}
