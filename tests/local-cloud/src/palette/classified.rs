//! Support of classified partitions in Palette: the feature flag, AWS endpoints, and credentials
//! from access portals.

use std::{error::Error, time::Duration};

use http::{StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

use super::{
    Palette,
    aws_client::{AwsCallError, PaletteAwsClient},
    records::{PortalToken, Records},
    response::{PaletteError, PaletteResponse},
    validation::{home_region, text_at},
};
use crate::{aws::AwsCredentials, http_client, server::NESTED_HEADER};

/// The feature flag that enables the classified partitions for the whole Palette instance.
pub const SECRET_PARTITION_FLAG: &str = "AwsSecretPartition";

/// Timeout of a request to an access portal. It is shorter than Gangway's timeout for Palette.
const PORTAL_TIMEOUT: Duration = Duration::from_secs(6);

/// Lifetime of credentials, in seconds, that Palette assumes if the portal returns no expiration.
const DEFAULT_LIFETIME_SECONDS: i64 = 3600;

/// Credentials that an access portal returned.
struct PortalCredentials {
    keys: AwsCredentials,
    /// Expiration in ISO 8601.
    expiration: String,
}

/// Returns `true` for `aws-iso` and `aws-iso-b`.
pub(super) fn is_classified(partition: &str) -> bool {
    partition.starts_with("aws-iso")
}

/// Returns `true` if an account spec uses credentials from an access portal.
pub(super) fn uses_portal(spec: &Value) -> bool {
    spec.pointer("/secretSpec/isCapValidationEnabled") == Some(&Value::Bool(true))
}

/// Lists the feature flags of the instance.
pub(super) fn list_features(records: &Records) -> PaletteResponse {
    let feature_json = |(key, allowed): (&String, &bool)| {
        json!({
            "metadata": {"name": key}, "spec": {"key": key, "isAllowed": allowed},
        })
    };
    let items: Vec<Value> = records.features.iter().map(feature_json).collect();
    PaletteResponse::ok("features", json!({"items": items}))
}

/// Returns the AWS endpoints that the operator has set.
pub(super) fn get_endpoints(records: &Records) -> PaletteResponse {
    PaletteResponse::ok("apiEndpoints", records.endpoints.clone())
}

/// Replaces the AWS endpoints that the operator has set.
pub(super) fn put_endpoints(records: &mut Records, body: Value) -> PaletteResponse {
    records.endpoints = body;
    PaletteResponse::no_content()
}

/// Checks that the feature flag is on if the request body names a classified partition.
pub(super) fn check_feature_flag(records: &Records, body: &Value) -> Result<(), PaletteError> {
    let is_classified_at =
        |pointer: &str| body.pointer(pointer).and_then(Value::as_str).is_some_and(is_classified);
    let is_affected =
        ["/partition", "/spec/partition", "/account/partition"].into_iter().any(is_classified_at);
    let is_enabled = records.features.get(SECRET_PARTITION_FLAG) == Some(&true)
        || records.graduated_features.contains(SECRET_PARTITION_FLAG);
    if !is_affected || is_enabled {
        return Ok(());
    }
    let message = format!("Feature '{SECRET_PARTITION_FLAG}' is not enabled");
    Err(PaletteError::new(StatusCode::FORBIDDEN, "FeatureNotEnabled", message))
}

impl Palette {
    /// Returns the credentials that the access portal grants to the client certificate in the
    /// request.
    pub(super) async fn get_portal_credentials(
        &self,
        body: &Value,
    ) -> Result<PaletteResponse, PaletteError> {
        let fetched = self.fetch_portal_credentials(body).await;
        let PortalCredentials { keys, expiration } = fetched.map_err(|error| {
            self.validation_error(body, "Failed to get secret credentials", &error)
        })?;
        let (id, secret, token) = (keys.id, keys.secret, keys.token.unwrap_or_default());
        Ok(PaletteResponse::ok(
            "awsCredentials",
            json!({
                "accessKey": id, "secretKey": secret, "secretToken": token,
                "expirationTime": expiration,
            }),
        ))
    }

    /// Fetches new credentials of the account with this uid from its access portal, as Palette does
    /// before the old ones expire. Returns `true` if the portal returned credentials.
    pub async fn refresh_portal_token(&self, uid: &str) -> bool {
        let find_index =
            |records: &Records| records.accounts.iter().position(|account| account.uid == uid);
        let Some(spec) = ({
            let records = self.records();
            find_index(&records).map(|index| records.accounts[index].spec().clone())
        }) else {
            return false;
        };
        if !uses_portal(&spec) {
            return false;
        }
        let fetched = self.fetch_portal_credentials(&spec).await;
        let mut records = self.records();
        let generated = records.now;
        let token = fetched.ok().map(|PortalCredentials { expiration, .. }| PortalToken {
            generated,
            expires: expiration,
        });
        let is_refreshed = token.is_some();
        if let Some(index) = find_index(&records) {
            records.accounts[index].portal_token = Some(token);
        }
        is_refreshed
    }

    /// Fetches credentials from the access portal, and checks that they belong to the same AWS
    /// account as the credentials in the account spec.
    pub(super) async fn validate_portal_credentials(
        &self,
        spec: &Value,
        partition: &str,
    ) -> Result<AwsCredentials, AwsCallError> {
        let PortalCredentials { keys, .. } = self.fetch_portal_credentials(spec).await?;
        let sts = ("sts", home_region(partition));
        let mut accounts = Vec::new();
        for keys in [&keys, &parse_spec_credentials(spec)] {
            let identity = self.call_aws(keys, sts, "GetCallerIdentity", &[]).await?;
            let arn = identity.xml_element("Arn").unwrap_or_default().to_owned();
            if arn.split(':').nth(1) != Some(partition) {
                let message = format!("{arn} is not an identity of partition {partition}");
                return Err(AwsCallError::new(403, "InvalidClientTokenId", message));
            }
            accounts.push(arn.split(':').nth(4).unwrap_or_default().to_owned());
        }
        if accounts.first() != accounts.last() {
            let message = "the keys are of another account than the portal's";
            return Err(AwsCallError::new(403, "AccountMismatch", message));
        }
        Ok(keys)
    }

    /// Returns an AWS client that trusts only the CA certificates in the account spec.
    pub(super) fn aws_client_with_spec_ca(
        &self,
        spec: &Value,
    ) -> Result<PaletteAwsClient, AwsCallError> {
        let ca = text_at(spec, "/secretSpec/tls/ca");
        if http_client::count_certificates(ca) == 0 {
            return Err(AwsCallError::new(
                400,
                "InvalidCertificate",
                "tls.ca holds no certificate",
            ));
        }
        let aws = self.aws.get();
        let unreachable = || AwsCallError::new(0, "RequestError", "Palette cannot reach AWS");
        Ok(aws.ok_or_else(unreachable)?.with_trusted_ca(ca))
    }

    /// Requests credentials from the access portal of the partition, with the client certificate in
    /// the account spec.
    async fn fetch_portal_credentials(
        &self,
        spec: &Value,
    ) -> Result<PortalCredentials, AwsCallError> {
        let secret_spec = |name: &str| text_at(spec, &format!("/secretSpec/{name}")).to_owned();
        let partition = text_at(spec, "/partition");
        let (address, now) = {
            let records = self.records();
            (records.portal_url(partition), records.now)
        };
        let address = address.ok_or_else(|| {
            AwsCallError::new(400, "NoCredentialsEndpoint", "no credentials endpoint is configured")
        })?;
        let query = if partition == "aws-iso" {
            [
                ("agency", secret_spec("agency")),
                ("mission", secret_spec("mission")),
                ("role", secret_spec("role")),
            ]
        } else {
            let account = secret_spec("accountName");
            [
                ("agency", secret_spec("agency")),
                ("accountName", account),
                ("roleName", secret_spec("role")),
            ]
        };
        let certificate_error = |error: http_client::IdentityError| {
            AwsCallError::new(400, "InvalidCertificate", error.to_string())
        };
        let (ca, certificate, key) =
            (secret_spec("tls/ca"), secret_spec("tls/cert"), secret_spec("tls/key"));
        let http = http_client::client_with_certificate(&ca, &certificate, &key)
            .map_err(certificate_error)?;
        let response = http
            .get(address)
            .query(&query)
            .header(NESTED_HEADER, "1")
            .timeout(PORTAL_TIMEOUT)
            .send()
            .await;
        let response = response
            .map_err(|error| AwsCallError::new(0, "RequestError", describe_error_chain(&error)))?;
        let status = response.status().as_u16();
        let content_type = response.headers().get(CONTENT_TYPE).cloned();
        let is_json =
            content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
        let body: Value = response.json().await.unwrap_or_default();
        if status != 200 || !is_json {
            let message = text_at(&body, "/message").to_owned();
            return Err(AwsCallError::new(status, "CredentialsEndpointError", message));
        }
        let member = |name: &str| text_at(&body, &format!("/Credentials/{name}")).to_owned();
        let (id, secret, token) =
            (member("AccessKeyId"), member("SecretAccessKey"), member("SessionToken"));
        if id.is_empty() || secret.is_empty() {
            return Err(AwsCallError::new(status, "CredentialsEndpointError", "no Credentials"));
        }
        let expiration = Some(member("Expiration")).filter(|text| !text.is_empty());
        let expiration =
            expiration.unwrap_or_else(|| crate::clock::iso8601(now + DEFAULT_LIFETIME_SECONDS));
        let keys =
            AwsCredentials { id, secret, token: Some(token).filter(|token| !token.is_empty()) };
        Ok(PortalCredentials { keys, expiration })
    }
}

/// Returns the AWS credentials in an account spec.
pub(super) fn parse_spec_credentials(spec: &Value) -> AwsCredentials {
    let token = text_at(spec, "/secretToken");
    AwsCredentials {
        id: text_at(spec, "/accessKey").to_owned(),
        secret: text_at(spec, "/secretKey").to_owned(),
        token: (!token.is_empty()).then(|| token.to_owned()),
    }
}

/// Returns the message of an error, followed by the messages of all its causes.
fn describe_error_chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

impl Records {
    /// Returns the URL of the access portal of a partition: the one that the operator has set, or
    /// else the default one.
    fn portal_url(&self, partition: &str) -> Option<String> {
        let endpoint =
            self.endpoints.pointer(&format!("/partitions/{partition}/credentialsEndpoint"));
        let endpoint = endpoint.and_then(Value::as_str).filter(|address| !address.is_empty());
        endpoint.map(str::to_owned).or_else(|| self.portals.get(partition).cloned())
    }
}
