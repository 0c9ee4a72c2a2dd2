//! Who calls: EKS takes a signed `GetCallerIdentity` for a token, and knows by access entries whom it names.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;

use super::status::StatusError;
use crate::aws::Cluster;
use crate::cloud::Parts;
use crate::server::Request;

/// What every token begins with.
const TOKEN_PREFIX: &str = "k8s-aws-v1.";

/// A caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    /// It showed no token.
    Anonymous,
    /// An IAM principal with an access entry.
    Principal {
        /// ARN of the role or user.
        arn: String,
        /// ARN of its session: its name in Kubernetes.
        session: String,
    },
}

impl Identity {
    /// Whether RBAC lets it.
    pub(super) fn may(
        &self,
        cluster: &Cluster,
        verb: &str,
        resource: &str,
        namespace: Option<&str>,
    ) -> bool {
        let Identity::Principal { arn, .. } = self else { return false };
        let allows =
            |access: &crate::aws::eks::AccessRules| access.allows(verb, resource, namespace);
        cluster.found(|it| it.access.get(arn).is_some_and(allows)).unwrap_or_default()
    }
}

/// A token that proves nothing, or proves somebody without an access entry, is refused either way.
pub(super) fn authenticate(
    parts: &Parts,
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
    let known = cluster.found(|cluster| cluster.access.contains_key(&arn)).unwrap_or_default();
    known
        .then_some(Identity::Principal { arn, session: caller.arn })
        .ok_or_else(StatusError::unauthorized)
}
