//! What Palette knows of the classified partitions: whether it offers them, whom it asks, and the keys that it gets.

use std::collections::BTreeMap;

use gangway_model::{
    AccessPortalCredential, Partition, TemporaryCredentials, UpstreamError, stores::ApiKeyProvider,
};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    ScopedClient,
    api_request::ApiRequest,
    error::AttemptError,
    error_response::ErrorResponse,
    request::PortalQuestion,
    response::{self, Endpoints, Features, PartitionEndpoints},
    validation::is_credential_error,
};

/// The flag that opens the classified partitions. Only `VerteX` has it.
const FLAG: &str = "AwsSecretPartition";

/// Whether Palette offers the classified partitions (X01, X02).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecretPartitionFlag {
    /// It does.
    Enabled,
    /// It could, and nobody has said that it should.
    Disabled,
    /// It does not know of them: it is no `VerteX`.
    Unsupported,
}

/// Where Palette finds a partition's services, as its operator has set it (X04).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct EndpointOverrides {
    /// The access portal. Empty where Palette's own choice stands.
    pub credentials: String,
    /// The address of each service in the region that was asked about, where it is set.
    pub services: BTreeMap<String, String>,
}

/// What came of asking Palette for a portal's keys (X11).
#[derive(Debug)]
pub enum PortalKeysResult {
    /// It got them.
    Keys(TemporaryCredentials),
    /// It did not, in its own words, without what was secret in them.
    Rejected(String),
    /// It said yes, and sent no keys.
    Empty,
}

impl<K: ApiKeyProvider + Sync> ScopedClient<'_, K> {
    /// Whether the flag for the classified partitions is set.
    pub async fn secret_partition_flag(&self) -> Result<SecretPartitionFlag, UpstreamError> {
        let what = "list of its features";
        let call = ApiRequest::get("/v1/users/system/features");
        let answer = self
            .palette
            .send(&call, &self.scope)
            .await
            .map_err(|fault| fault.into_upstream(what))?;
        let Features { items } = answer.json().map_err(|fault| fault.into_upstream(what))?;
        let flag = items.into_iter().map(|item| item.spec).find(|spec| spec.key == FLAG);
        Ok(match flag {
            Some(flag) if flag.is_allowed => SecretPartitionFlag::Enabled,
            Some(_) => SecretPartitionFlag::Disabled,
            None => SecretPartitionFlag::Unsupported,
        })
    }

    /// What the operator has set for a region.
    pub async fn endpoint_overrides(
        &self,
        partition: Partition,
        region: &str,
    ) -> Result<EndpointOverrides, UpstreamError> {
        let what = "list of AWS endpoints";
        let call = ApiRequest::get("/v1/clouds/aws/apiEndpoints");
        let answer = self
            .palette
            .send(&call, &self.scope)
            .await
            .map_err(|fault| fault.into_upstream(what))?;
        let Endpoints { mut partitions } =
            answer.json().map_err(|fault| fault.into_upstream(what))?;
        let PartitionEndpoints { credentials_endpoint, mut regions } =
            partitions.remove(partition.id()).unwrap_or_default();
        let services = regions.remove(region).unwrap_or_default().services;
        let set = services.into_iter().map(|(name, service)| (name, service.endpoint));
        Ok(EndpointOverrides {
            credentials: credentials_endpoint,
            services: set.filter(|(_, endpoint)| !endpoint.is_empty()).collect(),
        })
    }

    /// Lets Palette fetch keys from the portal, as its wizard does. Nothing is kept.
    pub async fn portal_keys(
        &self,
        partition: Partition,
        portal: &AccessPortalCredential,
    ) -> Result<PortalKeysResult, UpstreamError> {
        let what = "way to fetch keys from an access portal";
        let call = ApiRequest::new(Method::POST, "/v1/clouds/aws/account/secret/credentials")
            .json(&PortalQuestion::new(partition, portal))?
            .redacting_portal(portal);
        let answer = match self.palette.send(&call, &self.scope).await {
            Ok(answer) => answer,
            Err(AttemptError::Rejected(refusal)) if is_credential_error(&refusal) => {
                let ErrorResponse { reason, .. } = refusal;
                return Ok(PortalKeysResult::Rejected(reason));
            }
            Err(fault) => return Err(fault.into_upstream(what)),
        };
        let response::SessionKeys { access_key, secret_key, secret_token, expiration_time } =
            answer.json().map_err(|fault| fault.into_upstream(what))?;
        if access_key.is_empty() || is_blank(&secret_key) {
            return Ok(PortalKeysResult::Empty);
        }
        Ok(PortalKeysResult::Keys(TemporaryCredentials {
            id: access_key,
            secret: secret_key,
            token: Some(secret_token).filter(|token| !is_blank(token)),
            expires: gangway_model::time::parse_rfc3339(&expiration_time),
        }))
    }
}

fn is_blank(secret: &SecretString) -> bool {
    #[expect(clippy::disallowed_methods, reason = "tells whether it is there")]
    let text = secret.expose_secret();
    text.is_empty()
}
