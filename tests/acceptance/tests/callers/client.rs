//! A client of the API that signs its requests.

use std::time::SystemTime;

use acceptance::{TestApp, text};
use local_cloud::{
    api_gateway::{ApiGateway, UnsignedRequests},
    aws::{AwsCredentials, client::sign_request},
    http_client,
};
use serde_json::Value;

/// Starts an API Gateway that rejects unsigned requests.
pub(crate) async fn start_gateway_that_requires_signatures(app: &TestApp) -> ApiGateway {
    app.deployment().start_gateway_with(UnsignedRequests::Rejected, 0).await
}

/// A caller, who signs requests with the credentials of a session of a role.
pub(crate) struct Caller<'a> {
    pub(crate) gateway: &'a ApiGateway,
    pub(crate) region: &'a str,
    pub(crate) credentials: AwsCredentials,
}

/// The status and the JSON body of an HTTP response.
#[derive(Debug)]
pub(crate) struct CallerResponse {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Caller<'_> {
    /// Deploys `templates/caller-role.yaml` with these parameters. Returns a caller who has assumed
    /// the role of that stack.
    pub(crate) fn deploy_role_and_assume_it<'a>(
        app: &'a TestApp,
        gateway: &'a ApiGateway,
        parameters: &[(&str, &str)],
    ) -> Caller<'a> {
        let region = app.partition().info().home_region;
        Caller { gateway, region, credentials: app.deployment().caller_credentials(parameters) }
    }

    /// Signs and sends a request with a JSON body.
    pub(crate) async fn send(
        &self,
        verb: &str,
        path: &str,
        body: Option<&Value>,
    ) -> CallerResponse {
        let url = format!("{}{path}", self.gateway.url());
        let bytes = body.map(Value::to_string).unwrap_or_default().into_bytes();
        let mut headers = vec![("content-type", "application/json".to_owned())];
        #[expect(clippy::disallowed_methods, reason = "a caller has the real time")]
        let now = SystemTime::now();
        headers.extend(sign_request(
            &self.credentials,
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
        CallerResponse { status, body: serde_json::from_str(&text).unwrap_or_default() }
    }
}

impl CallerResponse {
    /// Returns the text of a member of the body, or an empty text if the member is missing.
    pub(crate) fn text(&self, member: &str) -> &str {
        text(&self.body, member)
    }
}
