//! Classified partitions in Palette: feature flag, endpoints and credentials from access portals.

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

/// The feature flag that enables these partitions for the whole instance.
pub const SECRET_PARTITION_FLAG: &str = "AwsSecretPartition";

/// Timeout for a portal: shorter than Gangway's timeout for Palette.
const PORTAL_TIMEOUT: Duration = Duration::from_secs(6);

/// Lifetime that Palette assumes if the portal returns no expiration, in seconds.
const DEFAULT_LIFETIME_SECONDS: i64 = 3600;

/// Credentials from a portal.
struct PortalCredentials {
    keys: AwsCredentials,
    expiration: String,
}

pub(super) fn is_classified(partition: &str) -> bool {
    partition.starts_with("aws-iso")
}

/// Returns `true` if the account uses credentials from a portal.
pub(super) fn uses_portal(spec: &Value) -> bool {
    spec.pointer("/secretSpec/isCapValidationEnabled") == Some(&Value::Bool(true))
}

pub(super) fn list_features(records: &Records) -> PaletteResponse {
    let feature_json = |(key, allowed): (&String, &bool)| json!({"metadata": {"name": key}, "spec": {"key": key, "isAllowed": allowed}});
    let items: Vec<Value> = records.features.iter().map(feature_json).collect();
    PaletteResponse::ok("features", json!({"items": items}))
}

pub(super) fn get_endpoints(records: &Records) -> PaletteResponse {
    PaletteResponse::ok("apiEndpoints", records.endpoints.clone())
}

pub(super) fn set_endpoints(records: &mut Records, body: Value) -> PaletteResponse {
    records.endpoints = body;
    PaletteResponse::no_content()
}

/// Returns an error unless the feature flag is set.
pub(super) fn check_feature_flag(records: &Records, body: &Value) -> Result<(), PaletteError> {
    let at =
        |pointer: &str| body.pointer(pointer).and_then(Value::as_str).is_some_and(is_classified);
    let is_affected = ["/partition", "/spec/partition", "/account/partition"].into_iter().any(at);
    let is_enabled = records.features.get(SECRET_PARTITION_FLAG) == Some(&true)
        || records.graduated_features.contains(SECRET_PARTITION_FLAG);
    if !is_affected || is_enabled {
        return Ok(());
    }
    let message = format!("Feature '{SECRET_PARTITION_FLAG}' is not enabled");
    Err(PaletteError::new(StatusCode::FORBIDDEN, "FeatureNotEnabled", message))
}

impl Palette {
    /// Returns credentials from the portal.
    pub(super) async fn portal_keys(&self, body: &Value) -> Result<PaletteResponse, PaletteError> {
        let fetched = self.fetch_portal_credentials(body).await;
        let PortalCredentials { keys, expiration } = fetched.map_err(|error| {
            self.validation_error(body, "Failed to get secret credentials", &error)
        })?;
        let (id, secret, token) = (keys.id, keys.secret, keys.token.unwrap_or_default());
        Ok(PaletteResponse::ok(
            "awsCredentials",
            json!({
                "accessKey": id, "secretKey": secret, "secretToken": token, "expirationTime": expiration,
            }),
        ))
    }

    /// Fetches new credentials for an account, as Palette does before the old ones expire. Returns
    /// `true` on success.
    pub async fn refresh_portal_token(&self, uid: &str) -> bool {
        let find = |records: &Records| records.accounts.iter().position(|known| known.uid == uid);
        let Some(spec) = ({
            let records = self.records();
            find(&records).map(|at| records.accounts[at].spec().clone())
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
        let got = token.is_some();
        if let Some(at) = find(&records) {
            records.accounts[at].portal_token = Some(token);
        }
        got
    }

    /// Fetches credentials from the portal and checks that they belong to the same AWS account as
    /// those in the request.
    pub(super) async fn validate_portal_credentials(
        &self,
        spec: &Value,
        partition: &str,
    ) -> Result<AwsCredentials, AwsCallError> {
        let PortalCredentials { keys, .. } = self.fetch_portal_credentials(spec).await?;
        let sts = ("sts", home_region(partition));
        let mut accounts = Vec::new();
        for keys in [&keys, &sent_keys(spec)] {
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

    /// Returns an AWS client that trusts only the CA certificates in the account.
    pub(super) fn aws_with_sent_ca(&self, spec: &Value) -> Result<PaletteAwsClient, AwsCallError> {
        let ca = text_at(spec, "/secretSpec/tls/ca");
        if http_client::count_certificates(ca) == 0 {
            return Err(AwsCallError::new(
                400,
                "InvalidCertificate",
                "tls.ca holds no certificate",
            ));
        }
        let aws = self.aws.get();
        let none = || AwsCallError::new(0, "RequestError", "Palette cannot reach AWS");
        Ok(aws.ok_or_else(none)?.with_trusted_ca(ca))
    }

    async fn fetch_portal_credentials(
        &self,
        spec: &Value,
    ) -> Result<PortalCredentials, AwsCallError> {
        let part = |name: &str| text_at(spec, &format!("/secretSpec/{name}")).to_owned();
        let partition = text_at(spec, "/partition");
        let (address, now) = {
            let records = self.records();
            (records.portal_url(partition), records.now)
        };
        let address = address.ok_or_else(|| {
            AwsCallError::new(400, "NoCredentialsEndpoint", "no credentials endpoint is configured")
        })?;
        let query = if partition == "aws-iso" {
            [("agency", part("agency")), ("mission", part("mission")), ("role", part("role"))]
        } else {
            let account = part("accountName");
            [("agency", part("agency")), ("accountName", account), ("roleName", part("role"))]
        };
        let unusable = |error: http_client::IdentityError| {
            AwsCallError::new(400, "InvalidCertificate", error.to_string())
        };
        let (ca, certificate, key) = (part("tls/ca"), part("tls/cert"), part("tls/key"));
        let http =
            http_client::client_with_certificate(&ca, &certificate, &key).map_err(unusable)?;
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
        let is_json = content_type.is_some_and(|it| it.as_bytes().starts_with(b"application/json"));
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

/// Returns the credentials in the account.
pub(super) fn sent_keys(spec: &Value) -> AwsCredentials {
    let token = text_at(spec, "/secretToken");
    AwsCredentials {
        id: text_at(spec, "/accessKey").to_owned(),
        secret: text_at(spec, "/secretKey").to_owned(),
        token: (!token.is_empty()).then(|| token.to_owned()),
    }
}

/// Formats an error with all its causes.
fn describe_error_chain(error: &dyn Error) -> String {
    let behind = std::iter::successors(error.source(), |&cause| cause.source());
    behind.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

impl Records {
    /// Returns the portal's URL: the operator's setting, or the default.
    fn portal_url(&self, partition: &str) -> Option<String> {
        let set = self.endpoints.pointer(&format!("/partitions/{partition}/credentialsEndpoint"));
        let set = set.and_then(Value::as_str).filter(|address| !address.is_empty());
        set.map(str::to_owned).or_else(|| self.portals.get(partition).cloned())
    }
}
