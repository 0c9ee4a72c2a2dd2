//! Policy documents of the Pod Identity roles, with placeholders for the partition and role ARNs.

use serde_json::Value;

use crate::document::map_text;

/// A permission document of a Pod Identity role. Palette's own role also needs the documents of its
/// profile.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PodIdentityPolicy {
    /// Permissions of Palette's role in addition to its profile.
    Supplement,
    /// Permissions that Hubble needs to validate an account.
    Hubble,
    /// Permissions of the identity service, if Palette's role is in the cluster's account.
    Identity,
    /// Permissions of the identity service, if Palette's role is in another account.
    IdentityLocal,
    /// Allows Hubble to assume its role in the other account.
    HubbleLocal,
}

impl PodIdentityPolicy {
    /// Every document.
    pub const ALL: [Self; 5] =
        [Self::Supplement, Self::Hubble, Self::Identity, Self::IdentityLocal, Self::HubbleLocal];

    /// Returns the name of the policy in IAM.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Supplement => "PalettePodIdentityPolicy",
            Self::Hubble => "PaletteHubblePolicy",
            Self::Identity => "PaletteIdentityPolicy",
            Self::IdentityLocal => "PaletteIdentityLocalPolicy",
            Self::HubbleLocal => "PaletteHubbleLocalPolicy",
        }
    }

    const fn file(self) -> &'static str {
        match self {
            Self::Supplement => {
                include_str!("../../documents/pod-identity/PalettePodIdentityPolicy.json")
            }
            Self::Hubble => include_str!("../../documents/pod-identity/PaletteHubblePolicy.json"),
            Self::Identity => {
                include_str!("../../documents/pod-identity/PaletteIdentityPolicy.json")
            }
            Self::IdentityLocal => {
                include_str!("../../documents/pod-identity/PaletteIdentityLocalPolicy.json")
            }
            Self::HubbleLocal => {
                include_str!("../../documents/pod-identity/PaletteHubbleLocalPolicy.json")
            }
        }
    }

    /// Returns the document with its placeholders replaced.
    pub(super) fn render(self, values: &[(&str, &str)]) -> Value {
        fill(self.file(), values)
    }
}

/// The permission that the Pod Identity Agent needs from the roles of the nodes. The AWS managed
/// policy `AmazonEKSWorkerNodePolicy` contains it too.
#[derive(Clone, Copy, Debug)]
pub struct NodePolicy;

impl NodePolicy {
    /// The name of the policy in IAM.
    pub const NAME: &str = "PalettePodIdentityAgentPolicy";

    /// Returns the document. It has no placeholders.
    pub fn document() -> Value {
        fill(include_str!("../../documents/pod-identity/PalettePodIdentityAgentPolicy.json"), &[])
    }
}

/// A trust policy of a Pod Identity role.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TrustPolicyDocument {
    /// Trusts EKS, which passes the role to pods.
    Pods,
    /// Trusts the identity service's role and EKS, for Palette's role in another account.
    PaletteTarget,
    /// Trusts Hubble's role, for Hubble's role in another account.
    HubbleTarget,
}

impl TrustPolicyDocument {
    pub(super) fn render(self, values: &[(&str, &str)]) -> Value {
        let file = match self {
            Self::Pods => include_str!("../../documents/pod-identity/TrustPods.json"),
            Self::PaletteTarget => {
                include_str!("../../documents/pod-identity/TrustPaletteTarget.json")
            }
            Self::HubbleTarget => {
                include_str!("../../documents/pod-identity/TrustHubbleTarget.json")
            }
        };
        fill(file, values)
    }
}

fn fill(file: &str, values: &[(&str, &str)]) -> Value {
    // A test parses each document, so the default is never used.
    let open: Value = serde_json::from_str(file).unwrap_or_default();
    map_text(&open, &|text| {
        let filled = values.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        });
        filled.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_is_json_with_statements_and_names_no_partition() {
        let trusts = [
            TrustPolicyDocument::Pods,
            TrustPolicyDocument::PaletteTarget,
            TrustPolicyDocument::HubbleTarget,
        ];
        let permissions = PodIdentityPolicy::ALL.map(|document| document.render(&[]));
        let others =
            trusts.map(|trust| trust.render(&[])).into_iter().chain([NodePolicy::document()]);
        for document in permissions.into_iter().chain(others) {
            assert_eq!(document["Version"], "2012-10-17");
            assert!(!document["Statement"].as_array().unwrap().is_empty(), "{document}");
            assert!(!document.to_string().contains("arn:"), "{document}");
            assert!(!document.to_string().contains('<'), "{document}");
        }
    }
}
