//! Calls AWS as Palette does, with the credentials of registered accounts.

use crate::{
    aws::{
        AwsCredentials,
        client::{AwsClient, AwsResponse},
    },
    http_client,
};

/// An error that AWS returned, or an error of the connection to AWS.
#[derive(Debug)]
pub(super) struct AwsCallError {
    /// HTTP status; 0 if there is no response.
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl AwsCallError {
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into() }
    }
}

/// The client by which the fake Palette calls AWS.
#[derive(Debug)]
pub(super) struct PaletteAwsClient {
    http: reqwest::Client,
    endpoint: String,
}

impl PaletteAwsClient {
    /// Creates a client for an endpoint. `ca_pem` has the CA certificates to trust.
    pub(super) fn new(endpoint: &str, ca_pem: Option<&str>) -> Self {
        Self { http: http_client::client(ca_pem), endpoint: endpoint.to_owned() }
    }

    /// Returns a client for the same endpoint that trusts only these CA certificates.
    pub(super) fn with_trusted_ca(&self, pem: &str) -> Self {
        Self::new(&self.endpoint, Some(pem))
    }

    /// Calls an action of an AWS service, given by name and region, in the AWS query protocol.
    ///
    /// # Errors
    /// If AWS cannot be reached or returns another status than 200.
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
