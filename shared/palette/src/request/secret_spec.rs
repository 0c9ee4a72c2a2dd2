//! Member `secretSpec` of a cloud account. Palette needs it in the classified partitions.
//!
//! The published API has swapped the descriptions of `namePrefix` and `permissionBoundary`. The
//! names of these members are right.

use gangway_certificates::CaChain;
use gangway_model::{AccessPortalCredential, Partition, PolicyArn};
use serde::Serialize;

use super::ExposedSecret;

/// Describes how Palette fetches credentials from an access portal, or that Palette uses no access
/// portal.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecretSpec<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mission: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_prefix: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_boundary: Option<&'a str>,
    /// Policy in JSON, as text. Gangway sets no policy, but keeps a policy that another tool has
    /// set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<&'a str>,
    is_cap_validation_enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<Tls<'a>>,
}

/// CA certificate of the endpoints, and client certificate and private key for the access portal.
#[derive(Serialize)]
struct Tls<'a> {
    ca: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cert: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<ExposedSecret<'a>>,
}

/// Body of the request that makes Palette fetch credentials from an access portal.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PortalCredentialsRequest<'a> {
    partition: &'static str,
    secret_spec: SecretSpec<'a>,
}

impl<'a> PortalCredentialsRequest<'a> {
    pub(crate) fn new(partition: Partition, portal: &'a AccessPortalCredential) -> Self {
        let secret_spec = SecretSpec::from_portal(partition, portal);
        Self { partition: partition.id(), secret_spec }
    }
}

impl<'a> SecretSpec<'a> {
    /// Creates the `secretSpec` of an account with a static access key in a partition that has an
    /// access portal.
    pub(super) fn without_portal(ca_chain: Option<&'a CaChain>) -> Self {
        let tls = ca_chain.map(|chain| Tls { ca: chain.pem(), cert: None, key: None });
        Self {
            agency: None,
            account_name: None,
            mission: None,
            role: None,
            name_prefix: None,
            permission_boundary: None,
            policy: None,
            is_cap_validation_enabled: false,
            tls,
        }
    }

    /// Creates the `secretSpec` of an account whose credentials Palette fetches from the access
    /// portal each time.
    pub(super) fn from_portal(partition: Partition, portal: &'a AccessPortalCredential) -> Self {
        let account_field = partition.info().portal.as_ref().map(|portal| portal.account);
        let account = |name| (account_field == Some(name)).then_some(portal.account.as_str());
        let identity = &portal.identity;
        Self {
            agency: Some(portal.agency.as_str()),
            account_name: account("accountName"),
            mission: account("mission"),
            role: Some(portal.role.as_str()),
            name_prefix: Some(portal.prefix.or_default()),
            permission_boundary: portal.permission_boundary.as_ref().map(PolicyArn::as_str),
            policy: None,
            is_cap_validation_enabled: true,
            tls: Some(Tls {
                ca: identity.certificate_authority.pem(),
                cert: Some(identity.certificate.pem()),
                key: Some(ExposedSecret(identity.key.pem())),
            }),
        }
    }
}
