//! What Palette knows of the classified partitions: whether it offers them, whom it asks, and the keys that it gets.

use std::collections::BTreeMap;

use gangway_model::{AccessPortal, Partition, PortError, SessionKeys, ports::Keyring};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    Scoped,
    call::Call,
    fault::Fault,
    read::{self, Endpoints, Features, PartitionEndpoints},
    refusal::Refusal,
    validation::judges_the_credential,
    wire::PortalQuestion,
};

/// The flag that opens the classified partitions. Only `VerteX` has it.
const FLAG: &str = "AwsSecretPartition";

/// Whether Palette offers the classified partitions (X01, X02).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecretPartitions {
    /// It does.
    Open,
    /// It could, and nobody has said that it should.
    Closed,
    /// It does not know of them: it is no `VerteX`.
    Unknown,
}

/// Where Palette finds a partition's services, as its operator has set it (X04).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Overrides {
    /// The access portal. Empty where Palette's own choice stands.
    pub credentials: String,
    /// The address of each service in the region that was asked about, where it is set.
    pub services: BTreeMap<String, String>,
}

/// What came of asking Palette for a portal's keys (X11).
#[derive(Debug)]
pub enum Fetched {
    /// It got them.
    Keys(SessionKeys),
    /// It did not, in its own words, without what was secret in them.
    Refused(String),
    /// It said yes, and sent no keys.
    Nothing,
}

impl<K: Keyring + Sync> Scoped<'_, K> {
    /// Whether the flag for the classified partitions is set.
    pub async fn secret_partitions(&self) -> Result<SecretPartitions, PortError> {
        let what = "list of its features";
        let call = Call::get("/v1/users/system/features");
        let answer =
            self.palette.ask(&call, &self.scope).await.map_err(|fault| fault.port(what))?;
        let Features { items } = answer.json().map_err(|fault| fault.port(what))?;
        let flag = items.into_iter().map(|item| item.spec).find(|spec| spec.key == FLAG);
        Ok(match flag {
            Some(flag) if flag.is_allowed => SecretPartitions::Open,
            Some(_) => SecretPartitions::Closed,
            None => SecretPartitions::Unknown,
        })
    }

    /// What the operator has set for a region.
    pub async fn endpoint_overrides(
        &self,
        partition: Partition,
        region: &str,
    ) -> Result<Overrides, PortError> {
        let what = "list of AWS endpoints";
        let call = Call::get("/v1/clouds/aws/apiEndpoints");
        let answer =
            self.palette.ask(&call, &self.scope).await.map_err(|fault| fault.port(what))?;
        let Endpoints { mut partitions } = answer.json().map_err(|fault| fault.port(what))?;
        let PartitionEndpoints { credentials_endpoint, mut regions } =
            partitions.remove(partition.id()).unwrap_or_default();
        let services = regions.remove(region).unwrap_or_default().services;
        let set = services.into_iter().map(|(name, service)| (name, service.endpoint));
        Ok(Overrides {
            credentials: credentials_endpoint,
            services: set.filter(|(_, endpoint)| !endpoint.is_empty()).collect(),
        })
    }

    /// Lets Palette fetch keys from the portal, as its wizard does. Nothing is kept.
    pub async fn portal_keys(
        &self,
        partition: Partition,
        portal: &AccessPortal,
    ) -> Result<Fetched, PortError> {
        let what = "way to fetch keys from an access portal";
        let call = Call::new(Method::POST, "/v1/clouds/aws/account/secret/credentials")
            .json(&PortalQuestion::new(partition, portal))?
            .telling_portal(portal);
        let answer = match self.palette.ask(&call, &self.scope).await {
            Ok(answer) => answer,
            Err(Fault::Refusal(refusal)) if judges_the_credential(&refusal) => {
                let Refusal { reason, .. } = refusal;
                return Ok(Fetched::Refused(reason));
            }
            Err(fault) => return Err(fault.port(what)),
        };
        let read::SessionKeys { access_key, secret_key, secret_token, expiration_time } =
            answer.json().map_err(|fault| fault.port(what))?;
        if access_key.is_empty() || blank(&secret_key) {
            return Ok(Fetched::Nothing);
        }
        Ok(Fetched::Keys(SessionKeys {
            id: access_key,
            secret: secret_key,
            token: Some(secret_token).filter(|token| !blank(token)),
            expires: gangway_model::time::instant(&expiration_time),
        }))
    }
}

fn blank(secret: &SecretString) -> bool {
    #[expect(clippy::disallowed_methods, reason = "tells whether it is there")]
    let text = secret.expose_secret();
    text.is_empty()
}
