//! A client of the API that signs its requests.

use std::time::SystemTime;

use acceptance::{TestApp, text};
use local_cloud::{
    api_gateway::{ApiGateway, UnsignedRequests},
    aws::{AwsCredentials, client::sign_request},
    http_client,
};
use serde_json::Value;

/// Starts an API that refuses unsigned requests.
pub(crate) async fn signed_gateway(app: &TestApp) -> ApiGateway {
    app.deployment().start_gateway_with(UnsignedRequests::Rejected, 0).await
}

/// A caller: the keys of a session of its role.
pub(crate) struct Caller<'a> {
    pub(crate) gateway: &'a ApiGateway,
    pub(crate) region: &'a str,
    pub(crate) keys: AwsCredentials,
}

/// Status and body of a response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Caller<'_> {
    /// Deploys `templates/caller-role.yaml` with these parameters, and assumes its role.
    pub(crate) fn with_role<'a>(
        app: &'a TestApp,
        gateway: &'a ApiGateway,
        parameters: &[(&str, &str)],
    ) -> Caller<'a> {
        let region = app.partition().info().home_region;
        Caller { gateway, region, keys: app.deployment().caller_credentials(parameters) }
    }

    /// Sends a signed request.
    pub(crate) async fn send(&self, verb: &str, path: &str, body: Option<&Value>) -> Answer {
        let url = format!("{}{path}", self.gateway.url());
        let bytes = body.map(Value::to_string).unwrap_or_default().into_bytes();
        let mut headers = vec![("content-type", "application/json".to_owned())];
        #[expect(clippy::disallowed_methods, reason = "a caller's own clock, not the cloud's")]
        let now = SystemTime::now();
        headers.extend(sign_request(
            &self.keys,
            "execute-api",
            self.region,
            (verb, &url),
            &headers,
            &bytes,
            now,
        ));
        let mut request = http_client::client(None).request(verb.parse().expect("a verb"), &url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request.body(bytes).send().await.expect("a response");
        let status = response.status().as_u16();
        let text = response.text().await.expect("text");
        Answer { status, body: serde_json::from_str(&text).unwrap_or_default() }
    }
}

impl Answer {
    /// Returns the text of a member of the body.
    pub(crate) fn text(&self, member: &str) -> &str {
        text(&self.body, member)
    }
}
