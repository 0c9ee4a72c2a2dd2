//! The documents as data: `{partition}` and the ARNs of roles are filled in.

use serde_json::Value;

use crate::document::map_text;

/// A permission document of the Pod Identity roles. Palette's own role needs those of its profile besides.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PodIdentityPolicy {
    /// What Palette's role needs besides its profile (P12, P17).
    Supplement,
    /// What Hubble looks at when it validates (P13, P18).
    Hubble,
    /// What the identity service does in its own account (P14).
    Identity,
    /// The same where Palette's role is in another account (P16).
    IdentityLocal,
    /// What lets Hubble into the other account (P19).
    HubbleLocal,
}

impl PodIdentityPolicy {
    /// Every document.
    pub const ALL: [Self; 5] =
        [Self::Supplement, Self::Hubble, Self::Identity, Self::IdentityLocal, Self::HubbleLocal];

    /// The name that the policy should have in IAM.
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

    /// The document with its placeholders filled in.
    pub(super) fn render(self, values: &[(&str, &str)]) -> Value {
        fill(self.file(), values)
    }
}

/// What the agent needs of the nodes' roles (P06). AWS's own `AmazonEKSWorkerNodePolicy` has it too.
#[derive(Clone, Copy, Debug)]
pub struct NodePolicy;

impl NodePolicy {
    /// The name that the policy should have in IAM.
    pub const NAME: &str = "PalettePodIdentityAgentPolicy";

    /// The document. It names no role, so there is nothing to fill in.
    pub fn document() -> Value {
        fill(include_str!("../../documents/pod-identity/PalettePodIdentityAgentPolicy.json"), &[])
    }
}

/// A trust document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TrustPolicyDocument {
    /// EKS may give the role to pods.
    Pods,
    /// The identity service and EKS may take Palette's role in another account.
    PaletteTarget,
    /// Hubble may take its role in another account.
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
    // A test reads every one of them.
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
