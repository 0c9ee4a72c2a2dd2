//! Reads the default versions of Gangway's policies with one call.

use std::collections::BTreeMap;

use aws_sdk_iam::types::PolicyScopeType;
use gangway_aws::AwsSession;

use super::{DesiredRole, POLICY_PATH};
use crate::outcome::VendingError;

/// Ids of the default versions of the profile's policies under Gangway's path, in the order of the
/// profile. `None` for a policy that is not there.
pub(super) struct PolicyVersions(Vec<Option<String>>);

impl PolicyVersions {
    /// Lists the current versions.
    pub(super) async fn list(
        aws: &AwsSession,
        desired: &DesiredRole,
    ) -> Result<Self, VendingError> {
        let call = AwsSession::iam_api_call("iam:ListPolicies", "list of policies");
        let request =
            aws.iam().list_policies().scope(PolicyScopeType::Local).path_prefix(POLICY_PATH);
        let policies: Result<Vec<_>, _> = request.into_paginator().items().send().collect().await;
        let policies =
            policies.map_err(|error| VendingError::in_account(call.to_upstream_error(&error)))?;
        let mut versions: BTreeMap<_, _> = policies
            .into_iter()
            .filter_map(|policy| Some((policy.policy_name?, policy.default_version_id?)))
            .collect();
        let documents = gangway_policies::documents_for(desired.profile).iter();
        Ok(Self(documents.map(|document| versions.remove(document.name())).collect()))
    }

    /// Returns `true` if all of them are under Gangway's path. Policies elsewhere can be changed by
    /// others, so their content must be read every time.
    pub(super) fn is_complete(&self) -> bool {
        self.0.iter().all(Option::is_some)
    }

    /// Returns the ids for a tag, such as `.v1.v3`, with `-` for a policy that is not there.
    pub(super) fn to_tag_suffix(&self) -> String {
        self.0.iter().flat_map(|id| [".", id.as_deref().unwrap_or("-")]).collect()
    }
}
