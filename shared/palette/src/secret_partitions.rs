//! Reads Palette's settings for the classified partitions, and makes Palette fetch credentials from
//! an access portal.

use std::collections::BTreeMap;

use gangway_model::{AccessPortalCredential, Partition, TemporaryCredentials, UpstreamError};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    ScopedClient,
    api_request::ApiRequest,
    error::AttemptError,
    error_response::ErrorResponse,
    request::PortalCredentialsRequest,
    response::{self, Endpoints, Features, PartitionEndpoints, RegionEndpoints},
    validation::is_credential_error,
};

/// Name of the feature flag of the classified partitions. Only Palette `VerteX` has this flag.
const FLAG_NAME: &str = "AwsSecretPartition";

/// State of the feature flag of the classified partitions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecretPartitionFlag {
    Enabled,
    Disabled,
    /// Palette has no such flag, because it is not Palette `VerteX`.
    Unsupported,
}

/// AWS endpoints that the operator of Palette has set for one partition.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EndpointOverrides {
    /// URL of the access portal. Empty if the operator has not set it.
    pub credentials: String,
    /// Regions for which the operator has set an endpoint or a DNS suffix.
    pub regions: BTreeMap<String, RegionOverrides>,
}

/// AWS endpoints that the operator of Palette has set for one region.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RegionOverrides {
    /// DNS suffix of the endpoints in the region. Empty if the operator has not set it.
    pub dns_suffix: String,
    /// Endpoint of each service for which the operator has set one. The key is the name of the
    /// service, or `<service> (FIPS)` for a FIPS endpoint.
    pub services: BTreeMap<String, String>,
}

impl From<RegionEndpoints> for RegionOverrides {
    fn from(RegionEndpoints { dns_suffix, services }: RegionEndpoints) -> Self {
        let set = services.into_iter().flat_map(|(name, service)| {
            [(format!("{name} (FIPS)"), service.endpoint_fips), (name, service.endpoint)]
        });
        Self { dns_suffix, services: set.filter(|(_, endpoint)| !endpoint.is_empty()).collect() }
    }
}

/// Result of fetching credentials from an access portal through Palette.
#[derive(Debug)]
pub enum PortalKeysResult {
    Keys(TemporaryCredentials),
    /// Palette could not fetch credentials. Contains the reason of Palette, without secrets.
    Rejected(String),
    /// Palette has returned a success status, but no credentials.
    Empty,
}

impl ScopedClient<'_> {
    /// Reads the feature flag of the classified partitions.
    pub async fn secret_partition_flag(&self) -> Result<SecretPartitionFlag, UpstreamError> {
        let resource = "list of feature flags";
        let request = ApiRequest::get("/v1/users/system/features");
        let response = self
            .palette
            .send(&request, &self.scope)
            .await
            .map_err(|error| error.into_upstream(resource))?;
        let Features { items } = response.json().map_err(|error| error.into_upstream(resource))?;
        let flag = items.into_iter().map(|item| item.spec).find(|spec| spec.key == FLAG_NAME);
        Ok(match flag {
            Some(flag) if flag.is_allowed => SecretPartitionFlag::Enabled,
            Some(_) => SecretPartitionFlag::Disabled,
            None => SecretPartitionFlag::Unsupported,
        })
    }

    /// Reads the AWS endpoints that the operator has set for a partition.
    pub async fn endpoint_overrides(
        &self,
        partition: Partition,
    ) -> Result<EndpointOverrides, UpstreamError> {
        let resource = "list of AWS endpoints";
        let request = ApiRequest::get("/v1/clouds/aws/apiEndpoints");
        let response = self
            .palette
            .send(&request, &self.scope)
            .await
            .map_err(|error| error.into_upstream(resource))?;
        let Endpoints { mut partitions } =
            response.json().map_err(|error| error.into_upstream(resource))?;
        let PartitionEndpoints { credentials_endpoint, regions } =
            partitions.remove(partition.id()).unwrap_or_default();
        let regions =
            regions.into_iter().map(|(name, region)| (name, RegionOverrides::from(region)));
        Ok(EndpointOverrides {
            credentials: credentials_endpoint,
            regions: regions.filter(|(_, region)| *region != RegionOverrides::default()).collect(),
        })
    }

    /// Makes Palette fetch credentials from the access portal and returns them. Palette's wizard
    /// sends the same request. Palette does not store the credentials.
    pub async fn portal_keys(
        &self,
        partition: Partition,
        portal: &AccessPortalCredential,
    ) -> Result<PortalKeysResult, UpstreamError> {
        let resource = "API to fetch keys from an access portal";
        let request = ApiRequest::new(Method::POST, "/v1/clouds/aws/account/secret/credentials")
            .with_json_body(&PortalCredentialsRequest::new(partition, portal))?
            .with_redacted_portal(portal);
        let response = match self.palette.send(&request, &self.scope).await {
            Ok(response) => response,
            Err(AttemptError::Rejected(error)) if is_credential_error(&error) => {
                let ErrorResponse { reason, .. } = error;
                return Ok(PortalKeysResult::Rejected(reason));
            }
            Err(error) => return Err(error.into_upstream(resource)),
        };
        let response::PortalCredentials { access_key, secret_key, secret_token, expiration_time } =
            response.json().map_err(|error| error.into_upstream(resource))?;
        if access_key.is_empty() || is_empty_secret(&secret_key) {
            return Ok(PortalKeysResult::Empty);
        }
        Ok(PortalKeysResult::Keys(TemporaryCredentials {
            id: access_key,
            secret: secret_key,
            token: Some(secret_token).filter(|token| !is_empty_secret(token)),
            expires: gangway_model::time::parse_rfc3339(&expiration_time),
        }))
    }
}

fn is_empty_secret(secret: &SecretString) -> bool {
    #[expect(clippy::disallowed_methods, reason = "only its length is used")]
    let text = secret.expose_secret();
    text.is_empty()
}
