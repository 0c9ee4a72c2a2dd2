//! Authentication with EKS tokens and access entries.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;

use super::status::StatusError;
use crate::aws::Cluster;
use crate::cloud::CloudState;
use crate::server::Request;

/// Prefix of every token.
const TOKEN_PREFIX: &str = "k8s-aws-v1.";

/// The caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    /// The request has no token.
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
    /// Returns `true` if RBAC allows the operation.
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
        cluster.read_state(|it| it.access_entries.get(arn).is_some_and(allows)).unwrap_or_default()
    }
}

/// Authenticates a request. An invalid token and a principal without access entry give the same
/// error.
pub(super) fn authenticate(
    parts: &CloudState,
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
    let cloud = parts.url();
    let host = cloud.split_once("://").map_or(cloud.as_str(), |(_, host)| host);
    let store = parts.aws().store();
    let caller = store.authenticate_presigned(&url, host, cluster.name());
    let caller = caller.ok_or_else(StatusError::unauthorized)?;
    let arn = store.principal_arn(&caller);
    drop(store);
    let known =
        cluster.read_state(|cluster| cluster.access_entries.contains_key(&arn)).unwrap_or_default();
    known
        .then_some(Identity::Principal { arn, session: caller.arn })
        .ok_or_else(StatusError::unauthorized)
}
