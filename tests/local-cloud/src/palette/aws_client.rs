//! Palette's calls to AWS with the registered credentials.

use crate::{
    aws::{
        AwsCredentials,
        client::{AwsClient, AwsResponse},
    },
    http_client,
};

/// An error of AWS or of the connection.
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

/// Palette's AWS client.
#[derive(Debug)]
pub(super) struct PaletteAwsClient {
    http: reqwest::Client,
    endpoint: String,
}

impl PaletteAwsClient {
    pub(super) fn new(endpoint: &str, trusted: Option<&str>) -> Self {
        Self { http: http_client::client(trusted), endpoint: endpoint.to_owned() }
    }

    /// Returns a client that trusts only these CA certificates.
    pub(super) fn with_trusted_ca(&self, pem: &str) -> Self {
        Self::new(&self.endpoint, Some(pem))
    }

    /// Calls a service with the query protocol.
    pub(super) async fn query(
        &self,
        keys: &AwsCredentials,
        (service, region): (&str, &str),
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<AwsResponse, AwsCallError> {
        let client = AwsClient::new(self.http.clone(), &self.endpoint, region, keys).as_nested();
        let response = client.query(service, action, parameters).await;
        let response =
            response.map_err(|error| AwsCallError::new(0, "RequestError", error.to_string()))?;
        if response.status == 200 {
            return Ok(response);
        }
        let message = response.xml_element("Message").unwrap_or_default();
        let code = response.code().unwrap_or_else(|| "Unknown".to_owned());
        Err(AwsCallError::new(response.status, &code, message))
    }
}
