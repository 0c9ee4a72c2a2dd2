//! The default versions of Gangway's policies, which the tag `gangway:documents` of the role
//! contains.

use std::collections::BTreeMap;

use aws_sdk_iam::types::{Policy, PolicyScopeType};
use gangway_aws::AwsSession;

use super::{DesiredRole, POLICY_PATH};
use crate::outcome::VendingError;

/// Id of a policy and of its default version, such as `ANPAEXAMPLE:v1`. A version id alone is not
/// unique: a policy that is deleted and created again begins with `v1`. Empty if an id is not
/// known.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct TaggedVersion(String);

impl TaggedVersion {
    pub(super) fn new(policy_id: &str, version_id: &str) -> Self {
        if policy_id.is_empty() || version_id.is_empty() {
            return Self::default();
        }
        Self(format!("{policy_id}:{version_id}"))
    }

    pub(super) fn from_policy(policy: &Policy) -> Self {
        let text = |id: &Option<String>| id.clone().unwrap_or_default();
        Self::new(&text(&policy.policy_id), &text(&policy.default_version_id))
    }
}

/// The default versions of the profile's policies under Gangway's path, in the order of the
/// profile. Empty for a policy that is not there.
pub(super) struct PolicyVersions(Vec<TaggedVersion>);

impl PolicyVersions {
    /// Lists the current versions with one call.
    pub(super) async fn list(
        aws: &AwsSession,
        desired: &DesiredRole,
    ) -> Result<Self, VendingError> {
        let call = AwsSession::iam_api_call("iam:ListPolicies", "list of policies");
        let request =
            aws.iam().list_policies().scope(PolicyScopeType::Local).path_prefix(POLICY_PATH);
        let policies: Result<Vec<_>, _> = request.into_paginator().items().send().collect().await;
        let policies = policies
            .map_err(|error| VendingError::from_account_error(call.to_upstream_error(&error)))?;
        let mut versions: BTreeMap<_, _> = policies
            .iter()
            .filter_map(|policy| Some((policy.policy_name()?, TaggedVersion::from_policy(policy))))
            .collect();
        let documents = gangway_policies::documents_for(desired.profile).iter();
        Ok(Self(
            documents
                .map(|document| versions.remove(document.name()).unwrap_or_default())
                .collect(),
        ))
    }

    /// Creates the list from the versions of the profile's policies, in the order of the profile.
    pub(super) const fn new(versions: Vec<TaggedVersion>) -> Self {
        Self(versions)
    }

    /// Returns `true` if all policies are under Gangway's path and have known ids. Other people can
    /// change a policy under another path, so its document must be read every time.
    pub(super) fn is_complete(&self) -> bool {
        self.0.iter().all(|version| *version != TaggedVersion::default())
    }

    /// Returns the ids for a tag, such as `.ANPAEXAMPLE1:v1.ANPAEXAMPLE2:v3`, with `-` for a policy
    /// that is not there.
    pub(super) fn to_tag_suffix(&self) -> String {
        let shown = |version: &TaggedVersion| match &*version.0 {
            "" => ".-".to_owned(),
            ids => format!(".{ids}"),
        };
        self.0.iter().map(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_without_a_policy_id_is_not_complete() {
        let known = TaggedVersion::new("ANPAEXAMPLE", "v2");
        let versions = PolicyVersions::new(vec![known.clone(), known.clone()]);
        assert!(versions.is_complete());
        assert_eq!(versions.to_tag_suffix(), ".ANPAEXAMPLE:v2.ANPAEXAMPLE:v2");
        let unknown = PolicyVersions::new(vec![known, TaggedVersion::new("", "v1")]);
        assert!(!unknown.is_complete());
        assert_eq!(unknown.to_tag_suffix(), ".ANPAEXAMPLE:v2.-");
    }
}
