//! Tags of the roles and policies that Gangway creates.

use std::collections::BTreeMap;

use aws_sdk_iam::types::Tag;
use gangway_model::{Partition, PermissionProfile, Scope, UpstreamError};
use sha2::{Digest as _, Sha256};

use super::policy_versions::PolicyVersions;
use crate::outcome::VendingError;

/// Tag key. The value `true` says that Gangway created the resource and may change it.
const MANAGED_TAG: &str = "gangway:managed";
/// Tag key. The value is the name of the Gangway stack that created the resource. Other deployments
/// do not change the resource, since they may use another Palette.
const STACK_TAG: &str = "gangway:stack";
/// Tag key. The value is the scope of the account in Palette: `tenant`, or the uid of a project.
pub(crate) const SCOPE_TAG: &str = "gangway:scope";
/// Tag key. The value is a hash of the policy documents, and the ids of the policies with their
/// versions. Versions are immutable, so Gangway does not read the documents while this value is
/// right.
const DOCUMENTS_TAG: &str = "gangway:documents";

/// The tags of a role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ManagedTags {
    stack_name: String,
    scope: String,
    documents: String,
}

impl ManagedTags {
    /// Returns the tags of a role whose policies are not known yet.
    pub(crate) fn new(
        stack_name: &str,
        scope: &Scope,
        profile: PermissionProfile,
        partition: Partition,
    ) -> Self {
        let scope = match scope {
            Scope::Tenant => "tenant".to_owned(),
            Scope::Project(uid) => uid.to_string(),
        };
        Self {
            stack_name: stack_name.to_owned(),
            scope,
            documents: hash_documents(profile, partition),
        }
    }

    fn key_value_pairs(&self) -> [(&'static str, &str); 4] {
        [
            (MANAGED_TAG, "true"),
            (STACK_TAG, &self.stack_name),
            (SCOPE_TAG, &self.scope),
            (DOCUMENTS_TAG, &self.documents),
        ]
    }

    /// Returns all tags, for the role.
    pub(super) fn role_tags(&self) -> Result<Vec<Tag>, VendingError> {
        self.key_value_pairs().into_iter().map(|(key, value)| to_tag(key, value)).collect()
    }

    /// Returns the tags of a policy: only the first two, because roles with different profiles and
    /// scopes share policies.
    pub(super) fn policy_tags(&self) -> Result<Vec<Tag>, VendingError> {
        self.key_value_pairs().into_iter().take(2).map(|(key, value)| to_tag(key, value)).collect()
    }

    /// Returns `true` if `tags` (the tags of a role in IAM) contain all tags of this value.
    pub(super) fn are_in(&self, tags: &BTreeMap<String, String>) -> bool {
        self.are_in_except_documents(tags) && self.has_same_documents(tags)
    }

    /// Returns `true` if `tags` contain all tags of this value, not counting the tag with the
    /// documents of the policies.
    pub(super) fn are_in_except_documents(&self, tags: &BTreeMap<String, String>) -> bool {
        self.key_value_pairs()
            .into_iter()
            .filter(|(key, _)| *key != DOCUMENTS_TAG)
            .all(|(key, value)| tags.get(key).map(String::as_str) == Some(value))
    }

    /// Returns the tags with these versions of the policies.
    pub(super) fn with_versions(&self, versions: &PolicyVersions) -> Self {
        let documents = format!("{}{}", self.documents, versions.to_tag_suffix());
        Self { documents, ..self.clone() }
    }

    /// Returns `true` if the same versions of the same documents were attached at the last update
    /// of the role.
    pub(super) fn has_same_documents(&self, tags: &BTreeMap<String, String>) -> bool {
        tags.get(DOCUMENTS_TAG) == Some(&self.documents)
    }

    pub(super) fn stack_name(&self) -> &str {
        &self.stack_name
    }
}

/// Returns `true` if the deployment with this stack name created the resource with these tags.
pub(super) fn is_managed_by(tags: &BTreeMap<String, String>, stack_name: &str) -> bool {
    let has = |key: &str, value: &str| tags.get(key).map(String::as_str) == Some(value);
    has(MANAGED_TAG, "true") && has(STACK_TAG, stack_name)
}

fn to_tag(key: &str, value: &str) -> Result<Tag, VendingError> {
    let service = gangway_aws::error::IAM;
    Tag::builder().key(key).value(value).build().map_err(|error| {
        VendingError::Upstream(UpstreamError::Unavailable { service, source: error.into() })
    })
}

/// Returns a hash of the names and contents of the profile's documents.
fn hash_documents(profile: PermissionProfile, partition: Partition) -> String {
    let mut hash = Sha256::new();
    for document in gangway_policies::documents_for(profile) {
        hash.update(document.name());
        hash.update(document.text(partition));
    }
    let mut digits = hex::encode(hash.finalize());
    // The value of a tag has up to 256 characters, and the versions follow.
    digits.truncate(24);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_resources_with_both_tags_are_managed() {
        let tags = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        for (pairs, expected) in [
            (&[(MANAGED_TAG, "true"), (STACK_TAG, "gangway")][..], true),
            (&[(MANAGED_TAG, "true"), (STACK_TAG, "gangway"), ("team", "x")], true),
            (&[(MANAGED_TAG, "true"), (STACK_TAG, "gangway-test")], false),
            (&[(MANAGED_TAG, "true")], false),
            (&[(MANAGED_TAG, "false"), (STACK_TAG, "gangway")], false),
            (&[(STACK_TAG, "gangway")], false),
            (&[], false),
        ] {
            assert_eq!(is_managed_by(&tags(pairs), "gangway"), expected, "{pairs:?}");
        }
    }

    #[test]
    fn different_documents_have_different_fingerprints() {
        let mut seen = Vec::new();
        for profile in PermissionProfile::ALL {
            for partition in [Partition::Aws, Partition::AwsUsGov] {
                let hash = hash_documents(profile, partition);
                assert_eq!(hash.len(), 24);
                if profile.supports_eks() {
                    assert!(!seen.contains(&hash), "{profile} {partition}");
                }
                seen.push(hash);
            }
        }
    }
}
