//! What Gangway notes on what it makes, and what it tells from that.

use std::collections::BTreeMap;

use aws_sdk_iam::types::Tag;
use gangway_model::{Partition, PermissionProfile, Scope, UpstreamError};
use sha2::{Digest as _, Sha256};

use super::versions::Versions;
use crate::outcome::VendingError;

/// It is Gangway's, and may be changed by it.
const MANAGED: &str = "gangway:managed";
/// Which deployment made it. Another one leaves it as it is: its Palette may be another.
const STACK: &str = "gangway:stack";
/// Whose the account is in Palette: `tenant`, or the uid of a project. Nothing moves it, so the first word counts.
pub(crate) const SCOPE: &str = "gangway:scope";
/// Which documents are attached, as one number, and the versions of the policies that hold them. Versions never change, so a
/// role with the right ones is not looked into again.
const DOCUMENTS: &str = "gangway:documents";

/// The tags of a role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ManagedTags {
    stack: String,
    scope: String,
    documents: String,
}

impl ManagedTags {
    /// Those that a role is to have.
    pub(crate) fn new(
        stack: &str,
        scope: &Scope,
        profile: PermissionProfile,
        partition: Partition,
    ) -> Self {
        let scope = match scope {
            Scope::Tenant => "tenant".to_owned(),
            Scope::Project(uid) => uid.to_string(),
        };
        Self {
            stack: stack.to_owned(),
            scope,
            documents: fingerprint(profile, partition)
                + &".v1".repeat(gangway_policies::documents_for(profile).len()),
        }
    }

    fn pairs(&self) -> [(&'static str, &str); 4] {
        [
            (MANAGED, "true"),
            (STACK, &self.stack),
            (SCOPE, &self.scope),
            (DOCUMENTS, &self.documents),
        ]
    }

    /// As a role has them.
    pub(super) fn of_role(&self) -> Result<Vec<Tag>, VendingError> {
        self.pairs().into_iter().map(|(key, value)| tag(key, value)).collect()
    }

    /// As a policy has them: documents may be attached to roles of several profiles.
    pub(super) fn of_policy(&self) -> Result<Vec<Tag>, VendingError> {
        self.pairs().into_iter().take(2).map(|(key, value)| tag(key, value)).collect()
    }

    /// Whether a role has them all.
    pub(super) fn are_on(&self, tags: &BTreeMap<String, String>) -> bool {
        self.pairs()
            .into_iter()
            .all(|(key, value)| tags.get(key).map(String::as_str) == Some(value))
    }

    /// The same with these versions of the policies. New ones are the first of their policies.
    pub(super) fn with_documents(&self, versions: &Versions) -> Self {
        let hash = self.documents.split('.').next().unwrap_or_default();
        Self { documents: format!("{hash}{}", versions.text()), ..self.clone() }
    }

    /// Whether these very documents were attached when the role was last changed.
    pub(super) fn same_documents(&self, tags: &BTreeMap<String, String>) -> bool {
        tags.get(DOCUMENTS) == Some(&self.documents)
    }

    /// The deployment that this is.
    pub(super) fn stack(&self) -> &str {
        &self.stack
    }
}

/// Whether this deployment made it.
pub(super) fn is_managed_by(tags: &BTreeMap<String, String>, stack: &str) -> bool {
    let is = |key: &str, value: &str| tags.get(key).map(String::as_str) == Some(value);
    is(MANAGED, "true") && is(STACK, stack)
}

fn tag(key: &str, value: &str) -> Result<Tag, VendingError> {
    let service = gangway_aws::error::IAM;
    Tag::builder().key(key).value(value).build().map_err(|error| {
        VendingError::Upstream(UpstreamError::Unavailable { service, source: error.into() })
    })
}

/// The profile's documents as they are to be here, as one number.
fn fingerprint(profile: PermissionProfile, partition: Partition) -> String {
    let mut hash = Sha256::new();
    for document in gangway_policies::documents_for(profile) {
        hash.update(document.name());
        hash.update(document.text(partition));
    }
    let mut digits = hex::encode(hash.finalize());
    // A tag's value has room for 256 characters, and versions follow.
    digits.truncate(24);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_deployment_made_is_its_own() {
        let tags = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        for (pairs, expected) in [
            (&[(MANAGED, "true"), (STACK, "gangway")][..], true),
            (&[(MANAGED, "true"), (STACK, "gangway"), ("team", "x")], true),
            (&[(MANAGED, "true"), (STACK, "gangway-test")], false),
            (&[(MANAGED, "true")], false),
            (&[(MANAGED, "false"), (STACK, "gangway")], false),
            (&[(STACK, "gangway")], false),
            (&[], false),
        ] {
            assert_eq!(is_managed_by(&tags(pairs), "gangway"), expected, "{pairs:?}");
        }
    }

    #[test]
    fn other_documents_are_another_number() {
        let mut seen = Vec::new();
        for profile in PermissionProfile::ALL {
            for partition in [Partition::Aws, Partition::AwsUsGov] {
                let number = fingerprint(profile, partition);
                assert_eq!(number.len(), 24);
                if profile.supports_eks() {
                    assert!(!seen.contains(&number), "{profile} {partition}");
                }
                seen.push(number);
            }
        }
    }
}
