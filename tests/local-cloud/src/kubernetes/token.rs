//! Authenticates callers with EKS tokens and access entries.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;

use super::status::StatusError;
use crate::aws::Cluster;
use crate::cloud::CloudState;
use crate::server::Request;

/// Prefix of every EKS token.
const TOKEN_PREFIX: &str = "k8s-aws-v1.";

/// The caller of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    /// A caller without token.
    Anonymous,
    /// An IAM principal with an access entry.
    Principal {
        /// ARN of the role or user.
        arn: String,
        /// ARN of the session, which is the user name in Kubernetes.
        session: String,
    },
}

impl Identity {
    /// Returns `true` if RBAC allows the caller to use this verb on this resource. Without
    /// `namespace`, it must be allowed in all namespaces.
    pub(super) fn is_allowed(
        &self,
        cluster: &Cluster,
        verb: &str,
        resource: &str,
        namespace: Option<&str>,
    ) -> bool {
        let Identity::Principal { arn, .. } = self else { return false };
        let allows =
            |access: &crate::aws::eks::AccessRules| access.allows(verb, resource, namespace);
        cluster
            .read_state(|state| state.access_entries.get(arn).is_some_and(allows))
            .unwrap_or_default()
    }
}

/// Authenticates the caller of a request.
///
/// # Errors
/// The same error for an invalid token as for a principal without access entry.
pub(super) fn authenticate(
    cloud: &CloudState,
    cluster: &Cluster,
    request: &Request,
) -> Result<Identity, StatusError> {
    let Some(header) = request.headers().get(AUTHORIZATION) else { return Ok(Identity::Anonymous) };
    let token = header.to_str().ok().and_then(|header| header.strip_prefix("Bearer "));
    let url = token
        .and_then(|token| token.strip_prefix(TOKEN_PREFIX))
        .and_then(|url| URL_SAFE_NO_PAD.decode(url).ok())
        .and_then(|url| String::from_utf8(url).ok())
        .ok_or_else(StatusError::unauthorized)?;
    let cloud_url = cloud.url();
    let host = cloud_url.split_once("://").map_or(cloud_url.as_str(), |(_, host)| host);
    let store = cloud.aws().store();
    let caller = store.authenticate_presigned(&url, host, cluster.name());
    let caller = caller.ok_or_else(StatusError::unauthorized)?;
    let arn = store.principal_arn(&caller);
    drop(store);
    let has_access_entry =
        cluster.read_state(|cluster| cluster.access_entries.contains_key(&arn)).unwrap_or_default();
    has_access_entry
        .then_some(Identity::Principal { arn, session: caller.arn })
        .ok_or_else(StatusError::unauthorized)
}
