//! Palette's own calls to AWS: signed with the keys that it was given, over HTTP like anybody's.

use crate::{
    aws::{
        Keys,
        client::{Answer, Client},
    },
    outbound,
};

/// What AWS said no with, or why it could not be asked.
#[derive(Debug)]
pub(super) struct AwsCallError {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl AwsCallError {
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }
}

/// The AWS that this Palette reaches.
#[derive(Debug)]
pub(super) struct AwsCaller {
    http: reqwest::Client,
    endpoint: String,
}

impl AwsCaller {
    pub(super) fn new(endpoint: &str, trusted: Option<&str>) -> Self {
        Self { http: outbound::client(trusted), endpoint: endpoint.to_owned() }
    }

    /// The same AWS, trusted for these certificates alone.
    pub(super) fn with_trusted_ca(&self, pem: &str) -> Self {
        Self::new(&self.endpoint, Some(pem))
    }

    /// One call of a service with the query protocol.
    pub(super) async fn query(
        &self,
        keys: &Keys,
        (service, region): (&str, &str),
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Answer, AwsCallError> {
        let client = Client::new(self.http.clone(), &self.endpoint, region, keys).nested();
        let answer = client.query(service, action, parameters).await;
        let answer =
            answer.map_err(|error| AwsCallError::new(0, "RequestError", error.to_string()))?;
        if answer.status == 200 {
            return Ok(answer);
        }
        let message = answer.element("Message").unwrap_or_default();
        let code = answer.code().unwrap_or_else(|| "Unknown".to_owned());
        Err(AwsCallError::new(answer.status, &code, message))
    }
}
